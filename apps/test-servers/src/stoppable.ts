/** What every server here can do. */
export interface Stoppable extends AsyncDisposable {
  /** Ends it and removes its files. One that the environment names, and that is not ours, goes on. */
  stop(): Promise<void>;
}

/** The two names of one thing, for `await using` too. */
export function stoppable(stop: () => Promise<void>): Stoppable {
  return { stop, [Symbol.asyncDispose]: stop };
}

/** For a server that the environment names. */
export const leftRunning: Stoppable = stoppable(() => Promise.resolve());
