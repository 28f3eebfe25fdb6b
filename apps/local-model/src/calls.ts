import { type Route, routes } from "./behaviour.ts";

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
  const ofRoutes = Object.fromEntries(routes.map((route) => [route, 0])) as Record<Route, number>;
  return { ...ofRoutes, models: 0, embeddingInputs: 0, failed: 0, aborted: 0 };
}
