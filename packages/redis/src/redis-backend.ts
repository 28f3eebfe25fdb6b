import type { Backend, OperationOptions, PutEntry, PutOptions } from "@llmcache/core";
import { copyForClient } from "./bytes.ts";
import { groupByCommand, primariesOf, type RedisClient } from "./client.ts";
import { Connection } from "./connection.ts";
import { GetBatch } from "./get-batch.ts";
import { getMany } from "./get-many.ts";
import { listKeys } from "./list-keys.ts";
import { parseRedisOptions, type RedisBackendOptions, type RedisBackendSettings } from "./redis-options.ts";
import { allTried, putOne, putTogether, type Write } from "./put-many.ts";
import { swapByScript } from "./swap-script.ts";
import { timeToLive } from "./time-to-live.ts";

/**
 * Keeps entries in Redis or Valkey: on one server, on a Cluster, or on whatever primary Sentinel names.
 *
 * Gets of one tick go as one command. While the client is not connected, operations wait for the attempt under way; after it has failed
 * they reject at once.
 */
export class RedisBackend implements Backend {
  readonly name: string;
  /** What a string in Redis may be long: 512 MB, unless the server's proto-max-bulk-len was changed. */
  readonly maxValueBytes: number = 512 * 1024 * 1024;
  /** Redis expires to the millisecond, counted from when the write arrives. */
  readonly expiryGranularityMs: number = 50;

  readonly #settings: RedisBackendSettings;
  readonly #connection: Connection;
  readonly #gets: GetBatch;
  #disposal: Promise<void> | undefined;

  /** Sends nothing: the first operation does. @throws {TypeError} for an option that is missing, unknown or wrong */
  constructor(options: RedisBackendOptions) {
    this.#settings = parseRedisOptions(options);
    this.name = this.#settings.name;
    this.#connection = new Connection(this.client);
    this.#gets = new GetBatch(this.client);
  }

  /** The client that it was given. Not a property of its own, so that what prints a backend prints no password. */
  get client(): RedisClient {
    return this.#settings.client;
  }

  get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    return this.#run(options, () => this.#gets.get(this.#at(key)));
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const copy = copyForClient(value);
    await this.#run(options, () => putOne(this.client, this.#write(key, copy, options)));
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    await this.#run(options, () => this.client.unlink(this.#at(key)));
  }

  async swap(key: string, expected: Uint8Array | undefined, value: Uint8Array, options?: PutOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    const before = expected && copyForClient(expected);
    const after = copyForClient(value);
    return this.#run(options, () =>
      swapByScript(this.client, this.#at(key), before, after, timeToLive(options?.expiresAt)),
    );
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined | Error)[]> {
    const stored = keys.map((key) => this.#at(key));
    const found = await this.#run(options, () => getMany(this.client, stored, this.#settings.nodeTimeoutMs));
    return found.map((one) => (one instanceof Error ? this.#connection.explain(one) : one));
  }

  async putMany(entries: readonly PutEntry[], options?: OperationOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    // Of entries under one key the last counts: on a Cluster they could overtake each other.
    const last = new Map(entries.map((entry) => [entry.key, { ...entry, value: copyForClient(entry.value) }]));
    await this.#run(options, () =>
      putTogether(
        this.client,
        Array.from(last.values(), (entry) => this.#write(entry.key, entry.value, entry.options)),
      ),
    );
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    await this.#run(options, () => {
      const groups = groupByCommand(
        this.client,
        keys.map((key) => this.#at(key)),
        (key) => key,
      );
      return allTried(groups.map((group) => this.client.unlink(...group)));
    });
  }

  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<string> {
    const stored = listKeys(this.client, this.#at(prefix), (work) => this.#run(options, work));
    for await (const key of stored) {
      options?.signal?.throwIfAborted();
      yield key.slice(this.#settings.prefix.length);
    }
  }

  /** Asks every primary: a Cluster without one of them does not answer for a part of the keys. */
  async ping(options?: OperationOptions): Promise<void> {
    await this.#run(options, () => allTried(primariesOf(this.client).map((node) => node.ping())));
  }

  /** Closes the client if `connectRedis` has opened it; one that was given stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#settings.release().finally(() => this.#connection.release());
    await this.#disposal;
  }

  #at(key: string): string {
    return this.#settings.prefix + key;
  }

  #write(key: string, value: Buffer, options: PutOptions | undefined): Write {
    return { key: this.#at(key), value, ttlMs: timeToLive(options?.expiresAt) };
  }

  #run<Result>(options: OperationOptions | undefined, work: () => Promise<Result>): Promise<Result> {
    return this.#connection.run(options?.signal, work);
  }
}
