import { bar } from "./bar.ts";
import { formatCost } from "./prices.ts";
import type { Stage } from "./stage.ts";
import { formatMs } from "./text.ts";

/** Shows what all calls together needed, and what they would have needed without a cache. */
export function showTotals({ screen, ledger }: Pick<Stage, "screen" | "ledger">): void {
  const { calls, paidCalls, paidTokens, savedTokens, paidCost, savedCost, savedMilliseconds } = ledger.totals();
  const cells = Math.min(40, screen.width - 60);
  const pair = (name: string, without: number, withCache: number, format: (value: number) => string) => {
    screen.line(
      `    ${name.padEnd(9)} without a cache ${screen.paint("yellow", bar(without, without, cells))} ${format(without)}`,
    );
    screen.line(
      `    ${" ".repeat(9)} with llmcache   ${screen.paint("green", bar(withCache, without, cells))} ${format(withCache)}`,
    );
  };
  const whole = (value: number) => value.toLocaleString("en-US");
  screen.line();
  screen.line(screen.paint(["bold", "cyan"], "    All together"));
  screen.line();
  pair("calls", calls, paidCalls, whole);
  pair("tokens", paidTokens + savedTokens, paidTokens, whole);
  pair("cost", paidCost + savedCost, paidCost, formatCost);
  screen.line();
  screen.line(
    `    The callers waited ${formatMs(savedMilliseconds)} less, ${formatCost(savedCost)} and ${whole(savedTokens)} tokens were saved.`,
  );
}
