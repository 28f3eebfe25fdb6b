import { untilAborted } from "@llmcache/core";
import type { RedisClient } from "./client.ts";
import { explainError } from "./explain-error.ts";

/**
 * Whether a client can take a command now. While it connects, operations wait for what comes of that attempt; once one has failed they are
 * refused at once, with its error, until the client is connected again. So nothing queues up behind a server that is away.
 */
export class Connection {
  readonly #client: RedisClient;
  #connected: boolean;
  #attempt: PromiseWithResolvers<void> | undefined;
  #lastError: Error | undefined;
  #lastNodeError: Error | undefined;
  readonly #listeners = {
    ready: () => this.#succeed(),
    error: (error: Error) => this.#fail(error),
    "node error": (error: Error) => this.#notice(error),
    close: () => this.#close(),
    end: () => this.#fail(new Error("The connection to Redis is closed")),
  };

  constructor(client: RedisClient) {
    this.#client = client;
    this.#connected = client.status === "ready";
    for (const [event, listener] of Object.entries(this.#listeners)) client.on(event, listener);
  }

  /**
   * Does some work with the client once it takes commands, for no longer than `signal` lets it: what was sent goes on then.
   *
   * @throws {Error} that says what to do, or the reason of `signal`
   */
  async run<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    signal?.throwIfAborted();
    try {
      const waiting = this.whenReady();
      if (waiting !== undefined) await untilAborted(waiting, signal);
      return await untilAborted(work(), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw this.explain(error);
    }
  }

  /** An error that says what to do, by what went wrong with the connection last. */
  explain(error: unknown): Error {
    return explainError(error, this.#lastNodeError ?? this.#lastError);
  }

  /** `undefined`: commands can be sent. Otherwise resolves when they can, or rejects with the reason why they cannot. */
  whenReady(): Promise<void> | undefined {
    const { status } = this.#client;
    if (status === "ready") return undefined;
    if (this.#lastError !== undefined) return Promise.reject(this.#lastError);
    if (status === "end") return Promise.reject(new Error("The connection to Redis is closed"));
    // Events tell what comes of it.
    if (status === "wait") this.#client.connect().catch(() => undefined);
    if (this.#attempt === undefined) {
      this.#attempt = Promise.withResolvers();
      // All who wait may have gone away by the time it fails.
      this.#attempt.promise.catch(() => undefined);
    }
    return this.#attempt.promise;
  }

  /** Lets go of the client. */
  release(): void {
    for (const [event, listener] of Object.entries(this.#listeners)) this.#client.off(event, listener);
  }

  #succeed(): void {
    this.#connected = true;
    this.#lastError = undefined;
    this.#lastNodeError = undefined;
    this.#attempt?.resolve();
    this.#attempt = undefined;
  }

  #fail(error: Error): void {
    // A connection that breaks says why, and then that it is closed: the attempt that counts is the next one.
    if (this.#client.status === "ready") return;
    this.#lastError = error;
    this.#attempt?.reject(error);
    this.#attempt = undefined;
  }

  /** Why a node of a Cluster could not be reached; the Cluster itself only says that none could. */
  #notice(error: Error): void {
    if (error.message !== "Connection is closed.") this.#lastNodeError = error;
  }

  #close(): void {
    if (!this.#connected) this.#fail(this.#lastError ?? new Error("Redis closed the connection before it was ready"));
    this.#connected = false;
  }
}
