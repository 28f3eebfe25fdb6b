import { measure } from "./measure.ts";
import { makeRowResult, type RowResult } from "./results.ts";
import type { Contest, Effort, Row } from "./row.ts";

/** Measures one row after the other. `tell` is given a line about what is going on. */
export async function runRows(
  rows: readonly Row[],
  effort: Effort,
  tell: (progress: string) => void,
): Promise<RowResult[]> {
  const results: RowResult[] = [];
  let opened: { readonly by: Row["open"]; readonly contest: Contest } | undefined;
  try {
    for (const row of rows) {
      if (opened?.by !== row.open) {
        await opened?.contest.close?.();
        opened = undefined;
        const getReady = (progress = "") => tell(`${row.name}: getting ready${progress}`);
        getReady();
        opened = { by: row.open, contest: await row.open(effort, (progress) => getReady(`, ${progress}`)) };
      }
      const { competitors } = opened.contest;
      const rounds = row.rounds(effort);
      const samples = await measure(competitors, {
        rounds,
        warmUp: row.warmUp,
        share: row.share,
        onRound: (round) => tell(`${row.name}: ${round === 0 ? "warming up" : `round ${round} of ${rounds}`}`),
      });
      results.push(makeRowResult(row, competitors, samples));
    }
  } finally {
    await opened?.contest.close?.();
  }
  return results;
}
