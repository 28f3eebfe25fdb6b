import { formatBytes, formatCount, formatNumber } from "../text/format.ts";
import type { Terminal } from "../text/terminal.ts";
import type { ItemOutcome, Tally } from "./tally.ts";

const explanations: Readonly<Record<Exclude<ItemOutcome, "done">, string>> = {
  equal: "were there already",
  newer: "are newer where they were to go, and stayed",
  differing:
    "records of tags or of semantic tiers are others there, and stayed: entries under such a tag are misses there",
  expired: "have expired, and were left out",
  failed: "failed",
};

/** Says what became of everything. `done` is the word for what was done: `"copied"`, say. */
export async function summarise(
  tally: Tally,
  done: string,
  { terminal, json }: { readonly terminal: Pick<Terminal, "note" | "line" | "json">; readonly json: boolean },
): Promise<void> {
  const { counts, records, bytes, failures } = tally;
  if (json) {
    const { done: number, ...others } = counts;
    await terminal.json({ [done]: number - records, records, bytes, ...others, failures });
  } else {
    const beside = records === 0 ? "" : `, and ${formatCount(records, "record")} beside them`;
    await terminal.line(
      `${formatCount(counts.done - records, "entry", "entries")} ${done} (${formatBytes(bytes)})${beside}`,
    );
    for (const [outcome, explanation] of Object.entries(explanations)) {
      const number = counts[outcome as ItemOutcome];
      if (number > 0) await terminal.line(`${formatNumber(number)} ${explanation}`);
    }
  }
}
