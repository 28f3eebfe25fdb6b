/**
 * The contract between core, which thinks, and a store, which keeps bytes. Keys, freshness, encoding,
 * encryption, batching and failing open live in core; a backend turns a few verbs into vendor calls.
 */

/** What every operation of a backend accepts. */
export interface OperationOptions {
  /** Aborts the operation: it rejects with `signal.reason`, untouched. */
  readonly signal?: AbortSignal | undefined;
  /** Where wrappers and stores tell what happened while they worked. Called synchronously; must not throw. */
  readonly report?: ((event: BackendEvent) => void) | undefined;
}

export interface PutOptions extends OperationOptions {
  /**
   * Epoch ms after which the space may be reclaimed. A hint: core checks every entry it reads.
   * A store never drops an entry sooner, and accepts a time in the past. Omitted: no expiry.
   */
  readonly expiresAt?: number | undefined;
  /** Makes the entry findable by meaning. Only for a `SemanticBackend`; others ignore it. */
  readonly embedding?: { readonly scope: string; readonly vector: Float32Array } | undefined;
}

/** The expiry of a put, none for what never expires: a store should not have to know what `Infinity` means. */
export function expiryOf(expiresAt: number): Pick<PutOptions, "expiresAt"> {
  return expiresAt === Infinity ? {} : { expiresAt };
}

export interface PutEntry {
  readonly key: string;
  readonly value: Uint8Array;
  readonly options?: PutOptions;
}

/** What a wrapper or a store tells through `report`. `backend` is the name of the one it happened in. */
export type BackendEvent =
  | { readonly type: "served"; readonly backend: string; readonly key: string }
  | { readonly type: "evicted"; readonly backend: string; readonly key: string }
  | { readonly type: "dropped"; readonly backend: string; readonly key: string; readonly error: unknown }
  | {
      readonly type: "breaker";
      readonly backend: string;
      readonly operations: "reads" | "writes";
      readonly state: "open" | "half-open" | "closed";
    }
  | {
      readonly type: "failed";
      readonly backend: string;
      readonly operation: string;
      readonly key?: string | undefined;
      readonly error: unknown;
    };

/**
 * Keeps byte strings under keys that core made safe: 1 to 512 characters of `a-z 0-9 . _ - /`.
 * May forget any entry; never returns other bytes than the last written.
 *
 * A missing key is the only failure that a backend translates (to `undefined`); everything else
 * rejects with the vendor's own error, and core wraps it once.
 */
export interface Backend {
  /** Tells this store from others in outcomes and events, for example `"redis"`. */
  readonly name: string;
  /** The largest value it takes, in bytes. Omitted: no limit that a cache would meet. */
  readonly maxValueBytes?: number;
  /** How late, in ms, the store itself drops an expired entry. Omitted: it never does. */
  readonly expiryGranularityMs?: number;

  /** Resolves to the bytes last written, which the caller then owns, or `undefined` when the key is missing, and only then. */
  get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined>;
  /** Writes atomically: readers see old or new bytes, never a mix. Borrows `value` until it settles. */
  put(key: string, value: Uint8Array, options?: PutOptions): Promise<void>;
  /** Removes the entry. A missing key is fine. */
  delete(key: string, options?: OperationOptions): Promise<void>;

  // What follows is a capability: present only when the store does it natively.

  /**
   * Compare and swap, atomic for every process on the store: writes `value` if the key holds exactly
   * `expected` (`undefined`: if `get` would find nothing). Ignores expiry, never removes.
   * Resolves to whether it wrote. A store that turns out to ignore conditions rejects with `UNSUPPORTED`.
   */
  swap?(key: string, expected: Uint8Array | undefined, value: Uint8Array, options?: PutOptions): Promise<boolean>;
  /** One result for each key, in order; an `Error` where only that key failed. */
  getMany?(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined | Error)[]>;
  /** Writes every entry, or rejects; after a rejection any of them may have been written. */
  putMany?(entries: readonly PutEntry[], options?: OperationOptions): Promise<void>;
  /** Removes every key, or rejects; after a rejection any of them may be gone. */
  deleteMany?(keys: readonly string[], options?: OperationOptions): Promise<void>;
  /** Every key that starts with `prefix`, each once, in no particular order. */
  list?(prefix: string, options?: OperationOptions): AsyncIterable<string>;
  /** Resolves after a true round trip to the store; rejects when there is none. */
  ping?(options?: OperationOptions): Promise<void>;
  /** Releases what the backend opened, never a client that it was given. */
  [Symbol.asyncDispose]?(): Promise<void>;
}

/** An entry that `nearest` found. `score` is the cosine similarity, -1 to 1. */
export interface NearestEntry {
  readonly key: string;
  readonly score: number;
  readonly value: Uint8Array;
}

/** A backend that also finds entries by the meaning of their prompt: one record, both ways in. */
export interface SemanticBackend extends Backend {
  /** The length of every vector. */
  readonly dimensions: number;
  /** Best first; never an entry of another scope, never an expired one. */
  nearest(
    scope: string,
    vector: Float32Array,
    options: OperationOptions & { readonly limit: number; readonly minScore?: number | undefined },
  ): Promise<NearestEntry[]>;
}
