import type { Backend, OperationOptions, SemanticBackend } from "./backend.ts";
import { type BreakerOptions, Breaker, classify } from "./breaker.ts";
import { withDeadline } from "./deadline.ts";
import { type Decorated, decorate, markSelfGuarded } from "./decorate.ts";
import { type Duration, parsePositiveDuration } from "./duration.ts";
import { leaveIterator } from "./recording.ts";
import { checkOptions } from "./options.ts";

export interface GuardOptions extends BreakerOptions {
  /** How long a read may take. @default "500ms" */
  readonly timeout?: Duration | undefined;
  /** How long a write, a removal or a step of a listing may take: nobody waits for most of them. @default "5s" */
  readonly writeTimeout?: Duration | undefined;
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
