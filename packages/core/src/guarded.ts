import type { Backend, BackendEvent, OperationOptions, SemanticBackend } from "./backend.ts";
import { withDeadline } from "./deadline.ts";
import { type Decorated, decorate, markSelfGuarded } from "./decorate.ts";
import { type Duration, parsePositiveDuration } from "./duration.ts";
import { isLlmCacheError, LlmCacheError } from "./errors.ts";
import { leaveIterator } from "./recording.ts";
import { checkOptions, positiveInteger } from "./options.ts";

export interface GuardOptions {
  /** How long a read may take. @default "500ms" */
  readonly timeout?: Duration | undefined;
  /** How long a write, a removal or a step of a listing may take: nobody waits for most of them. @default "5s" */
  readonly writeTimeout?: Duration | undefined;
  /** How many errors in a row open the breaker. @default 5 */
  readonly maxErrors?: number | undefined;
  /** How many timeouts in a row open the breaker. Fewer, because each of them costs a caller the whole timeout. @default 2 */
  readonly maxTimeouts?: number | undefined;
  /** How long the breaker stays open before one operation may try again. @default "5s" */
  readonly openFor?: Duration | undefined;
  /** The time, in ms. @default performance.now, which nobody sets back */
  readonly clock?: (() => number) | undefined;
}

/**
 * Gives a backend a deadline and a circuit breaker. While the breaker is open every operation rejects at once with
 * `BREAKER_OPEN`; then one at a time may try, and the first success closes it. A `ping` always tries. Reads and writes have a breaker each.
 *
 * A cache guards the backend it is given by itself, `tiered` each of its members; use this to tune it for one store.
 * Corrupt entries, `UNSUPPORTED` and the caller's own aborts never count.
 */
export function guarded<B extends Backend>(inner: B, options: GuardOptions = {}): Decorated<B> {
  checkOptions("guarded", options, ["timeout", "writeTimeout", "maxErrors", "maxTimeouts", "openFor", "clock"]);
  const readMs = parsePositiveDuration(options.timeout ?? "500ms", "timeout");
  const writeMs = parsePositiveDuration(options.writeTimeout ?? "5s", "writeTimeout");
  // A store may hang in reads and still take writes, so that neither's successes may hide the other's failures.
  const breakers = {
    reads: new Breaker(inner.name, "reads", options),
    writes: new Breaker(inner.name, "writes", options),
  };
  const source = inner as Backend & Partial<SemanticBackend>;

  async function guard<Options extends OperationOptions, Result>(
    operation: keyof SemanticBackend & string,
    kind: "reads" | "writes",
    given: Options | undefined,
    work: (options: Options & { signal: AbortSignal }) => Promise<Result> | undefined,
    key?: string,
  ): Promise<Result> {
    const [breaker, ms] = kind === "reads" ? [breakers.reads, readMs] : [breakers.writes, writeMs];
    const pass = breaker.enter(operation, key, given?.report);
    const startedAt = performance.now();
    // Nobody waits for most writes, and those that somebody waits for have a connection that holds the process.
    const deadline = { ms, backend: inner.name, operation, key, inBackground: kind === "writes" };
    try {
      const result = await withDeadline(deadline, given?.signal, async (signal) =>
        work({ ...given, signal } as Options & { signal: AbortSignal }),
      );
      breaker.succeeded(pass);
      return result as Result;
    } catch (error) {
      breaker.failed(pass, classify(error, given?.signal, performance.now() - startedAt, ms));
      throw error;
    }
  }

  return markSelfGuarded(
    decorate<B>(inner, {
      get: (key, given) => guard("get", "reads", given, (bounded) => source.get(key, bounded), key),
      put: (key, value, given) => guard("put", "writes", given, (bounded) => source.put(key, value, bounded), key),
      delete: (key, given) => guard("delete", "writes", given, (bounded) => source.delete(key, bounded), key),
      swap: (key, expected, value, given) =>
        guard("swap", "reads", given, (bounded) => source.swap?.(key, expected, value, bounded), key),
      getMany: (keys, given) => guard("getMany", "reads", given, (bounded) => source.getMany?.(keys, bounded)),
      putMany: (entries, given) => guard("putMany", "writes", given, (bounded) => source.putMany?.(entries, bounded)),
      deleteMany: (keys, given) =>
        guard("deleteMany", "writes", given, (bounded) => source.deleteMany?.(keys, bounded)),
      ping: (given) => guard("ping", "reads", given, (bounded) => source.ping?.(bounded)),
      nearest: (scope, vector, given) =>
        guard("nearest", "reads", given, (bounded) => source.nearest?.(scope, vector, bounded)),
      async *list(prefix, given) {
        const keys = source.list?.(prefix, given)[Symbol.asyncIterator]();
        if (keys === undefined) return;
        try {
          for (;;) {
            const next = await guard("list", "writes", given, () => keys.next());
            if (next.done === true) return;
            yield next.value;
          }
        } finally {
          void leaveIterator(keys);
        }
      },
    }),
  );
}

type Failure = "timeout" | "error" | "not-counted";

function classify(error: unknown, callerSignal: AbortSignal | undefined, waitedMs: number, ms: number): Failure {
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
interface Pass {
  readonly probe: boolean;
  /** Whether it tries although the breaker is open. */
  readonly ping: boolean;
  readonly report: ((event: BackendEvent) => void) | undefined;
}

/** Closed, it counts failures in a row; open, it refuses; after a while it lets one operation at a time probe. */
class Breaker {
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

  constructor(backend: string, operations: "reads" | "writes", options: GuardOptions) {
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
