import type { Observation } from "./groups.ts";

/** What a shadow run counts: nothing of it was served. */
export interface ShadowSummary {
  /** Questions that were asked and not found exactly. */
  readonly asked: number;
  /** Of those, the ones that would have been answered. */
  readonly wouldHaveHit: number;
  /** Of those, the ones whose answer agreed with the model's. */
  readonly agreed: number;
  /** `wouldHaveHit` of `asked`; 0 where nothing was asked. */
  readonly wouldHaveHitRate: number;
  /** `agreed` of `wouldHaveHit`; 1 where nothing would have been served. */
  readonly agreement: number;
}

/** What the answers of a shadow run say about a threshold. */
export interface ThresholdReport {
  /** The least score at which answers may be served; `undefined` where nothing that was observed is good enough. */
  readonly threshold: number | undefined;
  /** How many of the observations have at least that score, and how many of them did not agree. */
  readonly served: number;
  readonly wrong: number;
  /** The share of `served` that is wrong, with its confidence interval (Clopper and Pearson). */
  readonly errorRate: number;
  readonly interval: readonly [lower: number, upper: number];
}

export interface ThresholdOptions {
  /** The largest share of wrong answers among those served. @default 0.01 */
  readonly maxErrorRate?: number | undefined;
  /** How sure it is to be that the true share is not larger. @default 0.95 */
  readonly confidence?: number | undefined;
}

/** Counts what a threshold would have served of the observations. */
export function summarizeShadow(observations: readonly Observation[], threshold: number, asked: number): ShadowSummary {
  const served = observations.filter(({ score }) => score >= threshold);
  const agreed = served.filter((observation) => observation.agreed).length;
  return {
    asked,
    wouldHaveHit: served.length,
    agreed,
    wouldHaveHitRate: asked === 0 ? 0 : served.length / asked,
    agreement: served.length === 0 ? 1 : agreed / served.length,
  };
}

/**
 * The lowest threshold at which the observations show, with the confidence asked for, that no more than `maxErrorRate` of what is
 * served is wrong. It walks down from the highest score and stops at the first that fails, so that testing many thresholds does not
 * weaken the confidence in the one it settles on (fixed-sequence testing).
 */
export function recommendThreshold(
  observations: readonly Observation[],
  options: ThresholdOptions = {},
): ThresholdReport {
  const { maxErrorRate = 0.01, confidence = 0.95 } = options;
  for (const [name, value] of Object.entries({ maxErrorRate, confidence })) {
    if (!(value > 0 && value < 1)) throw new TypeError(`${name} must be a number between 0 and 1`);
  }
  const sorted = observations.toSorted((left, right) => right.score - left.score);
  let report: ThresholdReport = { threshold: undefined, served: 0, wrong: 0, errorRate: 0, interval: [0, 1] };
  let wrong = 0;
  const fewest = fewestWithoutError(maxErrorRate, confidence);
  for (const [index, { score, agreed }] of sorted.entries()) {
    if (!agreed) wrong++;
    const served = index + 1;
    // Fewer could not show it, whatever they were; equal scores are served together.
    if (served < fewest || sorted[served]?.score === score) continue;
    if (upperBound(wrong, served, confidence) > maxErrorRate) break;
    report = {
      threshold: score,
      served,
      wrong,
      errorRate: wrong / served,
      interval: clopperPearson(wrong, served, confidence),
    };
  }
  return report;
}

/** The two-sided confidence interval of a share of which `successes` of `trials` were seen (Clopper and Pearson, 1934). */
export function clopperPearson(
  successes: number,
  trials: number,
  confidence: number = 0.95,
): readonly [lower: number, upper: number] {
  const oneSided = (1 + confidence) / 2;
  return [
    successes === 0 ? 0 : 1 - upperBound(trials - successes, trials, oneSided),
    upperBound(successes, trials, oneSided),
  ];
}

function fewestWithoutError(maxErrorRate: number, confidence: number): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log(1 - maxErrorRate));
}

/** The share at which so few successes, or fewer, would have a chance of `1 - confidence`. */
function upperBound(successes: number, trials: number, confidence: number): number {
  if (successes >= trials) return 1;
  let [low, high] = [successes / trials, 1];
  // Each step halves the interval: 60 leave less than a double can tell.
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (atMost(successes, trials, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** The chance of at most so many successes (binomial), summed in logarithms so that thousands of trials do not underflow. */
function atMost(successes: number, trials: number, share: number): number {
  if (share <= 0) return 1;
  if (share >= 1) return successes >= trials ? 1 : 0;
  const odds = Math.log(share) - Math.log1p(-share);
  let logTerm = trials * Math.log1p(-share);
  let sum = Math.exp(logTerm);
  for (let count = 1; count <= successes; count++) {
    logTerm += Math.log((trials - count + 1) / count) + odds;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
