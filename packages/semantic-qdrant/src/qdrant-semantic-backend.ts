import {
  type NearestEntry,
  type OperationOptions,
  type PutEntry,
  type PutOptions,
  type SemanticBackend,
  unitVector,
} from "@llmcache/core";
import type { QdrantClient, Schemas } from "@qdrant/js-client-rest";
import { Collection } from "./collection.ts";
import { ExpiredPoints } from "./expired-points.ts";
import { decodeValue, encodePoint, type EntryPayload, listedFrom, pointId, vectorName } from "./point.ts";
import { parseQdrantOptions, type QdrantSemanticOptions, type QdrantSettings } from "./qdrant-options.ts";
import { searchParams } from "./quantization.ts";
import { Requests } from "./requests.ts";

/** Points in one request at most. */
const mostPoints = 500;

/** Bytes of values in one request at most: less than the 32 MiB that Qdrant takes, in base64 and with their vectors. */
const mostBytes = 16 * 2 ** 20;

/** What is read of a point. */
const entryFields = ["key", "value"] satisfies (keyof EntryPayload)[];

/**
 * Keeps entries in Qdrant, and finds them by key or by meaning: a point for each, in a collection for each embedder.
 *
 * It has no `swap`, for Qdrant does not tell whether a condition held: what a semantic tier learns needs a `state` elsewhere.
 */
export class QdrantSemanticBackend implements SemanticBackend {
  readonly name: string;
  /** In base64 as much as Qdrant takes in one request of 32 MiB, unless its max_request_size_mb was changed. */
  readonly maxValueBytes: number = 23 * 2 ** 20;
  readonly dimensions: number;
  /** The name of its collection. */
  readonly collection: string;
  /** The client that it was given. */
  readonly client: QdrantClient;

  readonly #settings: QdrantSettings;
  readonly #requests: Requests;
  readonly #collection: Collection;
  readonly #expired: ExpiredPoints;

  /** Sends nothing: the first operation does. @throws {TypeError} for an option that is missing, unknown or wrong */
  constructor(options: QdrantSemanticOptions) {
    this.#settings = parseQdrantOptions(options);
    const { client, collection, dimensions, name, timeoutMs } = this.#settings;
    this.name = name;
    this.dimensions = dimensions;
    this.collection = collection;
    this.client = client;
    this.#requests = new Requests(client, timeoutMs);
    this.#collection = new Collection(this.#settings);
    this.#expired = new ExpiredPoints(this.#requests, name, collection);
  }

  async get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    const [found] = await this.#read([key], options);
    return found;
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<void> {
    await this.putMany([{ key, value, ...(options !== undefined && { options }) }], options);
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    await this.deleteMany([key], options);
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined)[]> {
    options?.signal?.throwIfAborted();
    const found: (Uint8Array | undefined)[] = [];
    for (const some of chunksOf(keys, () => 0)) found.push(...(await this.#read(some, options)));
    return found;
  }

  async putMany(entries: readonly PutEntry[], options?: OperationOptions): Promise<void> {
    const { signal, report } = options ?? {};
    signal?.throwIfAborted();
    // Of entries under one key the last counts.
    const last = [...new Map(entries.map((entry) => [entry.key, entry])).values()];
    const encode = (entry: PutEntry) => this.#encode(entry);
    const requests = chunksOf(last, ({ value }) => value.byteLength).map((some) => some.map(encode));
    for (const points of requests) {
      await this.#send(signal, (api, init, collection_name) =>
        api.upsertPoints({ collection_name, points, wait: true }, init),
      );
    }
    this.#expired.sweepIfDue(report);
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    for (const some of chunksOf(keys, () => 0)) {
      const points = some.map(pointId);
      await this.#send(options?.signal, (api, init, collection_name) =>
        api.deletePoints({ collection_name, points, wait: true }, init),
      );
    }
  }

