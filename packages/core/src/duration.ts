import { describeType } from "./describe-type.ts";

/** Seconds (fractions allowed), or a number with its unit: `"250ms"`, `"30s"`, `"5m"`, `"12h"`, `"7d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A duration in ms. `Infinity` is one.
 *
 * @throws {TypeError} for anything else, naming `field` and the value's type.
 */
export function parseDuration(value: unknown, field: string): number {
  if (typeof value === "number" && !Number.isNaN(value)) return value * 1000;
  const match = typeof value === "string" ? /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) : null;
  if (match === null) {
    throw new TypeError(
      `${field} must be seconds or a text such as "250ms", "30s", "5m", "12h" or "7d", got ${describeType(value)}`,
    );
  }
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}

/** A duration in ms that is not negative. @throws {TypeError} as `parseDuration` does */
export function parsePositiveDuration(value: unknown, field: string): number {
  const ms = parseDuration(value, field);
  if (ms < 0) throw new TypeError(`${field} must not be negative`);
  return ms;
}
