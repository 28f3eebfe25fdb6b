import type { RowResult } from "./results.ts";
import type { Spread } from "./statistics.ts";

/** A number with its unit, to three digits. */
export function formatAmount(amount: number, unit: RowResult["unit"]): string {
  if (unit === "calls") return formatNumber(amount);
  if (unit === "bytes") return `${Math.round(amount).toLocaleString("en")} B`;
  if (unit === "µs" && amount >= 1_000) return `${formatNumber(amount / 1_000)} ms`;
  return `${formatNumber(amount)} ${unit}`;
}

/** A number to three digits, and without decimals from 100 on. */
export function formatNumber(number: number): string {
  if (Math.abs(number) >= 100) return Math.round(number).toLocaleString("en");
  return number.toFixed(Math.abs(number) >= 10 ? 1 : 2);
}

/** A ratio, and between which bounds eight of ten rounds were. */
export function formatRatio({ median, low, high }: Spread): string {
  return `${formatNumber(median)} (${formatNumber(low)}-${formatNumber(high)})`;
}
