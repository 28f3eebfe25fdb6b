import type { Charge } from "./accounting.ts";
import type { BackendEvent } from "./backend.ts";
import type { LlmCacheError } from "./errors.ts";
import type { SemanticWhy } from "./semantic-tier.ts";
import type { Usage } from "./usage.ts";

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
 * What happened in a cache. Holds no prompt, no parameter but the model's name, and no credential: a key is a digest.
 * `backend` is the name of the store; `age` is in seconds; `durationMs` is in ms, and, where nothing else is said, since the call came to the cache.
 *
 * Each answer that is paid for is one `answered`, with what it `billed`; each that was not is one `hit` or `shared`, with what it `saved`. So that
 * their sums are the bill.
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
      readonly durationMs: number;
      readonly usage?: Usage | undefined;
      readonly saved?: Charge | undefined;
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
  | {
      readonly type: "miss";
      readonly operation: string;
      readonly key: string;
      readonly reason: MissReason;
      readonly durationMs: number;
    }
  /** A call began to wait for the answer of another. */
  | { readonly type: "coalesced"; readonly operation: string; readonly key: string }
  | {
      /** A call got the answer that another call's caller, or another process, pays for. A stream: when it was at its end. */
      readonly type: "shared";
      readonly operation: string;
      readonly key: string;
      readonly durationMs: number;
      readonly usage?: Usage | undefined;
      readonly saved?: Charge | undefined;
    }
  | {
      readonly type: "bypass";
      readonly operation: string;
      readonly reason: BypassReason;
      /** For `no-key`: the path in the call that has no key, and why; names members, never values. For `caller`: what it said. */
      readonly detail?: string | undefined;
    }
  | {
      /** The model gave an answer, to its end. `durationMs` is since it was called. */
      readonly type: "answered";
      readonly operation: string;
      /** None for a call past the cache. */
      readonly key?: string;
      readonly durationMs: number;
      readonly usage?: Usage | undefined;
      readonly billed?: Charge | undefined;
    }
  | {
      /** The model gave none, or not to its end: it failed, or everyone had left. `durationMs` is since it was called. */
      readonly type: "unanswered";
      readonly operation: string;
      /** None for a call past the cache. */
      readonly key?: string;
      readonly durationMs: number;
      /** The class of what it threw. Its message may quote the prompt. */
      readonly error: string;
    }
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
  /** What the model was paid for, and what it was not, by the answers whose usage is known. */
  readonly billed: Required<Charge>;
  readonly saved: Required<Charge>;
  /** Model calls under way now. */
  readonly inFlight: number;
}
