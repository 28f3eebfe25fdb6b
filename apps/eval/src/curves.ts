import { clopperPearson } from "@llmcache/semantic";
import { defaults, families, type Policy } from "./policies.ts";
import { type PreparedPrompts, runStream, type StreamResult } from "./stream.ts";

export interface CurvePoint {
  readonly level: number;
  readonly hitRate: number;
  readonly errorRate: number;
  readonly errorInterval: readonly [lower: number, upper: number];
}

/** A way to decide, at each of its levels. */
export interface Curve {
  readonly name: string;
  readonly points: readonly CurvePoint[];
  /** Of the level whose hit rate is nearest to a half: that hit rate, and the error as the stream went, for the first seed. */
  readonly atHalf: number;
  readonly runningError: readonly number[];
}

interface Runs {
  readonly requests: number;
  readonly seeds: readonly number[];
  readonly tell: (progress: string) => void;
}

/** Every family of policies at each level, and the defaults, over the same streams. */
export async function runCurves(prompts: PreparedPrompts, runs: Runs): Promise<Curve[]> {
  const curves: Curve[] = [];
  for (const { name, levels, at } of families) curves.push(await runCurve(name, levels, at, prompts, runs));
  curves.push(await runCurve("defaults", [0.8], () => defaults, prompts, runs));
  return curves;
}

async function runCurve(
  name: string,
  levels: readonly number[],
  at: (level: number) => Policy,
  prompts: PreparedPrompts,
  { requests, seeds, tell }: Runs,
): Promise<Curve> {
  const runs: { readonly point: CurvePoint; readonly first: StreamResult }[] = [];
  for (const level of levels) {
    const results: StreamResult[] = [];
    for (const seed of seeds) results.push(await runStream(prompts, at(level), { requests, seed }));
    const total = (of: (result: StreamResult) => number) => results.reduce((sum, result) => sum + of(result), 0);
    const [all, hits, wrong] = [total((one) => one.requests), total((one) => one.hits), total((one) => one.wrong)];
    const point = { level, hitRate: hits / all, errorRate: wrong / all, errorInterval: clopperPearson(wrong, all) };
    tell(`${name} ${level}: hits ${point.hitRate.toFixed(3)}, wrong ${point.errorRate.toFixed(4)}`);
    const [first] = results;
    if (first !== undefined) runs.push({ point, first });
  }
  const [half] = runs.toSorted(
    (left, right) => Math.abs(left.point.hitRate - 0.5) - Math.abs(right.point.hitRate - 0.5),
  );
  return {
    name,
    points: runs.map(({ point }) => point),
    atHalf: half?.point.hitRate ?? 0,
    runningError: half?.first.runningError ?? [],
  };
}
