import { isLlmCacheError } from "@llmcache/core";
import { exitCode, type ExitCode } from "../exit-code.ts";
import type { Terminal } from "../text/terminal.ts";
import { formatNumber } from "../text/format.ts";

/** What can become of an item. `differing`: of a record, where the target has another. */
export type ItemOutcome = "done" | "equal" | "newer" | "differing" | "expired" | "failed";

export interface Failure {
  readonly key: string;
  readonly reason: string;
}

/** How many failures are named at the end. */
const mostNamed = 20;

/** After so many failures without a success between them it is not the entries: the store is gone. */
const mostInARow = 200;

/** Counts what became of the items, and remembers the first failures. */
export class Tally {
  readonly counts: Record<ItemOutcome, number> = { done: 0, equal: 0, newer: 0, differing: 0, expired: 0, failed: 0 };
  /** The first of them. */
  readonly failures: Failure[] = [];
  bytes = 0;
  /** How many records of tags and of semantic tiers are among those that are done. */
  records = 0;
  #failedInARow = 0;
  readonly #signal: AbortSignal;

  /** @param signal once it is aborted a failure is none of the item's, and ends the work */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  count(outcome: Exclude<ItemOutcome, "failed">, bytes = 0): void {
    this.counts[outcome]++;
    this.bytes += bytes;
    this.#failedInARow = 0;
  }

  /** Also of what is wrong with the item itself, which says nothing about the store. */
  fail(key: string, reason: string): void {
    this.counts.failed++;
    if (this.failures.length < mostNamed) this.failures.push({ key, reason });
  }

  /** Does something for a key; that it fails is counted, and no reason to stop. @throws {Error} when nothing succeeds any more */
  async attempt(key: string, work: () => Promise<void>): Promise<void> {
    this.#signal.throwIfAborted();
    try {
      await work();
    } catch (error) {
      this.#signal.throwIfAborted();
      const reason = reasonOf(error);
      this.fail(key, reason);
      if (++this.#failedInARow >= mostInARow)
        throw new Error(`gave up after ${mostInARow} failures in a row, the last of them: ${reason}`, { cause: error });
    }
  }

  get exitCode(): ExitCode {
    return this.counts.failed === 0 ? exitCode.fine : exitCode.wrong;
  }

  /** Says what failed, on standard error. */
  noteFailures(terminal: Terminal): void {
    for (const { key, reason } of this.failures) terminal.note(`failed: ${key}: ${reason}`);
    const others = this.counts.failed - this.failures.length;
    if (others > 0) terminal.note(`and ${formatNumber(others)} more failed`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "an unknown failure";
  return isLlmCacheError(error) ? `${error.code}: ${error.message}` : error.message;
}
