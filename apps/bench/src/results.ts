import { availableParallelism } from "node:os";
import process from "node:process";
import type { Samples } from "./measure.ts";
import { readPeerVersions } from "./peers/versions.ts";
import type { Competitor, Goal, Role, Row } from "./row.ts";
import { ratiosOf, type Spread, spreadOf } from "./statistics.ts";

/** What one competitor took. */
export interface Figure {
  readonly competitor: string;
  readonly role: Role;
  readonly absolute: Spread;
  /** How many times as much as the baseline: the median of the rounds' ratios, not the ratio of the medians. */
  readonly ratio: Spread;
}

/** How far we are with a goal. */
export interface GoalResult extends Goal {
  readonly figure: Spread;
  readonly reached: boolean;
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly unit: Row["unit"];
  readonly baseline: string;
  readonly rounds: number;
  readonly figures: readonly Figure[];
  readonly goals: readonly GoalResult[];
}

/** A whole run. It tells what the machine can do, and nothing of whose it is. */
export interface Results {
  readonly date: string;
  readonly node: string;
  readonly cpus: number;
  readonly quick: boolean;
  readonly peers: Readonly<Record<string, string>>;
  readonly rows: readonly RowResult[];
}

export function makeResults(rows: readonly RowResult[], quick: boolean): Results {
  const date = new Date().toISOString().slice(0, 10);
  return { date, node: process.versions.node, cpus: availableParallelism(), quick, peers: readPeerVersions(), rows };
}

/** Our own competitor is the first one that is ours. */
export function makeRowResult(
  row: Pick<Row, "name" | "title" | "unit" | "baseline" | "goals">,
  competitors: readonly Pick<Competitor, "name" | "role">[],
  samples: Samples,
): RowResult {
  const samplesOf = (name: string): readonly number[] => {
    const taken = samples.get(name);
    if (taken === undefined) throw new Error(`${row.name}: there is no competitor called ${name}`);
    return taken;
  };
  const figures = competitors.map(({ name, role }) => ({
    competitor: name,
    role,
    absolute: spreadOf(samplesOf(name)),
    ratio: spreadOf(ratiosOf(samplesOf(name), samplesOf(row.baseline))),
  }));
  const ours = samplesOf(competitors.find(({ role }) => role === "ours")?.name ?? "llmcache");
  const goals = row.goals.map((goal) => {
    const figure = spreadOf(goal.against === undefined ? ours : ratiosOf(ours, samplesOf(goal.against)));
    return { ...goal, figure, reached: figure.median <= goal.atMost };
  });
  const { name, title, unit, baseline } = row;
  return { name, title, unit, baseline, rounds: ours.length, figures, goals };
}
