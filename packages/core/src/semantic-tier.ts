import type { Backend, OperationOptions, PutOptions } from "./backend.ts";
import type { Call } from "./key.ts";

/**
 * What finds answers by the meaning of a question. A cache asks it after an exact miss, and tells it of every answer that was made and of
 * every key that was removed. It decides what is near enough; that an entry is whole, of the same scope and still valid, the cache checks itself.
 *
 * It keeps nothing of the cache: what it works with comes with each operation, so that one tier may serve several caches.
 */
export interface SemanticTier {
  /** Tells this tier from others in events, for example `"semantic"`. */
  readonly name: string;
  /** Whether the model is called beside the look-up: less waiting after a miss, for a call that a hit gives up. @default false */
  readonly race?: boolean | undefined;
  /** Refuses what it cannot work with, before anything else is asked of it. @throws {TypeError} for example for a backend without `nearest` */
  check?(backend: Backend): void;
  /**
   * Looks for an answer to a similar question, and writes nothing yet. With `question.reads` off it finds nothing, and only prepares to learn.
   * What it rejects with is an event, and the model is called.
   */
  match(question: SemanticQuestion, context: SemanticContext): Promise<SemanticMatch>;
  /** Removes what it keeps of an entry, so that it cannot come back by meaning. Nothing kept is fine. */
  forget(key: string, context: SemanticContext): Promise<void>;
  /** The same for every key that starts with `prefix`. */
  clear(prefix: string, context: SemanticContext): Promise<void>;
  /** Hears whether the answer that an entry was served with was right. */
  feedback?(key: string, ok: boolean, context: SemanticContext): Promise<void>;
  /** Resolves after a true round trip to what it needs. */
  ping?(context: SemanticContext): Promise<void>;
  /** Releases what it opened, never what it was given. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** What an operation works with. It is an `OperationOptions`, to be handed on to backends as it is. */
export interface SemanticContext extends OperationOptions {
  /** The cache's own backend, with its deadline and breaker. */
  readonly backend: Backend;
  /** The time, in epoch ms. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
  readonly report: NonNullable<OperationOptions["report"]>;
}

export interface SemanticQuestion {
  /** The exact key of the call. */
  readonly key: string;
  /** The digest of all of the call but the wording of its last user turn, 64 hex digits: only an entry with the same may be found. */
  readonly scope: string;
  /** The wording of the last user turn. */
  readonly prompt: string;
  readonly call: Call;
  /** Whether anything may be found. */
  readonly reads: boolean;
  /** Whether somebody wants to know everything, and nothing is served: only then may `why` quote prompts. */
  readonly explains: boolean;
  /** The answer in an entry, as this caller would get it: a recording put together where the caller says how. @throws for bytes that are no entry */
  readonly answerOf: (value: Uint8Array) => unknown;
}

export interface SemanticMatch {
  readonly found?: FoundByMeaning | undefined;
  /** What the put of the answer carries, where the cache's own backend is what finds by meaning: one record, both ways in. */
  readonly embedding?: PutOptions["embedding"];
  readonly why: SemanticWhy;
  /**
   * Takes in the answer that the model gave after all. Behind the caller, once the answer is stored; never after the key was removed. When
   * the signal of `context` is aborted (the key is being removed, or replaced) it ends as soon as nothing is being written.
   */
  learn?(learned: Learned, context: SemanticContext): Promise<void>;
}

/** An entry to be served. */
export interface FoundByMeaning {
  readonly key: string;
  readonly value: Uint8Array;
  /** The cosine similarity of the questions, -1 to 1. */
  readonly score: number;
  /** The name of the store that held it. */
  readonly source: string;
}

/** Why a tier decided as it did, in one word and in whatever else it has to say: digests, numbers, codes. Never the wording of a prompt, unless the question `explains`. */
export interface SemanticWhy {
  readonly decision: string;
  readonly [detail: string]: unknown;
}

/** An answer to learn. */
export interface Learned {
  readonly key: string;
  /** The entry as it was handed to the cache's backend. */
  readonly value: Uint8Array;
  /** Epoch ms, as for `put`. */
  readonly expiresAt?: number | undefined;
  /** Whether the cache's backend took it. */
  readonly stored: boolean;
}
