import { formatAmount, formatNumber, formatRatio } from "./format.ts";
import type { GoalResult, Results, RowResult } from "./results.ts";

/** Everything that was measured, for a terminal. */
export function formatTable({ rows, date, node, cpus, quick, peers }: Results): string {
  const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  return [
    ...rows.map(formatRow),
    formatGoals(rows),
    `${date}, Node ${node}, ${cpus} CPUs${quick ? ", --quick: too few rounds to quote" : ""}`,
    versions.join(", "),
  ].join("\n\n");
}

function formatRow({ title, unit, rounds, baseline, figures }: RowResult): string {
  const lines = figures.map(({ competitor, role, absolute, ratio }) => [
    `  ${competitor}${role === "limit" ? " [limit]" : ""}`,
    formatAmount(absolute.median, unit),
    `${formatAmount(absolute.low, unit)} to ${formatAmount(absolute.high, unit)}`,
    Number.isFinite(ratio.median) ? formatRatio(ratio) : "",
  ]);
  const head = ["", "median", "10% to 90%", `of ${baseline}`];
  return `${title} (${rounds} ${rounds === 1 ? "round" : "rounds"})\n${alignColumns([head, ...lines])}`;
}

function formatGoals(rows: readonly RowResult[]): string {
  const lines = rows.flatMap(({ title, unit, goals }) => goals.map((goal) => [title, ...formatGoal(goal, unit)]));
  const head = ["goal", "against", "at most", "is", ""];
  return lines.length === 0 ? "no goals in these rows" : alignColumns([head, ...lines]);
}

function formatGoal({ against, atMost, figure, reached }: GoalResult, unit: RowResult["unit"]): string[] {
  const amount = (number: number) => (against === undefined ? formatAmount(number, unit) : formatNumber(number));
  const is = `${amount(figure.median)} (${amount(figure.low)}-${amount(figure.high)})`;
  return [against ?? "", amount(atMost), is, reached ? "reached" : "MISSED"];
}

/** The first column to the left, the others to the right. */
function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const align = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((line) => line.map(align).join("  ").trimEnd()).join("\n");
}
