import { type Bus, type BusMessage, type BusNotice, checkOptions, describeType } from "@llmcache/core";
import { decodeBusMessage, encodeBusMessage } from "./bus-message.ts";
import type { RedisClient } from "./client.ts";
import { explainError } from "./explain-error.ts";
import { checkClient } from "./redis-options.ts";
import { Subscription } from "./subscription.ts";

/** What `new RedisBus` takes. */
export interface RedisBusOptions {
  /** The client to publish by, such as the `client` of a backend. A connection like its own is made for listening. */
  readonly client: RedisClient;
  /** What the messages are published on: the same for all caches that share entries. @default "llmcache:bus" */
  readonly channel?: string | undefined;
}

/**
 * Tells the other processes on a Redis, by its publish and subscribe, what was written and deleted and whose answer is there. Messages
 * may be lost; after a time in which they may have been, listeners are told of a gap.
 */
export class RedisBus implements Bus {
  readonly #client: RedisClient;
  readonly #channel: string;
  readonly #listeners = new Set<(notice: BusNotice) => void>();
  #subscription: Subscription | undefined;
  #closed = false;

  /** Connects with the first listener. @throws {TypeError} for an option that is missing, unknown or wrong */
  constructor(options: RedisBusOptions) {
    checkOptions("RedisBus", options, ["client", "channel"] satisfies (keyof RedisBusOptions)[]);
    const { client, channel = "llmcache:bus" } = options;
    checkClient("RedisBus", client);
    if (typeof channel !== "string" || channel === "")
      throw new TypeError(`RedisBus: channel must be a string of at least one character, got ${describeType(channel)}`);
    this.#client = client;
    this.#channel = channel;
  }

  async publish(message: BusMessage): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#client.publish(this.#channel, encodeBusMessage(message));
    } catch (error) {
      throw explainError(error, undefined);
    }
  }

  subscribe(listener: (notice: BusNotice) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#closed) {
      this.#subscription ??= new Subscription(this.#client, this.#channel, {
        begun: () => this.#tell({ type: "gap" }),
        received: (text) => this.#receive(text),
      });
    }
    return () => this.#listeners.delete(listener);
  }

  /** Closes the connection that listens. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#subscription?.close();
    this.#listeners.clear();
  }

  #receive(text: string): void {
    const message = decodeBusMessage(text);
    if (message !== undefined) this.#tell(message);
  }

  #tell(notice: BusNotice): void {
    for (const listener of [...this.#listeners]) listener(notice);
  }
}
