import { isObject } from "./json-object.ts";

/**
 * Divides what a batch used among its inputs by their lengths. Vendors tell only the sum, so each share is an estimate, and
 * the shares of one batch add up to exactly what it used.
 *
 * @param lengths above 0
 */
export function shareUsage(usage: unknown, lengths: readonly number[]): unknown[] {
  if (typeof usage === "number") return shareNumber(usage, lengths);
  if (!isObject(usage)) return lengths.map(() => usage);
  const shares: Record<string, unknown>[] = lengths.map(() => ({}));
  for (const [name, value] of Object.entries(usage)) {
    for (const [index, share] of shareUsage(value, lengths).entries())
      Object.assign(shares[index] ?? {}, { [name]: share });
  }
  return shares;
}

/** Adds up what several inputs used. What is no number is the first one's that has it. */
export function mergeUsage(usages: readonly unknown[]): unknown {
  const first = usages.find((usage) => usage !== undefined);
  if (typeof first === "number")
    return usages.reduce<number>((sum, usage) => sum + (typeof usage === "number" ? usage : 0), 0);
  if (!isObject(first)) return first;
  const objects = usages.filter(isObject);
  const names = new Set(objects.flatMap(Object.keys));
  return Object.fromEntries(Array.from(names, (name) => [name, mergeUsage(objects.map((usage) => usage[name]))]));
}

function shareNumber(total: number, lengths: readonly number[]): number[] {
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let before = 0;
  return lengths.map((length) => {
    const from = cumulative(total, before, whole);
    before += length;
    return cumulative(total, before, whole) - from;
  });
}

/** Rounded before the difference is taken, so that nothing is lost. */
function cumulative(total: number, part: number, whole: number): number {
  const share = (total * part) / whole;
  return Number.isInteger(total) ? Math.round(share) : share;
}
