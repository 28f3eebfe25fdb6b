import { LlmCacheError } from "./errors.ts";

/**
 * Resolves as `work` does, or rejects with `BACKEND_TIMEOUT` after `ms`, or with the reason of `signal`, whichever is first.
 * `work` gets a signal that is aborted in both cases; what it does after that is nobody's concern.
 * The timer holds the process, because somebody waits, and ends with the work.
 */
export async function withDeadline<Result>(
  ms: number,
  signal: AbortSignal | undefined,
  what: { readonly backend: string; readonly operation: string; readonly key?: string | undefined },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (reason: unknown) => {
    reject(reason);
    controller.abort(reason);
  };
  const onAbort = () => stop(signal?.reason);
  const timer = ms === Infinity ? undefined : setTimeout(() => stop(timeoutError(ms, what)), ms);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(controller.signal), promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function timeoutError(
  ms: number,
  what: { backend: string; operation: string; key?: string | undefined },
): LlmCacheError {
  return new LlmCacheError("BACKEND_TIMEOUT", `${what.backend} did not finish ${what.operation} within ${ms} ms`, what);
}

/** Resolves as `promise` does, unless `signal` is aborted first: then it rejects with the signal's reason, and `promise` goes on. */
export async function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
