import type { Duration } from "@llmcache/core";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration, which has been checked, in ms. */
export function toMs(duration: Duration): number {
  if (typeof duration === "number") return duration * 1_000;
  const [, amount, unit = "s"] = /^([\d.]+)(\D+)$/.exec(duration) ?? [];
  return Number(amount) * (unitMs[unit] ?? 0);
}
