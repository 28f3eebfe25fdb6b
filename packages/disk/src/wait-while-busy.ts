import { sqliteCodeOf, sqliteCodes } from "./sqlite-error.ts";

/** Longer than any group of writes takes, short enough that a process which hangs with the lock in hand is noticed. */
export const longestWaitMs = 10_000;

const neverWoken = new Int32Array(new SharedArrayBuffer(4));

/**
 * Tries again, for up to `longestWaitMs`, while another connection holds the lock. Blocks the thread: only for the writer's.
 *
 * SQLite's own wait backs off to 100 ms, so that of two busy processes one starves; short waits of random length are fair.
 */
export function waitWhileBusy<Result>(attempt: () => Result): Result {
  const deadline = performance.now() + longestWaitMs;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (sqliteCodeOf(error) !== sqliteCodes.busy || performance.now() > deadline) throw error;
      Atomics.wait(neverWoken, 0, 0, 0.5 + 1.5 * Math.random());
    }
  }
}
