const marker = Symbol.for("llmcache.error");

/**
 * What went wrong, as a word that never changes between versions.
 *
 * - `BACKEND_FAILED`: the store rejected an operation; `cause` is its own error.
 * - `BACKEND_TIMEOUT`: the store did not answer within its deadline.
 * - `BREAKER_OPEN`: the store failed too often just now and is left alone for a moment.
 * - `CORRUPT_ENTRY`: bytes that are no entry of the key asked for; they are deleted.
 * - `UNREADABLE_ENTRY`: bytes of a newer version, an unknown codec or an unknown encryption key; they are left alone.
 * - `UNSUPPORTED`: the store lacks what was asked for.
 * - `CACHE_MISS`: `onlyIfCached`, and nothing acceptable is cached.
 * - `REPLAY_MISS`: `mode: "replay"`, and no recording answers the call; the message names the nearest one and what is different.
 * - `CALL_FAILED`: only in events: the model call failed behind the caller, or a stale answer was served in place of its error.
 * - `WRONG_USAGE`: only in events: `usageOf` threw, or gave what is no usage; the answer is served and stored without.
 * - `WRONG_COUNT`: the factory of `runMany` returned another number of values than it was given inputs.
 */
export type LlmCacheErrorCode =
  | "BACKEND_FAILED"
  | "BACKEND_TIMEOUT"
  | "BREAKER_OPEN"
  | "CORRUPT_ENTRY"
  | "UNREADABLE_ENTRY"
  | "UNSUPPORTED"
  | "CACHE_MISS"
  | "REPLAY_MISS"
  | "CALL_FAILED"
  | "WRONG_USAGE"
  | "WRONG_COUNT";

export interface LlmCacheErrorOptions {
  readonly cause?: unknown;
  readonly backend?: string | undefined;
  readonly operation?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * The one class of error that llmcache makes. Tell errors apart by `code`, and recognise one by
 * `isLlmCacheError`, which also knows those of another installed copy. Messages hold no prompt and no parameter.
 */
export class LlmCacheError extends Error {
  override readonly name = "LlmCacheError";
  readonly code: LlmCacheErrorCode;
  /** The name of the backend it happened in. */
  readonly backend: string | undefined;
  /** The operation of the backend, for example `"get"`. */
  readonly operation: string | undefined;
  /** The key it was about. */
  readonly key: string | undefined;

  constructor(code: LlmCacheErrorCode, message: string, options: LlmCacheErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.backend = options.backend;
    this.operation = options.operation;
    this.key = options.key;
  }
}

Object.defineProperty(LlmCacheError.prototype, marker, { value: true });

/** The class of what was thrown, of a `DOMException` its name: all that may be told of a foreign error, whose message may quote the prompt. */
export function classOf(error: unknown): string {
  if (error instanceof DOMException) return error.name;
  return error instanceof Error ? error.constructor.name : typeof error;
}

/** Whether a value is an error of llmcache, of this copy or of another one in the same program. */
export function isLlmCacheError(value: unknown): value is LlmCacheError {
  return typeof value === "object" && value !== null && marker in value;
}
