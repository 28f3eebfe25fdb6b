import { bar } from "./bar.ts";
import { formatCost } from "./prices.ts";
import type { Screen } from "./screen.ts";
import { fit, formatMs } from "./text.ts";

/** One line of the table of an act. */
export interface Row {
  readonly label: string;
  /** How the call was answered, for example `"hit memory"`. */
  readonly status: string;
  readonly milliseconds: number;
  readonly tokens?: number | undefined;
  /** Dollars that were not spent. */
  readonly saved?: number | undefined;
}

/** The longest latency that a bar can show. The same in every act, so that bars can be compared. */
const wholeBarMs = 1600;

const colours: ReadonlyMap<string, "green" | "yellow" | "cyan" | "magenta" | "red"> = new Map([
  ["hit", "green"],
  ["semantic", "green"],
  ["miss", "yellow"],
  ["coalesced", "cyan"],
  ["stale", "magenta"],
  ["error", "red"],
]);

/** The heads of the columns. */
export function formatHead({ width, paint }: Screen): string {
  const { label, cells } = columnsOf(width);
  return paint(
    "dim",
    `    ${fit("call", label)} ${fit("answered by", 13)} ${fit("latency", cells + 9)} ${"tokens".padStart(7)} ${"saved".padStart(9)}`,
  );
}

/** One call as a line. */
export function formatRow(screen: Screen, row: Row): string {
  const tokens = row.tokens === undefined ? "" : String(row.tokens);
  const saved = row.saved === undefined || row.saved === 0 ? "–" : formatCost(row.saved);
  return `${formatBegun(screen, row)} ${tokens.padStart(7)} ${saved.padStart(9)}`;
}

/** A call that is still under way, or the left part of one that is done. */
export function formatBegun({ width, paint }: Screen, { label, status, milliseconds }: Row): string {
  const columns = columnsOf(width);
  const colour = colours.get(status.split(" ", 1)[0] ?? "") ?? "white";
  const cells = bar(milliseconds, wholeBarMs, columns.cells);
  return `    ${fit(label, columns.label)} ${paint(colour, fit(status, 13))} ${paint(colour, cells)} ${formatMs(milliseconds).padStart(8)}`;
}

/** How wide the label is, and how long a bar may be. */
function columnsOf(width: number): { readonly label: number; readonly cells: number } {
  const label = width < 90 ? 24 : 28;
  return { label, cells: Math.max(8, width - 46 - label) };
}
