import { measure } from "./measure.ts";
import { makeRowResult, type RowResult } from "./results.ts";
import type { Effort, Row } from "./row.ts";

/** Measures one row after the other. `tell` is given a line about what is going on. */
export async function runRows(
  rows: readonly Row[],
  effort: Effort,
  tell: (progress: string) => void,
): Promise<RowResult[]> {
  const results: RowResult[] = [];
  for (const row of rows) {
    tell(`${row.name}: getting ready`);
    const contest = await row.open(effort);
    try {
      const rounds = row.rounds(effort);
      const samples = await measure(contest.competitors, {
        rounds,
        warmUp: row.warmUp,
        onRound: (round) => tell(`${row.name}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`),
      });
      results.push(makeRowResult(row, contest.competitors, samples));
    } finally {
      await contest.close?.();
    }
  }
  return results;
}
