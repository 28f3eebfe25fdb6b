import type { Accounting } from "./accounting.ts";
import type { Freshness } from "./cache-control.ts";
import type { MatchInfo, MissReason, Status } from "./event.ts";
import type { Flight } from "./flight.ts";

/** How a caller is answered. */
export interface Standing {
  readonly status: Status;
  /** The name of the store, or of the tier, that the answer came from. `undefined`: the model. */
  readonly source: string | undefined;
  /** How old the answer is, in seconds. */
  readonly age: number;
  /** For how many seconds a stored answer stays fresh, `Infinity` without expiry; below 0: for how long it has been stale. */
  readonly freshFor?: number | undefined;
  /** Why nothing that was stored could be served. */
  readonly missReason?: MissReason | undefined;
  /** For `semantic`: the question that the answer was given to, and how similar it is. */
  readonly match?: MatchInfo | undefined;
  /** What the answer cost, and who pays for it. `undefined` where it is not known what the model used. */
  readonly accounting?: Accounting | undefined;
}

/** How old an entry is, and how long it stays fresh. `now` is epoch ms; an entry from the future, by another machine's clock, is new. */
export function agesOf({ createdAt, freshUntil }: Freshness, now: number): { age: number; freshFor: number } {
  return { age: Math.max(0, now - createdAt) / 1000, freshFor: (freshUntil - now) / 1000 };
}

/** What the store gives a caller. */
export interface Hit<Served> extends Standing {
  readonly served: Served;
}

/** What a flight gives a caller. It goes on until the caller calls `leave`. The one who began it has the status `miss`. */
export interface Landed<Result> extends Omit<Standing, "accounting"> {
  readonly result: Result;
  readonly flight: Flight<Result>;
  readonly leave: (reason?: unknown) => void;
}
