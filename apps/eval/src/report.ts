import type { ClincSurvival } from "./clinc-survival.ts";
import type { Curve } from "./curves.ts";
import type { MockResult, Survival } from "./mock.ts";
import type { TrapResult } from "./trap-results.ts";

export interface Results {
  readonly traps: readonly TrapResult[];
  readonly mock: readonly MockResult[];
  readonly survival: { readonly mock: readonly Survival[]; readonly clinc: ClincSurvival };
  readonly stream: readonly Omit<Curve, "runningError">[];
}

/** The results as tables, for a terminal. */
export function formatReport({ traps, mock, survival, stream }: Results): string {
  return [
    table(
      ["traps, at default settings", "pairs", "served"],
      traps.map(({ name, traps: all, served }) => [name, all, served]),
    ),
    table(
      ["GPTCache mock", "hits", "wrong"],
      mock.map(({ name, hits, wrong }) => [name, hits, wrong]),
    ),
    table(
      ["right answers that a threshold serves", "threshold", "served", "let through by the guards"],
      [...survival.mock, ...survival.clinc.all, ...survival.clinc.sameValues].map(
        ({ name, threshold, served, survived }) => [name, threshold, served, percent(survived / served)],
      ),
    ),
    table(
      ["CLINC150 stream", "level", "hits", "wrong", "95% interval"],
      stream.flatMap(({ name, points }) =>
        points.map(({ level, hitRate, errorRate, errorInterval: [low, high] }) => [
          name,
          level,
          percent(hitRate),
          percent(errorRate),
          `${percent(low)} to ${percent(high)}`,
        ]),
      ),
    ),
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return `${lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")}\n`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
