import type { NearestEntry } from "@llmcache/core";
import { allTried, ownBytes } from "@llmcache/redis/commands";
import { randomUUID } from "node:crypto";
import { type EntryRecord, float32Bytes } from "./record.ts";
import type { RedisSemanticSettings } from "./redis-semantic-options.ts";
import {
  type FoundDocument,
  type IndexInfo,
  isMissingIndex,
  parseIndexInfo,
  parseSearchReply,
} from "./search-reply.ts";
import type { VectorIndex } from "./vector-index.ts";

/** How many candidates the walk through the graph keeps. With the server's own 10 it would miss some of the ten nearest. */
const candidates = 256;

/** An index of a search engine over the hashes of the entries: a graph, which is filtered by scope and expiry while it is walked. */
export class SearchIndex implements VectorIndex {
  readonly #settings: RedisSemanticSettings;

  constructor(settings: RedisSemanticSettings) {
    this.#settings = settings;
  }

  async prepare(): Promise<void> {
    const { client, space, dimensions } = this.#settings;
    let info = await this.#info();
    if (info === undefined) {
      const vector = [
        "TYPE",
        "FLOAT32",
        "DIM",
        dimensions,
        "DISTANCE_METRIC",
        "COSINE",
        "M",
        16,
        "EF_CONSTRUCTION",
        200,
      ];
      const schema = ["scope", "TAG", "exp", "NUMERIC", "vector", "VECTOR", "HNSW", vector.length, ...vector];
      try {
        await client.call("FT.CREATE", space, "ON", "HASH", "PREFIX", 1, this.#keyPrefix, "SCHEMA", ...schema);
      } catch (error) {
        // Another process was first.
        if (!(error instanceof Error && /already exists/i.test(error.message))) throw error;
      }
      info = await this.#info();
    }
    await this.#verify(info);
  }

  fieldsOf({ placement }: EntryRecord): EntryRecord["fields"] {
    if (placement === undefined) return [];
    return [
      ["scope", placement.scope],
      ["vector", float32Bytes(placement.vector)],
    ];
  }

  /** The search engine sees by itself what is written. */
  async follow(): Promise<void> {}

  async remove(keys: readonly string[]): Promise<void> {
    await allTried(keys.map((key) => this.#settings.client.unlink(key)));
  }

  async nearest(scope: string, vector: Float32Array, limit: number): Promise<NearestEntry[]> {
    const { search } = this.#settings;
    const policy = search === "exact" ? "HYBRID_POLICY ADHOC_BF" : `EF_RUNTIME ${Math.max(candidates, limit)}`;
    const filter = `(@scope:{${scope}} @exp:[${Date.now()} +inf])`;
    const documents = await this.#find(filter, `KNN ${limit} @vector $q ${policy} AS distance`, vector, limit);
    return documents.flatMap(({ key, fields }) => {
      const value = ownBytes(fields.get("value"));
      const distance = fields.get("distance");
      return value === undefined || distance === undefined ? [] : [{ key, value, score: 1 - Number(distance) }];
    });
  }

  get #keyPrefix(): string {
    return `${this.#settings.space}:`;
  }

  async #find(filter: string, knn: string, vector: Float32Array, limit: number): Promise<FoundDocument[]> {
    const { client, space } = this.#settings;
    const reply = await client.callBuffer(
      ...["FT.SEARCH", space, `${filter}=>[${knn}]`, "PARAMS", 2, "q"],
      float32Bytes(vector),
      // Never the vector, which is longer than most answers.
      ...["RETURN", 2, "distance", "value", "LIMIT", 0, limit, "DIALECT", 2],
    );
    return parseSearchReply(reply);
  }

  async #info(): Promise<IndexInfo | undefined> {
    const { client, space } = this.#settings;
    try {
      return parseIndexInfo(await client.call("FT.INFO", space));
    } catch (error) {
      if (isMissingIndex(error)) return undefined;
      throw error;
    }
  }

  /** @throws {Error} for an index of this name that is not ours, or not for vectors like ours */
  async #verify(info: IndexInfo | undefined): Promise<void> {
    const { space, dimensions } = this.#settings;
    if (info === undefined) throw new Error(`Redis lost the index ${space} as soon as it was made`);
    const wrong = [...wrongAbout(info, this.#keyPrefix)];
    if (wrong.length === 0) wrong.push(...wrongAboutVectors(await this.#vectorsOf(info), dimensions));
    if (wrong.length === 0) return;
    throw new Error(
      `The index ${space} in Redis ${wrong.join(" and ")}: give the backend another \`prefix\`, or drop that index (FT.DROPINDEX)`,
    );
  }

  /** What RediSearch 2.6 does not tell is found out by a vector that it is shown for a moment, and its opposite. */
  async #vectorsOf(info: IndexInfo): Promise<Pick<IndexInfo, "dimensions" | "metric" | "dataType">> {
    const { client, dimensions } = this.#settings;
    if (info.dimensions !== undefined && info.metric !== undefined) return info;
    const name = randomUUID().replaceAll("-", "");
    const key = `${this.#keyPrefix}_probe/${name}`;
    const vector = new Float32Array(dimensions);
    vector[0] = 1;
    await client.hset(key, { scope: name, exp: Number.MAX_SAFE_INTEGER, vector: float32Bytes(vector), value: "" });
    try {
      // If the next command does not come to it.
      await client.pexpire(key, 10_000);
      vector[0] = -1;
      const [found] = await this.#find(`@scope:{${name}}`, "KNN 1 @vector $q AS distance", vector, 1);
      // It leaves out vectors of another length.
      if (found === undefined) return { dimensions: undefined, metric: "COSINE", dataType: undefined };
      const isCosine = Math.abs(Number(found.fields.get("distance")) - 2) < 1e-3;
      return { dimensions, metric: isCosine ? "COSINE" : undefined, dataType: undefined };
    } finally {
      await client.unlink(key);
    }
  }
}

function wrongAbout({ keyType, prefixes, fields }: IndexInfo, keyPrefix: string): string[] {
  const wrong: string[] = [];
  if (keyType !== "HASH") wrong.push("is not of hashes");
  if (prefixes.join() !== keyPrefix) wrong.push(`is of keys that begin otherwise than with ${keyPrefix}`);
  if ([...expectedFields].some(([field, type]) => fields.get(field) !== type))
    wrong.push("lacks a field scope, exp or vector");
  return wrong;
}

function wrongAboutVectors(found: Pick<IndexInfo, "dimensions" | "metric" | "dataType">, dimensions: number): string[] {
  const wrong: string[] = [];
  if (found.dimensions !== dimensions) wrong.push(`is not for vectors of ${dimensions} numbers`);
  if (found.metric !== "COSINE") wrong.push("does not compare by COSINE");
  if ((found.dataType ?? "FLOAT32") !== "FLOAT32") wrong.push("does not keep numbers as FLOAT32");
  return wrong;
}

const expectedFields: ReadonlyMap<string, string> = new Map([
  ["scope", "TAG"],
  ["exp", "NUMERIC"],
  ["vector", "VECTOR"],
]);
