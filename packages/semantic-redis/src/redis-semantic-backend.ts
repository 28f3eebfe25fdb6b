import {
  type NearestEntry,
  type OperationOptions,
  type PutEntry,
  type PutOptions,
  type SemanticBackend,
  unitVector,
} from "@llmcache/core";
import {
  allTried,
  Connection,
  copyForClient,
  getMany,
  listKeys,
  ownBytes,
  primariesOf,
  type RedisClient,
} from "@llmcache/redis/commands";
import { detectEngine, type Engine } from "./engine.ts";
import { encodeRecord, type EntryRecord, scopeTag } from "./record.ts";
import {
  parseRedisSemanticOptions,
  type RedisSemanticOptions,
  type RedisSemanticSettings,
} from "./redis-semantic-options.ts";
import { SearchIndex } from "./search-index.ts";
import { isMissingIndex } from "./search-reply.ts";
import type { VectorIndex } from "./vector-index.ts";
import { VectorSets } from "./vector-sets.ts";
import { type Expected, writeRecord } from "./write-script.ts";

/**
 * Keeps entries in Redis or Valkey, and finds them by key or by meaning: a hash for each, with an index of the server's search engine over them, or
 * with a vector set for each scope.
 *
 * While the client is not connected, operations wait for the attempt under way; after it has failed they reject at once.
 */
export class RedisSemanticBackend implements SemanticBackend {
  readonly name: string;
  /** What a field in Redis may be long: 512 MB, unless the server's proto-max-bulk-len was changed. */
  readonly maxValueBytes: number = 512 * 1024 * 1024;
  /** Redis expires to the millisecond, counted from when the write arrives. */
  readonly expiryGranularityMs: number = 50;
  readonly dimensions: number;
  /** What all its names in Redis begin with; that of the index of a search engine as a whole. */
  readonly space: string;
  /** The client that it was given. */
  readonly client: RedisClient;

  readonly #settings: RedisSemanticSettings;
  readonly #connection: Connection;
  #index: Promise<VectorIndex> | undefined;
  #disposal: Promise<void> | undefined;

  /** Sends nothing: the first operation does. @throws {TypeError} for an option that is missing, unknown or wrong */
  constructor(options: RedisSemanticOptions) {
    this.#settings = parseRedisSemanticOptions(options);
    const { client, dimensions, name, space } = this.#settings;
    this.name = name;
    this.dimensions = dimensions;
    this.space = space;
    this.client = client;
    this.#connection = new Connection(client);
  }

  get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    return this.#run(options, async () => ownBytes(await this.client.hgetBuffer(this.#at(key), "value")));
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const record = encodeRecord(key, value, options, this.dimensions);
    await this.#run(options, () => this.#write(record, "anything"));
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    await this.deleteMany([key], options);
  }

  async swap(key: string, expected: Uint8Array | undefined, value: Uint8Array, options?: PutOptions): Promise<boolean> {
    options?.signal?.throwIfAborted();
    const before = expected === undefined ? "nothing" : { value: copyForClient(expected) };
    const record = encodeRecord(key, value, options, this.dimensions);
    return this.#run(options, () => this.#write(record, before));
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined | Error)[]> {
    const stored = keys.map((key) => this.#at(key));
    const read = async (client: RedisClient, some: readonly string[]) =>
      (await Promise.all(some.map((key) => client.hgetBuffer(key, "value")))).map(ownBytes);
    const found = await this.#run(options, () => getMany(this.client, stored, this.#settings.nodeTimeoutMs, read));
    return found.map((one) => (one instanceof Error ? this.#connection.explain(one) : one));
  }

  async putMany(entries: readonly PutEntry[], options?: OperationOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    // Of entries under one key the last counts: they could overtake each other.
    const last = new Map(entries.map((entry) => [entry.key, entry]));
    const records = Array.from(last.values(), (entry) =>
      encodeRecord(entry.key, entry.value, entry.options, this.dimensions),
    );
    await this.#run(options, () => allTried(records.map((record) => this.#write(record, "anything"))));
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    const stored = keys.map((key) => this.#at(key));
    await this.#run(options, () => this.#withIndex((index) => index.remove(stored)));
  }

  async nearest(
    scope: string,
    vector: Float32Array,
    options: OperationOptions & { readonly limit: number; readonly minScore?: number | undefined },
  ): Promise<NearestEntry[]> {
    const { limit, minScore = -1 } = options;
    const unit = unitVector(vector, this.dimensions);
    const found = await this.#run(options, () =>
      this.#withIndex((index) => index.nearest(scopeTag(scope), unit, limit)),
    );
    return found
      .map(({ key, score, value }) => ({ key: this.#keyOf(key), score: Math.max(-1, Math.min(1, score)), value }))
      .filter(({ score }) => score >= minScore)
      .toSorted((left, right) => right.score - left.score || (left.key < right.key ? -1 : 1));
  }

  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<string> {
    const stored = listKeys(this.client, this.#at(prefix), (work) => this.#run(options, work));
    for await (const key of stored) {
      options?.signal?.throwIfAborted();
      yield this.#keyOf(key);
    }
  }

  /** Asks every primary, and looks at the index, or makes it: so that a program hears at its start what is wrong. */
  async ping(options?: OperationOptions): Promise<void> {
    await this.#run(options, async () => {
      await allTried(primariesOf(this.client).map((node) => node.ping()));
      await this.#whenReady();
    });
  }

  /** Closes the client if `connectSemanticRedis` has opened it; one that was given stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#settings.release().finally(() => this.#connection.release());
    await this.#disposal;
  }

  /** What finds by meaning here, as it was told or as the server can. */
  async engine(options?: OperationOptions): Promise<Engine> {
    const index = await this.#run(options, () => this.#whenReady());
    return index instanceof SearchIndex ? "search" : "vector-sets";
  }

  #at(key: string): string {
    return `${this.space}:${key}`;
  }

  #keyOf(stored: string): string {
    return stored.slice(this.space.length + 1);
  }

  async #write(record: EntryRecord, expected: Expected): Promise<boolean> {
    const stored = this.#at(record.key);
    return this.#withIndex(async (index) => {
      const { ttlMs } = record;
      const fields = [...record.fields, ...index.fieldsOf(record)];
      const before = await writeRecord(this.client, stored, { fields, ttlMs }, expected);
      if (before === undefined) return false;
      await index.follow(stored, record, before);
      return true;
    });
  }

  /** Works with the index, once that is there. One that was dropped since it was seen is made again. */
  async #withIndex<Result>(work: (index: VectorIndex) => Promise<Result>): Promise<Result> {
    try {
      return await work(await this.#whenReady());
    } catch (error) {
      if (!isMissingIndex(error)) throw error;
      this.#index = undefined;
      return work(await this.#whenReady());
    }
  }

  /** All who wait share one attempt. After one that failed the next operation tries again. */
  #whenReady(): Promise<VectorIndex> {
    this.#index ??= this.#prepare().catch((error: unknown) => {
      this.#index = undefined;
      throw error;
    });
    return this.#index;
  }

  async #prepare(): Promise<VectorIndex> {
    const engine = this.#settings.engine ?? (await detectEngine(this.client));
    const index = engine === "search" ? new SearchIndex(this.#settings) : new VectorSets(this.#settings);
    await index.prepare();
    return index;
  }

  #run<Result>(options: OperationOptions | undefined, work: () => Promise<Result>): Promise<Result> {
    return this.#connection.run(options?.signal, work);
  }
}
