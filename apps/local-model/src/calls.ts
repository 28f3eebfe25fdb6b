import type { Route } from "./behaviour.ts";

/** What the model was asked to do since it started or was reset. */
export interface Calls extends Readonly<Record<Route, number>> {
  readonly models: number;
  /** The texts that were turned into vectors. */
  readonly embeddingInputs: number;
  /** The requests that failed on demand. */
  readonly failed: number;
  /** The requests whose client left before the answer was complete, so that the work was stopped. */
  readonly aborted: number;
}

/** The counters before anything happened. */
export function noCalls(): { -readonly [Name in keyof Calls]: number } {
  return { chat: 0, completions: 0, responses: 0, embeddings: 0, models: 0, embeddingInputs: 0, failed: 0, aborted: 0 };
}
