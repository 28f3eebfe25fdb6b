import { LlmCacheError } from "./errors.ts";
import { Aborter, onAbort } from "./on-abort.ts";

/** The longest that a timer can be set for, in ms; a longer one fires at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** What is waited for, and for how long. */
export interface Deadline {
  readonly ms: number;
  readonly backend: string;
  readonly operation: string;
  readonly key?: string | undefined;
  /** Whether the process may end before it. @default false: somebody waits */
  readonly inBackground?: boolean;
}

/**
 * Resolves as `work` does, or rejects with `BACKEND_TIMEOUT` after `ms`, or with the reason of `signal`, whichever is first.
 * `work` gets a signal that is aborted in both cases; what it does after that is nobody's concern.
 */
export async function withDeadline<Result>(
  deadline: Deadline,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  signal?.throwIfAborted();
  const controller = new Aborter();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (reason: unknown) => {
    reject(reason);
    controller.abort(reason);
  };
  const timer = startTimer(deadline, stop);
  const stopListening = onAbort(signal, () => stop(signal?.reason));
  try {
    return await Promise.race([work(controller.signal), promise]);
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

function startTimer(deadline: Deadline, stop: (reason: unknown) => void): ReturnType<typeof setTimeout> | undefined {
  const { ms, inBackground, ...what } = deadline;
  if (ms === Infinity) return undefined;
  const message = `${what.backend} did not finish ${what.operation} within ${ms} ms`;
  const timer = setTimeout(
    () => stop(new LlmCacheError("BACKEND_TIMEOUT", message, what)),
    Math.min(ms, longestTimerMs),
  );
  if (inBackground === true) (timer as { unref?(): void }).unref?.();
  return timer;
}

/** Resolves as `promise` does, unless `signal` is aborted first: then it rejects with the signal's reason, and `promise` goes on. */
export async function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  const stopListening = onAbort(signal, () => reject(signal.reason));
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    stopListening();
  }
}

/** Waits, but not past the moment at which the function it returns is called. */
export function pauseFor(ms: number): { readonly over: Promise<void>; end(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(ms, longestTimerMs));
  return {
    over: promise,
    end() {
      clearTimeout(timer);
      resolve();
    },
  };
}
