import type { BackendEvent } from "./backend.ts";
import type { LlmCacheError } from "./errors.ts";
import type { SemanticWhy } from "./semantic-tier.ts";

/** How a call was answered. */
export type Status = "hit" | "miss" | "stale" | "coalesced" | "semantic" | "bypass";

/** Why nothing that the store holds could be served. */
export type MissReason =
  | "absent"
  | "expired"
  | "too-old"
  | "invalidated"
  | "other-kind"
  | "not-accepted"
  | "corrupt"
  | "unreadable"
  | "unavailable"
  | "not-read";

/** The entry that a call was answered from by the meaning of its question. */
export interface MatchInfo {
  /** The key of the question that it answers. */
  readonly key: string;
  /** The cosine similarity of the questions, -1 to 1. */
  readonly score: number;
}

/**
 * Why an entry that a semantic tier found was not served. `foreign`: it is of another scope, tenant or namespace. `removed`: its key was deleted,
 * cleared or invalidated during the look-up.
 */
export type MatchRefusal = MissReason | "foreign" | "removed";

/** Why a call went past the cache. */
export type BypassReason = "caller" | "off" | "operation" | "not-opted-in" | "controls" | "no-key";

/** Why an answer was not stored. */
export type RejectReason =
  | "no-store"
  | "not-admitted"
  | "no-ttl"
  | "no-content"
  | "too-large"
  | "discarded"
  | "superseded"
  | "unreadable"
  | "no-generation"
  | "incomplete"
  | "closed";

/**
 * What happened in a cache. Holds no prompt, no parameter and no credential: a key is a digest.
 * `backend` is the name of the store; `age` is in seconds, `durationMs` in ms.
 */
export type CacheEvent =
  | {
      readonly type: "hit";
      readonly status: "hit" | "stale" | "semantic";
      readonly operation: string;
      readonly key: string;
      readonly source: string;
      readonly age: number;
      /** For `semantic`. */
      readonly match?: MatchInfo | undefined;
    }
  | {
      /** What a semantic tier decided on a call, before it is known how the call is answered. */
      readonly type: "semantic";
      readonly operation: string;
      readonly key: string;
      /** The name of the tier. */
      readonly tier: string;
      readonly why: SemanticWhy;
      /** What the tier found. */
      readonly match?: MatchInfo | undefined;
      /** Why that was not served. */
      readonly refused?: MatchRefusal | undefined;
    }
  | { readonly type: "miss"; readonly operation: string; readonly key: string; readonly reason: MissReason }
  | { readonly type: "coalesced"; readonly operation: string; readonly key: string }
  | {
      readonly type: "bypass";
      readonly operation: string;
      readonly reason: BypassReason;
      /** For `no-key`: the path in the call that has no key, and why; names members, never values. For `caller`: what it said. */
      readonly detail?: string | undefined;
    }
  | { readonly type: "answered"; readonly operation: string; readonly key: string; readonly durationMs: number }
  | { readonly type: "stored"; readonly operation: string; readonly key: string; readonly bytes: number }
  | {
      readonly type: "rejected";
      readonly operation: string;
      readonly key: string;
      readonly reason: RejectReason;
      readonly detail?: string | undefined;
    }
  | { readonly type: "error"; readonly error: LlmCacheError }
  | Extract<BackendEvent, { readonly type: "evicted" | "breaker" }>;

/** Counts since the cache was made. */
export interface CacheStats {
  readonly hits: number;
  readonly stale: number;
  /** Hits by meaning. */
  readonly semantic: number;
  readonly misses: number;
  readonly coalesced: number;
  readonly bypassed: number;
  readonly stored: number;
  readonly rejected: number;
  readonly errors: number;
  readonly evicted: number;
  /** Model calls under way now. */
  readonly inFlight: number;
}
