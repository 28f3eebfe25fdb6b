import type { Terminal } from "./text/terminal.ts";

/** What a command works with. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** Aborted with a `BrokenOff` when the command is to end. */
  readonly signal: AbortSignal;
  /** Where `import` reads from unless it is given a file, and where `clear` is confirmed. */
  readonly input: NodeJS.ReadStream;
}

/** One of the words that may follow `llmcache`. */
export interface Command {
  /** What it does, in one line. */
  readonly summary: string;
  /** All that `--help` says. */
  readonly help: string;
  /** Resolves to the exit code. @throws {UsageError} for words that it does not understand */
  run(words: readonly string[], surroundings: Surroundings): Promise<number>;
}
