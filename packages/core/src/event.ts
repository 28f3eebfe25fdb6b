import type { BackendEvent } from "./backend.ts";
import type { LlmCacheError } from "./errors.ts";

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
      readonly status: "hit" | "stale";
      readonly operation: string;
      readonly key: string;
      readonly source: string;
      readonly age: number;
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
