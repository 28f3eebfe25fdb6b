/** How a request was answered. `partial`: some parts of a batch were stored. `none`: the cache had no part in it. */
export type CallOutcome = "hit" | "stale" | "semantic" | "miss" | "partial" | "coalesced" | "bypass" | "none";

/** Tokens, and what they cost by the configuration's prices. */
export interface Sum {
  readonly tokens: number;
  readonly dollars: number;
}

/** What a semantic tier decided on a call. */
export interface SemanticDecision {
  readonly decision: string;
  /** Everything else that the tier says: scores, guards. Never the wording of a prompt. */
  readonly why: Readonly<Record<string, unknown>>;
  readonly similarity?: number | undefined;
  /** The entry that was found. */
  readonly match?: string | undefined;
  /** Why the cache did not serve it. */
  readonly refused?: string | undefined;
}

/** One request that went through the gateway, as the dashboard shows it. */
export interface CallRecord {
  readonly id: number;
  /** Epoch ms. */
  readonly at: number;
  readonly path: string;
  readonly upstream: string;
  readonly apiKey?: string | undefined;
  readonly model?: string | undefined;
  readonly operation?: string | undefined;
  readonly status: number;
  readonly outcome: CallOutcome;
  /** Why it was a miss, or went past the cache. */
  readonly reason?: string | undefined;
  /** Why its answer was not stored. */
  readonly notStored?: string | undefined;
  readonly key?: string | undefined;
  readonly source?: string | undefined;
  readonly firstByteMs: number;
  readonly durationMs: number;
  /** Whether the client left before the end, or the upstream broke off. */
  readonly broken: boolean;
  /** What the model was paid for, and what it was not. */
  readonly paid: Sum;
  readonly saved: Sum;
  readonly semantic?: SemanticDecision | undefined;
  /** Only where the configuration says so. */
  readonly prompt?: string | undefined;
}
