import type { Redis } from "ioredis";
import { explainError } from "./explain-error.ts";
import { signInOf } from "./signing-connector.ts";

/** How often a silent connection is asked whether it is still there, in ms: so long a lost one may go unnoticed. */
const heartbeatMs = 10_000;

/** How long after a failure the next connection is tried, in ms. */
const retryMs = 250;

/** What becomes of a subscription. */
export interface SubscriptionListener {
  /** It hears the channel from now on, and may have missed what came before. */
  readonly begun: () => void;
  readonly received: (text: string) => void;
  /** Why it does not hear the channel. Called once until it has begun again. */
  readonly failed: (error: Error) => void;
}

/** What a connection must be made with that only listens: the next one is made here, and may be to another server. */
export const listeningOptions = {
  lazyConnect: true,
  retryStrategy: null,
  autoResubscribe: false,
  // How long a reply may take, in ms.
  commandTimeout: 5_000,
} as const;

/** Hears one channel on a connection of its own, and on another one when that is lost. */
export class Subscription {
  readonly #open: () => Redis | undefined;
  readonly #channel: string;
  readonly #listener: SubscriptionListener;
  #connection: Redis | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #failing = false;

  /** `open` makes a connection with `listeningOptions`, if there is a server for it now. */
  constructor(open: () => Redis | undefined, channel: string, listener: SubscriptionListener) {
    this.#open = open;
    this.#channel = channel;
    this.#listener = listener;
    void this.#begin();
  }

  /** Goes on with another connection. */
  renew(): void {
    this.#connection?.disconnect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#connection?.disconnect();
  }

  async #begin(): Promise<void> {
    const connection = this.#open();
    this.#connection = connection;
    if (connection === undefined) return this.#beginAgain();
    let lastError: Error | undefined;
    // A failure to connect ends it, and then it is tried again.
    connection.on("error", (error: Error) => (lastError = error));
    connection.once("end", () => this.#beginAgain());
    connection.on("message", (_channel: string, text: string) => this.#listener.received(text));
    signInOf(connection)?.keep(connection);
    try {
      await connection.connect();
      await connection.subscribe(this.#channel);
      if (this.#closed) throw new Error("The subscription was closed while it began");
      this.#failing = false;
      this.#listener.begun();
      this.#watch(connection);
    } catch (error) {
      connection.disconnect();
      this.#fail(explainError(error, lastError));
    }
  }

  #fail(error: Error): void {
    if (this.#closed || this.#failing) return;
    this.#failing = true;
    this.#listener.failed(error);
  }

  #beginAgain(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#begin(), retryMs * (0.8 + 0.4 * Math.random())).unref();
  }

  /** A connection that went dead without a word is never told so while it only listens. */
  #watch(connection: Redis): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      connection.ping().then(
        () => this.#watch(connection),
        () => connection.disconnect(),
      );
    }, heartbeatMs).unref();
  }
}
