import type { BackendEvent } from "./backend.ts";
import { type Duration, parsePositiveDuration } from "./duration.ts";
import { isLlmCacheError, LlmCacheError } from "./errors.ts";
import { positiveInteger } from "./options.ts";

export interface BreakerOptions {
  /** How many errors in a row open the breaker. @default 5 */
  readonly maxErrors?: number | undefined;
  /** How many timeouts in a row open the breaker. Fewer, because each of them costs a caller the whole timeout. @default 2 */
  readonly maxTimeouts?: number | undefined;
  /** How long the breaker stays open before one operation may try again. @default "5s" */
  readonly openFor?: Duration | undefined;
  /** The time, in ms. @default performance.now, which nobody sets back */
  readonly clock?: (() => number) | undefined;
}

/** Closed, it counts failures in a row; open, it refuses; after a while it lets one operation at a time probe. */
export class Breaker {
  readonly #backend: string;
  readonly #operations: "reads" | "writes";
  readonly #maxErrors: number;
  readonly #maxTimeouts: number;
  readonly #openForMs: number;
  readonly #clock: () => number;
  #errors = 0;
  #timeouts = 0;
  #openUntil: number | undefined;
  #probing = false;

  constructor(backend: string, operations: "reads" | "writes", options: BreakerOptions) {
    this.#backend = backend;
    this.#operations = operations;
    this.#maxErrors = positiveInteger("maxErrors", options.maxErrors ?? 5);
    this.#maxTimeouts = positiveInteger("maxTimeouts", options.maxTimeouts ?? 2);
    this.#openForMs = parsePositiveDuration(options.openFor ?? "5s", "openFor");
    this.#clock = options.clock ?? (() => performance.now());
  }

  enter(operation: string, key: string | undefined, report: Pass["report"]): Pass {
    if (this.#openUntil === undefined) return { probe: false, ping: false, report };
    const waiting = this.#clock() < this.#openUntil || this.#probing;
    if (waiting && operation === "ping") return { probe: false, ping: true, report };
    if (waiting) {
      const what = { backend: this.#backend, operation, key };
      throw new LlmCacheError(
        "BREAKER_OPEN",
        `${this.#backend} failed in ${this.#operations} too often just now and is left alone for a moment`,
        what,
      );
    }
    this.#probing = true;
    this.#tell(report, "half-open");
    return { probe: true, ping: false, report };
  }

  #tell(report: Pass["report"], state: "open" | "half-open" | "closed"): void {
    report?.({ type: "breaker", backend: this.#backend, operations: this.#operations, state });
  }

  succeeded({ probe, ping, report }: Pass): void {
    this.#errors = 0;
    this.#timeouts = 0;
    if (probe) this.#probing = false;
    if (this.#openUntil === undefined || !(probe || ping)) return;
    this.#openUntil = undefined;
    this.#tell(report, "closed");
  }

  failed({ probe, report }: Pass, failure: Failure): void {
    if (probe) this.#probing = false;
    if (failure === "not-counted") return;
    if (failure === "timeout") this.#timeouts++;
    this.#errors++;
    if (!probe && this.#errors < this.#maxErrors && this.#timeouts < this.#maxTimeouts) return;
    // Operations that were under way when it opened end late: they do not open it again.
    if (!probe && this.#openUntil !== undefined) return;
    this.#openUntil = this.#clock() + this.#openForMs;
    this.#tell(report, "open");
  }
}

/** What a failure counts as. */
export type Failure = "timeout" | "error" | "not-counted";

/** What a failure of an operation that had `ms` counts as, after `waitedMs`: an abort by its caller as none. */
export function classify(error: unknown, callerSignal: AbortSignal | undefined, waitedMs: number, ms: number): Failure {
  if (callerSignal?.aborted === true) {
    // An outer deadline aborts with its own timeout: the store that was being waited for pays for it.
    const outerDeadline = isLlmCacheError(callerSignal.reason) && callerSignal.reason.code === "BACKEND_TIMEOUT";
    return outerDeadline && waitedMs >= ms / 2 ? "timeout" : "not-counted";
  }
  if (!isLlmCacheError(error)) return "error";
  if (error.code === "BACKEND_TIMEOUT") return "timeout";
  return error.code === "BACKEND_FAILED" ? "error" : "not-counted";
}

/** What an operation was let through as. */
export interface Pass {
  readonly probe: boolean;
  /** Whether it tries although the breaker is open. */
  readonly ping: boolean;
  readonly report: ((event: BackendEvent) => void) | undefined;
}
