import { CacheBackedEmbeddings } from "@langchain/classic/embeddings/cache_backed";
import { OpenAIEmbeddings } from "@langchain/openai";
import { Cache, memory } from "@llmcache/core";
import { expect, test } from "vitest";
import { CachedEmbeddings, CacheStore } from "../src/index.ts";
import { joined, start } from "./start.ts";

const modelName = "text-embedding-3-small";

async function startEmbeddings() {
  const bench = await start();
  const fields = { model: modelName, apiKey: "k", maxRetries: 0, configuration: { baseURL: bench.local.url } };
  return { ...bench, embeddings: new OpenAIEmbeddings(fields) };
}

test("CacheBackedEmbeddings keeps its vectors in a cache, and asks only for what is not there", async () => {
  const { embeddings, local, cache } = await startEmbeddings();
  const backed = CacheBackedEmbeddings.fromBytesStore(embeddings, new CacheStore(cache, { model: modelName }));
  const first = await backed.embedDocuments(["a", "b"]);
  await cache.flush();
  const second = await backed.embedDocuments(["c", "b", "a"]);
  expect([second[2], second[1]]).toEqual(first);
  expect(second).toEqual(await embeddings.embedDocuments(["c", "b", "a"]));
  expect(local.calls.embeddingInputs).toBe(6);
});

test("a store's keys may be any text, and belong to its model and tenant", async () => {
  const cache = new Cache({ backend: memory() });
  const store = new CacheStore(cache, { model: "m" });
  const keys = ["", "a/b", "../..", "é\n\u0000", "x".repeat(10_000), "__proto__"];
  await store.mset(keys.map((key, index) => [key, Uint8Array.of(index)]));
  await cache.flush();
  expect(await store.mget([...keys, "none"])).toEqual([...keys.map((_, index) => Uint8Array.of(index)), undefined]);
  for (const other of [new CacheStore(cache, { model: "n" }), new CacheStore(cache.scoped("t"), { model: "m" })])
    expect(await other.mget(keys)).toEqual(keys.map(() => undefined));
  await store.mdelete(["a/b"]);
  expect(await store.mget(["a/b", ""])).toEqual([undefined, Uint8Array.of(0)]);
});

test("a store that cannot list its keys says so", async () => {
  const store = new CacheStore(new Cache({ backend: memory() }), { model: "m" });
  await expect(store.yieldKeys().next()).rejects.toMatchObject({ code: "UNSUPPORTED" });
});

test("CachedEmbeddings asks only for what is not stored, in one request, and caches queries apart from documents", async () => {
  const { embeddings, local, cache } = await startEmbeddings();
  const cached = new CachedEmbeddings(embeddings, cache, { model: modelName });
  const first = await cached.embedDocuments(["a", "b"]);
  await cache.flush();
  const second = await cached.embedDocuments(["c", "b", "a", "c"]);
  expect([second[2], second[1]]).toEqual(first);
  expect(second[0]).toEqual(second[3]);
  expect(local.calls).toMatchObject({ embeddings: 2, embeddingInputs: 3 });
  const query = await cached.embedQuery("a");
  await cache.flush();
  expect(await cached.embedQuery("a")).toEqual(query);
  expect(local.calls.embeddings).toBe(3);
});

test("concurrent identical embeddings cost one call, and tenants and models keep theirs apart", async () => {
  const { embeddings, local, cache } = await startEmbeddings();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  local.update({ beforeEvent: () => held });
  const cached = new CachedEmbeddings(embeddings, cache, { model: modelName });
  const both = Promise.all([cached.embedDocuments(["a"]), cached.embedDocuments(["a"])]);
  await joined(cache, 1);
  release();
  const [one, two] = await both;
  expect(one).toEqual(two);
  expect(local.calls.embeddings).toBe(1);
  await new CachedEmbeddings(embeddings, cache, { model: "other" }).embedDocuments(["a"]);
  await new CachedEmbeddings(embeddings, cache.scoped("t"), { model: modelName }).embedDocuments(["a"]);
  expect(local.calls.embeddings).toBe(3);
});

test("embeddings of nothing ask for nothing, and options are checked", async () => {
  const { embeddings, local, cache } = await startEmbeddings();
  expect(await new CachedEmbeddings(embeddings, cache, { model: "m" }).embedDocuments([])).toEqual([]);
  expect(local.calls.embeddings).toBe(0);
  expect(() => new CachedEmbeddings(embeddings, cache, {} as never)).toThrow(/model is missing/);
  expect(() => new CacheStore(cache, {} as never)).toThrow(/model is missing/);
  expect(() => new CacheStore(cache, { model: 1 } as never)).toThrow(/model must be of type string, got a number/);
});