  async nearest(
    scope: string,
    vector: Float32Array,
    options: OperationOptions & { readonly limit: number; readonly minScore?: number | undefined },
  ): Promise<NearestEntry[]> {
    const { limit, minScore = -1, signal } = options;
    signal?.throwIfAborted();
    const { search, quantization } = this.#settings;
    const request = {
      query: Array.from(unitVector(vector, this.dimensions)),
      using: vectorName,
      filter: {
        must: [
          { key: "scope", match: { value: scope } },
          { key: "exp", range: { gte: Date.now() } },
        ],
      },
      limit,
      with_payload: entryFields,
      params: searchParams(search, quantization),
      ...(minScore > -1 && { score_threshold: minScore }),
    };
    const { points } = await this.#send(signal, (api, init, collection_name) =>
      api.queryPoints({ collection_name, ...request }, init),
    );
    return points
      .map(({ score, payload }) => {
        const key = String(payload?.["key"]);
        return { key, score: Math.max(-1, Math.min(1, score)), value: decodeValue(key, payload) };
      })
      .toSorted((left, right) => right.score - left.score || (left.key < right.key ? -1 : 1));
  }

  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<string> {
    const { signal } = options ?? {};
    signal?.throwIfAborted();
    const from = listedFrom(prefix);
    const filter = from === undefined ? {} : { filter: { must: [{ key: "prefixes", match: { value: from } }] } };
    let offset: Schemas["ExtendedPointId"] | undefined;
    do {
      const page: Schemas["ScrollResult"] = await this.#send(signal, (api, init, collection_name) =>
        api.scrollPoints(
          { collection_name, ...filter, limit: 1_000, with_payload: ["key"], ...(offset !== undefined && { offset }) },
          init,
        ),
      );
      for (const { payload } of page.points) {
        const key = payload?.["key"];
        if (typeof key !== "string" || !key.startsWith(prefix)) continue;
        signal?.throwIfAborted();
        yield key;
      }
      offset = (page.next_page_offset ?? undefined) as Schemas["ExtendedPointId"] | undefined;
    } while (offset !== undefined);
  }

  /** Looks at the collection, and makes it where it is missing: so that a program hears at its start what is wrong. */
  async ping(options?: OperationOptions): Promise<void> {
    await this.#send(options?.signal, (api, init, collection_name) => api.getCollection({ collection_name }, init));
  }

  /** Resolves when nothing is under way behind a caller. The client keeps no connection longer than ten seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#expired.idle();
  }

  #encode({ key, value, options }: PutEntry): Schemas["PointStruct"] {
    if (value.byteLength > this.maxValueBytes)
      throw new RangeError(`${this.name} takes values of up to ${this.maxValueBytes} bytes, got ${value.byteLength}`);
    return encodePoint(key, value, options, this.dimensions);
  }

  async #read(keys: readonly string[], options: OperationOptions | undefined): Promise<(Uint8Array | undefined)[]> {
    const ids = keys.map(pointId);
    const records = await this.#send(options?.signal, (api, init, collection_name) =>
      api.getPoints({ collection_name, ids, with_payload: entryFields, with_vector: false }, init),
    );
    const payloads = new Map(records.map(({ id, payload }) => [String(id), payload]));
    return keys.map((key, index) => {
      const payload = payloads.get(ids[index] ?? "");
      return payload ? decodeValue(key, payload) : undefined;
    });
  }

  async #send<Result>(
    signal: AbortSignal | undefined,
    request: (
      api: ReturnType<QdrantClient["api"]>,
      init: { readonly signal: AbortSignal },
      collection: string,
    ) => Promise<{ readonly data: { readonly result?: Result } }>,
  ): Promise<Result> {
    return this.#collection.use(signal, (collection) =>
      this.#requests.send(signal, (api, init) => request(api, init, collection)),
    );
  }
}

/** What goes into one request, and the next one. */
function chunksOf<Item>(items: readonly Item[], bytesOf: (item: Item) => number): Item[][] {
  const chunks: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const last = chunks.at(-1);
    bytes += bytesOf(item);
    if (last !== undefined && last.length < mostPoints && bytes <= mostBytes) last.push(item);
    else {
      chunks.push([item]);
      bytes = bytesOf(item);
    }
  }
  return chunks;
}
