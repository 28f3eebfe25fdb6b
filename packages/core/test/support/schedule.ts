import type { CacheControls } from "../../src/index.ts";
import { Random } from "./seeded.ts";

/** One thing that a schedule does. What is random in it is drawn from a seed of its own, so that leaving others out does not change it. */
export interface Step {
  readonly number: number;
  readonly kind: "run" | "runMany" | "runStream" | "get" | "put" | "delete" | "invalidate" | "clear" | "advance";
  readonly cache: number;
  readonly scope: string | undefined;
  readonly content: string;
  readonly seed: number;
}

const kinds: readonly (readonly [Step["kind"], number])[] = [
  ["run", 30],
  ["runStream", 20],
  ["runMany", 10],
  ["get", 10],
  ["put", 6],
  ["delete", 6],
  ["invalidate", 6],
  ["clear", 4],
  ["advance", 8],
];
const weighted = kinds.flatMap(([kind, weight]) => Array<Step["kind"]>(weight).fill(kind));

/** The steps that a seed stands for. */
export function stepsOf(seed: number, length: number, caches: number): Step[] {
  const random = new Random(seed);
  const scopes = random.pick([["a"], [undefined], ["a", "b", undefined]]);
  const contents = random.pick([["tagged"], ["plain"], ["tagged", "plain"]]);
  return Array.from({ length }, (_, number) => ({
    number,
    kind: random.pick(weighted),
    cache: random.below(caches),
    scope: random.pick(scopes),
    content: random.pick(contents),
    seed: random.below(2 ** 32),
  }));
}

/** The controls of a step. */
export function controlsOf(random: Random): CacheControls {
  const sometimes = <Value>(share: number, value: Value) => (random.chance(share) ? value : undefined);
  return {
    ttl: sometimes(0.3, random.pick([10, 100, 0])),
    maxAge: sometimes(0.1, random.pick([0, 5, 40])),
    minFresh: sometimes(0.05, 20),
    maxStale: sometimes(0.05, 30),
    staleWhileRevalidate: sometimes(0.1, 20),
    staleIfError: sometimes(0.1, 50),
    noCache: sometimes(0.1, true),
    noStore: sometimes(0.05, true),
    onlyIfCached: sometimes(0.05, true),
  };
}

/** The fewest steps, of those given, that still fail, as far as some attempts can tell. */
export async function shortened(
  steps: readonly Step[],
  fails: (fewer: readonly Step[]) => Promise<boolean>,
  attempts = 60,
): Promise<readonly Step[]> {
  let kept = steps;
  let left = attempts;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length && left > 0;) {
      const fewer = [...kept.slice(0, start), ...kept.slice(start + size)];
      left--;
      if (fewer.length > 0 && (await fails(fewer))) kept = fewer;
      else start += size;
    }
  }
  return kept;
}
