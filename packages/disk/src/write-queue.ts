import { once } from "node:events";
import { Worker } from "node:worker_threads";
import {
  byteLengthOf,
  errorOf,
  failureOf,
  packWrites,
  type Write,
  type WriteBatch,
  type WriteOutcome,
  type WriteReply,
} from "./write-batch.ts";
import type { WriterOptions } from "./writer.ts";

/** The most that one transaction takes, so that other processes get their turn: some milliseconds of work. */
const mostWrites = 512;
const mostBytes = 4 * 1024 * 1024;

/** How late, in ms, what was read is told to the writer when no write takes it along. */
const touchDelayMs = 1_000;

/** More reads of old entries than this between two transactions are not worth remembering. */
const mostTouched = 1_024;

/** What a queue needs to know, and whom to tell. */
export interface WriteQueueOptions extends WriterOptions {
  readonly clock: () => number;
  /** Told with every reply, before the writes of that batch settle. */
  readonly onReply: (reply: WriteReply) => void;
}

interface Waiting {
  readonly write: Write;
  readonly settle: (outcome: WriteOutcome | Error) => void;
}

/**
 * The main thread's end of the writer's thread. What arrives while a transaction runs goes into the next one, together.
 * The thread starts with the first write, and keeps the process alive only while a write waits.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #worker: Worker | undefined;
  readonly #waiting = new Set<Waiting>();
  #sent: readonly Waiting[] | undefined;
  readonly #touched = new Set<number>();
  #touchTimer: NodeJS.Timeout | undefined;
  #damaged: WriteBatch["damaged"];
  #whenSettled: (() => void) | undefined;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** Resolves once the write is committed. Borrows its bytes until then, or until the signal aborts. */
  submit(write: Write, signal?: AbortSignal): Promise<WriteOutcome> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        write,
        settle: (outcome) => {
          signal?.removeEventListener("abort", abort);
          if (outcome instanceof Error) reject(outcome);
          else if (outcome.failure === undefined) resolve(outcome);
          else reject(errorOf(outcome.failure));
        },
      };
      const abort = () => {
        // One that was sent already has been copied, and may be committed or not.
        this.#waiting.delete(waiting);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(waiting);
      // What is under way may be reads that were only remembered, for which no process stays alive.
      if (this.#sent !== undefined) this.#worker?.ref();
      // Everything that is submitted in one go is sent together.
      else if (this.#waiting.size === 1) queueMicrotask(() => this.#send());
    });
  }

  /** Remembers that an entry was read, and tells the writer with the next write, or in a while. */
  touch(id: number): void {
    if (this.#touched.size >= mostTouched) return;
    this.#touched.add(id);
    this.#touchTimer ??= setTimeout(() => this.#send(), touchDelayMs).unref();
  }

  /** Has a database that was found damaged set aside, unless another process has done so. */
  async replace(path: string, error: unknown, signal: AbortSignal | undefined): Promise<void> {
    this.#damaged = { path, failure: failureOf(error) };
    await this.submit({ kind: "nothing" }, signal);
  }

  /** Resolves once all is written, and the thread has closed its database and ended. */
  async close(): Promise<void> {
    for (this.#send(); this.#sent !== undefined; this.#send()) {
      this.#worker?.ref();
      await new Promise<void>((resolve) => {
        this.#whenSettled = resolve;
      });
    }
    const worker = this.#worker;
    if (worker === undefined) return;
    worker.ref();
    worker.postMessage("close");
    await once(worker, "exit");
  }

  #send(): void {
    if (this.#sent !== undefined) return;
    const batch = this.#takeBatch();
    const touched = [...this.#touched];
    this.#touched.clear();
    clearTimeout(this.#touchTimer);
    this.#touchTimer = undefined;
    if (batch.length === 0 && touched.length === 0) return;
    this.#sent = batch;
    try {
      const { writes, buffer } = packWrites(batch.map(({ write }) => write));
      const message: WriteBatch = { writes, touched, now: this.#options.clock(), damaged: this.#damaged };
      this.#damaged = undefined;
      this.#worker ??= this.#start();
      if (batch.length > 0) this.#worker.ref();
      this.#worker.postMessage(message, [buffer]);
    } catch (error) {
      this.#settle(() => (error instanceof Error ? error : new Error(String(error))));
    }
  }

  #takeBatch(): readonly Waiting[] {
    const batch: Waiting[] = [];
    let bytes = 0;
    for (const waiting of this.#waiting) {
      bytes += byteLengthOf(waiting.write);
      if (batch.length === mostWrites || (batch.length > 0 && bytes > mostBytes)) break;
      batch.push(waiting);
      this.#waiting.delete(waiting);
    }
    return batch;
  }

  #start(): Worker {
    const { directory, maxBytes } = this.#options;
    // From source the sibling is a .ts file, which `tsc` cannot know here.
    const file = import.meta.url.endsWith(".ts") ? "./writer-thread.ts" : "./writer-thread.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      name: "llmcache-disk",
      workerData: { directory, maxBytes } satisfies WriterOptions,
      // Not the flags of this process: what they preload is none of the business of the writer. The warning has been printed already.
      execArgv: ["--disable-warning=ExperimentalWarning"],
    });
    worker.unref();
    worker.on("message", (reply: WriteReply) => this.#receive(reply));
    worker.on("error", (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => {
      if (this.#worker === worker) this.#fail(new Error("The writer's thread has ended before its time"));
    });
    return worker;
  }

  #receive(reply: WriteReply): void {
    this.#options.onReply(reply);
    this.#settle((index) => reply.outcomes[index] ?? new Error("The writer left a write unanswered"));
  }

  /** The thread is gone, and with it what it was about to do; the next write starts another one. */
  #fail(error: Error): void {
    this.#worker = undefined;
    this.#settle(() => error);
  }

  #settle(outcomeOf: (index: number) => WriteOutcome | Error): void {
    const sent = this.#sent ?? [];
    this.#sent = undefined;
    for (const [index, { settle }] of sent.entries()) settle(outcomeOf(index));
    if (this.#waiting.size > 0) this.#send();
    else this.#worker?.unref();
    this.#whenSettled?.();
  }
}
