/** The middle of some numbers, and what lies around it. */
export interface Spread {
  readonly median: number;
  /** The 10th percentile. */
  readonly low: number;
  /** The 90th percentile. */
  readonly high: number;
}

/** The number below which the given share of all lies, between two neighbours in proportion. @throws {RangeError} for no numbers */
export function quantile(numbers: readonly number[], share: number): number {
  if (numbers.length === 0) throw new RangeError("there is no quantile of no numbers");
  const sorted = numbers.toSorted((left, right) => left - right);
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const lower = sorted[below] ?? Number.NaN;
  const upper = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return lower + (upper - lower) * (position - below);
}

/** The median with the 10th and the 90th percentile. */
export function spreadOf(numbers: readonly number[]): Spread {
  return { median: quantile(numbers, 0.5), low: quantile(numbers, 0.1), high: quantile(numbers, 0.9) };
}

/**
 * How many times as much as `others` each of `ours` is, round by round: what slows a machine down for a while slows both samples of a
 * round down, and so leaves their ratio alone.
 */
export function ratiosOf(ours: readonly number[], others: readonly number[]): number[] {
  if (ours.length !== others.length) throw new RangeError("ratios need as many samples on both sides");
  return ours.map((sample, round) => sample / (others[round] ?? Number.NaN));
}
