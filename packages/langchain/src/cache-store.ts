import { BaseStore } from "@langchain/core/stores";
import { type Cache, type CacheControls, type Call, LlmCacheError } from "@llmcache/core";
import { checkOptions } from "./check-options.ts";

export interface CacheStoreOptions {
  /** What makes the values: another model is another set of keys. */
  readonly model: string;
  /** The controls of every access. @default {} */
  readonly controls?: CacheControls | undefined;
}

/**
 * A store of bytes over a cache, for `CacheBackedEmbeddings.fromBytesStore(embeddings, new CacheStore(cache, { model }))`. What the cache's
 * store does wrong is an event, and a value that is missing. Keys may be any text: they are hashed.
 *
 * @throws {TypeError} for an option that is missing, unknown or of a wrong type, naming it
 */
export class CacheStore extends BaseStore<string, Uint8Array> {
  override lc_namespace: string[] = ["llmcache", "stores"];
  readonly #cache: Cache;
  readonly #model: string;
  readonly #controls: CacheControls;

  constructor(cache: Cache, options: CacheStoreOptions) {
    super();
    checkOptions("CacheStore", cache, options, { model: "string", controls: "object" });
    if (options.model === undefined) throw new TypeError("CacheStore: model is missing");
    this.#cache = cache;
    this.#model = options.model;
    this.#controls = options.controls ?? {};
  }

  /** The values in the order of the keys; `undefined` for what is missing. */
  override async mget(keys: string[]): Promise<(Uint8Array | undefined)[]> {
    const accepts = (value: unknown) => value instanceof Uint8Array;
    const found = keys.map((key) => this.#cache.get<Uint8Array>(this.#callOf(key), { ...this.#controls, accepts }));
    return (await Promise.all(found)).map((outcome) => outcome?.value);
  }

  override async mset(keyValuePairs: [string, Uint8Array][]): Promise<void> {
    await Promise.all(keyValuePairs.map(([key, value]) => this.#cache.put(this.#callOf(key), value, this.#controls)));
  }

  /** @throws {LlmCacheError} when the cache's store fails */
  override async mdelete(keys: string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.#cache.delete(this.#callOf(key), this.#controls)));
  }

  /** @throws {LlmCacheError} `UNSUPPORTED`: a cache keeps digests of keys. `CacheBackedEmbeddings` does not ask for them. */
  // oxlint-disable-next-line require-yield -- there is nothing to yield
  override async *yieldKeys(): AsyncGenerator<string> {
    throw new LlmCacheError("UNSUPPORTED", "a CacheStore cannot list its keys: it keeps their digests");
  }

  #callOf(key: string): Call {
    return { operation: "embedding", params: { langchain: "store", model: this.#model, key } };
  }
}
