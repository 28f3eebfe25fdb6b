import { type Bus, type BusMessage, type BusNotice, checkOptions, describeType } from "@llmcache/core";
import type { Cluster, Redis } from "ioredis";
import { decodeBusMessage, encodeBusMessage } from "./bus-message.ts";
import { isCluster, type RedisClient } from "./client.ts";
import { explainError } from "./explain-error.ts";
import { checkClient } from "./redis-options.ts";
import { listeningOptions, Subscription } from "./subscription.ts";

/** What `new RedisBus` takes. */
export interface RedisBusOptions {
  /** The client to publish by, such as the `client` of a backend. A connection like its own is made for listening. */
  readonly client: RedisClient;
  /** What the messages are published on: the same for all caches that share entries. @default "llmcache:bus" */
  readonly channel?: string | undefined;
  /**
   * Told why it cannot listen, once until it can again. Until then messages of others are missed, and copies of what they change are
   * served for as long as they last. @default nothing
   */
  readonly onError?: ((error: Error) => void) | undefined;
}

/**
 * Tells the other processes on a Redis, by its publish and subscribe, what was written and deleted and whose answer is there. Messages
 * may be lost; after a time in which they may have been, listeners are told of a gap.
 */
export class RedisBus implements Bus {
  readonly #client: RedisClient;
  readonly #channel: string;
  readonly #onError: (error: Error) => void;
  readonly #listeners = new Set<(notice: BusNotice) => void>();
  #subscription: Subscription | undefined;
  readonly #renew = () => this.#subscription?.renew();
  #closed = false;

  /** Connects with the first listener. @throws {TypeError} for an option that is missing, unknown or wrong */
  constructor(options: RedisBusOptions) {
    checkOptions("RedisBus", options, ["client", "channel", "onError"] satisfies (keyof RedisBusOptions)[]);
    const { client, channel = "llmcache:bus", onError = () => undefined } = options;
    checkClient("RedisBus", client);
    if (typeof channel !== "string" || channel === "")
      throw new TypeError(`RedisBus: channel must be a string of at least one character, got ${describeType(channel)}`);
    if (typeof onError !== "function")
      throw new TypeError(`RedisBus: onError must be a function, got ${describeType(onError)}`);
    this.#client = client;
    this.#channel = channel;
    this.#onError = onError;
  }

  async publish(message: BusMessage): Promise<void> {
    if (this.#closed) return;
    const { status } = this.#client;
    // A Cluster would keep it for as long as the outage lasts, and then tell what nobody waits for any more.
    if (status !== "ready" && status !== "wait") throw new Error("Redis is not connected: the message is not sent");
    try {
      await this.#client.publish(this.#channel, encodeBusMessage(message));
    } catch (error) {
      throw explainError(error, undefined);
    }
  }

  subscribe(listener: (notice: BusNotice) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#closed) {
      this.#subscription ??= this.#listen();
    }
    return () => this.#listeners.delete(listener);
  }

  #listen(): Subscription {
    // Behind Sentinel another server may be the primary by now, while the one that was goes on as if nothing had happened.
    if (!isCluster(this.#client) && this.#client.options.sentinels) this.#client.on("reconnecting", this.#renew);
    return new Subscription(() => connectionBeside(this.#client), this.#channel, {
      begun: () => this.#tell({ type: "gap" }),
      received: (text) => this.#receive(text),
      failed: (error) => this.#onError(error),
    });
  }

  /** Closes the connection that listens. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#client.off("reconnecting", this.#renew);
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

/** A connection as the client's own; on a Cluster, where every node hears everything, to whichever node. */
function connectionBeside(client: RedisClient): Redis | undefined {
  const source = isCluster(client) ? anyNodeOf(client) : client;
  return source?.duplicate({ ...listeningOptions, keyPrefix: "", readOnly: false });
}

function anyNodeOf(cluster: Cluster): Redis | undefined {
  const nodes = cluster.nodes().filter(({ status }) => status !== "end");
  return nodes[Math.floor(Math.random() * nodes.length)];
}
