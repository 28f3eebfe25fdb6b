import { untilAborted } from "@llmcache/core";
import type { Schemas } from "@qdrant/js-client-rest";
import { statusOf } from "./explain-error.ts";
import { vectorName } from "./point.ts";
import { quantizationConfig } from "./quantization.ts";
import type { QdrantSettings } from "./qdrant-options.ts";
import { Requests } from "./requests.ts";

/** How long Qdrant may take at least to make a collection or an index: it writes files. Whoever waits for it may give up sooner. */
const leastTimeoutMs = 30_000;

/** What a search filters by, and so must be indexed before there is anything to find. */
const payloadIndexes: readonly (readonly [field: string, schema: Schemas["PayloadFieldSchema"]])[] = [
  ["scope", { type: "keyword", is_tenant: true }],
  ["exp", { type: "integer", lookup: false, range: true }],
  ["prefixes", { type: "keyword" }],
];

/** The collection of a backend: made when it is first needed, and never taken for what it should be without a look at it. */
export class Collection {
  readonly #settings: QdrantSettings;
  readonly #requests: Requests;
  #ready: Promise<void> | undefined;

  constructor(settings: QdrantSettings) {
    this.#settings = settings;
    this.#requests = new Requests(settings.client, Math.max(settings.timeoutMs, leastTimeoutMs));
  }

  /**
   * Sends a request about the collection, once that is there. One that was removed since it was seen is made again.
   *
   * @throws {Error} for a collection of this name that is for other vectors
   */
  async use<Result>(signal: AbortSignal | undefined, request: (name: string) => Promise<Result>): Promise<Result> {
    await this.#whenReady(signal);
    try {
      return await request(this.#settings.collection);
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      this.#ready = undefined;
      await this.#whenReady(signal);
      return request(this.#settings.collection);
    }
  }

  /** All who wait share one attempt, which none of them can end. After one that failed the next operation tries again. */
  async #whenReady(signal: AbortSignal | undefined): Promise<void> {
    this.#ready ??= this.#prepare().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    await untilAborted(this.#ready, signal);
  }

  async #prepare(): Promise<void> {
    const held = (await this.#find()) ?? (await this.#create());
    this.#verify(held);
    for (const [field, schema] of payloadIndexes) {
      if (held.payload_schema[field] === undefined) await this.#createIndex(field, schema);
    }
  }

  async #find(): Promise<Schemas["CollectionInfo"] | undefined> {
    const { collection: collection_name } = this.#settings;
    try {
      return await this.#requests.send(undefined, (api, init) => api.getCollection({ collection_name }, init));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async #create(): Promise<Schemas["CollectionInfo"]> {
    const { collection: collection_name, dimensions, quantization } = this.#settings;
    const quantization_config = quantizationConfig(quantization);
    const parameters = {
      collection_name,
      vectors: { [vectorName]: { size: dimensions, distance: "Cosine" as const } },
      // No graph over all vectors, one for each scope: no search crosses scopes.
      hnsw_config: { m: 0, payload_m: 16 },
      ...(quantization_config !== undefined && { quantization_config }),
    };
    try {
      await this.#requests.send(undefined, (api, init) => api.createCollection(parameters, init));
    } catch (error) {
      // Another process was first.
      if (statusOf(error) !== 409) throw error;
    }
    const held = await this.#find();
    if (held === undefined) throw new Error(`Qdrant lost the collection ${collection_name} as soon as it was made`);
    return held;
  }

  async #createIndex(field_name: string, field_schema: Schemas["PayloadFieldSchema"]): Promise<void> {
    const { collection: collection_name } = this.#settings;
    const request = { collection_name, field_name, field_schema, wait: true };
    await this.#requests.send(undefined, (api, init) => api.createFieldIndex(request, init));
  }

  #verify({ config }: Schemas["CollectionInfo"]): void {
    const { collection, dimensions } = this.#settings;
    const { size, distance } = (config.params.vectors as Schemas["VectorsConfig"] & NamedVectors)?.[vectorName] ?? {};
    if (size === dimensions && distance === "Cosine") return;
    const found =
      size === undefined ? `no vector "${vectorName}"` : `vectors of ${size} numbers compared by ${distance}`;
    throw new Error(
      `The collection ${collection} in Qdrant has ${found}, and not vectors of ${dimensions} numbers compared by Cosine: give the backend another \`prefix\`, or delete that collection`,
    );
  }
}

type NamedVectors = Readonly<Record<string, { readonly size?: number; readonly distance?: string }>>;
