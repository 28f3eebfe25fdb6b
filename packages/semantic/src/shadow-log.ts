import type { Observation } from "./groups.ts";
import {
  recommendThreshold,
  type ShadowSummary,
  summarizeShadow,
  type ThresholdOptions,
  type ThresholdReport,
} from "./shadow.ts";

/** What a process saw of its own questions. Scores are certainties, as for `minCertainty`. */
export interface ShadowReport extends ShadowSummary {
  /** The least certainty that what was observed shows to be enough. */
  readonly recommended: ThresholdReport;
}

/** As many as tell of the traffic now; older ones tell of another. */
const mostObservations = 10_000;

/** Counts in this process what was asked, and whether what was, or would have been, served agreed with the model. */
export class ShadowLog {
  /** Questions that had no exact answer and might be answered by similar ones. */
  asked = 0;
  readonly #minCertainty: number;
  readonly #observations: Observation[] = [];

  constructor(minCertainty: number) {
    this.#minCertainty = minCertainty;
  }

  /** To be called only with what was similar enough: what is not would not be served however certain it was. */
  observe(observation: Observation): void {
    if (this.#observations.length === mostObservations) this.#observations.shift();
    this.#observations.push(observation);
  }

  report(options?: ThresholdOptions): ShadowReport {
    return {
      ...summarizeShadow(this.#observations, this.#minCertainty, this.asked),
      recommended: recommendThreshold(this.#observations, options),
    };
  }
}
