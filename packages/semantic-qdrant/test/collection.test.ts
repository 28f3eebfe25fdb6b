import { sharedServer, startQdrant, startTestProcess, startTimeout } from "@llmcache/test-servers";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Task } from "./processes/begin.ts";
import { connect, rejectionOf } from "./support/connect.ts";

const qdrant = sharedServer(() => startQdrant());
beforeAll(qdrant.start, startTimeout);
afterAll(qdrant.stop);

const scope = "a".repeat(64);
const vector = Float32Array.of(1, 0, 0, 0);

describe("the collection", () => {
  test("is named for the embedder, its dimensions and the version of the schema", async (context) => {
    const { url } = qdrant.orSkip(context);
    const backend = await connect({ url, embedder: "BAAI/bge-m3", dimensions: 1024, prefix: "answers" });
    expect(backend.collection).toBe("answers-BAAI_2f_bge-m3-1024-v1");
  });

  test("keeps the vectors of each scope in an index of their own, and has what a search filters by indexed", async (context) => {
    const { url } = qdrant.orSkip(context);
    const backend = await connect({ url });
    await backend.ping();
    const { config, payload_schema } = await backend.client.getCollection(backend.collection);
    expect(config.hnsw_config).toMatchObject({ m: 0, payload_m: 16 });
    expect(config.quantization_config).toMatchObject({ scalar: { type: "int8" } });
    expect(payload_schema["scope"]?.params).toMatchObject({ type: "keyword", is_tenant: true });
    expect(payload_schema["exp"]?.data_type).toBe("integer");
  });

  test.for([
    ["of another length", { prompt: { size: 5, distance: "Cosine" } }],
    ["compared otherwise", { prompt: { size: 4, distance: "Dot" } }],
    ["without the name of ours", { size: 4, distance: "Cosine" }],
  ] as const)("is refused, and left as it is, when it has vectors %s", async ([, vectors], context) => {
    const { url } = qdrant.orSkip(context);
    const backend = await connect({ url });
    await backend.client.createCollection(backend.collection, { vectors });
    const { message } = await rejectionOf(backend.ping());
    expect(message).toContain(`The collection ${backend.collection} in Qdrant has`);
    expect(message).toContain("`prefix`");
    await expect(backend.put("a/b", Uint8Array.of(1))).rejects.toThrow("prefix");
    expect((await backend.client.getCollection(backend.collection)).config.params.vectors).toMatchObject(vectors);
  });

  test("gets the indexes that whoever made it did not come to make", async (context) => {
    const { url } = qdrant.orSkip(context);
    const backend = await connect({ url });
    await backend.client.createCollection(backend.collection, { vectors: { prompt: { size: 4, distance: "Cosine" } } });
    await backend.ping();
    const { payload_schema } = await backend.client.getCollection(backend.collection);
    expect(Object.keys(payload_schema).toSorted()).toEqual(["exp", "prefixes", "scope"]);
  });

  test("is made again when somebody has removed it", async (context) => {
    const { url } = qdrant.orSkip(context);
    const backend = await connect({ url });
    await backend.put("a/b", Uint8Array.of(1));
    await backend.client.deleteCollection(backend.collection);
    expect(await backend.get("a/b")).toBeUndefined();
    await backend.client.deleteCollection(backend.collection);
    await backend.put("a/b", Uint8Array.of(2), { embedding: { scope, vector } });
    expect(await backend.nearest(scope, vector, { limit: 1 })).toMatchObject([{ key: "a/b" }]);
  });

  test("of another embedder, length or version is another one", async (context) => {
    const { url } = qdrant.orSkip(context);
    const embedder = crypto.randomUUID();
    const [one, other] = [await connect({ url, embedder }), await connect({ url, embedder: `${embedder}-2` })];
    const longer = await connect({ url, embedder, dimensions: 5 });
    const newer = one.collection.replace(/v1$/, "v2");
    await one.client.createCollection(newer, { vectors: { size: 3, distance: "Dot" } });
    await one.put("a/b", Uint8Array.of(1), { embedding: { scope, vector } });
    expect(await other.get("a/b")).toBeUndefined();
    expect(await other.nearest(scope, vector, { limit: 1 })).toEqual([]);
    expect(await longer.nearest(scope, Float32Array.of(1, 0, 0, 0, 0), { limit: 1 })).toEqual([]);
    expect((await one.client.getCollection(newer)).points_count).toBe(0);
  });

  test("is one for eight processes that begin at the same time", { timeout: 60_000 }, async (context) => {
    const task: Task = { url: qdrant.orSkip(context).url, embedder: crypto.randomUUID(), scope };
    const program = join(import.meta.dirname, "processes/begin.ts");
    const processes = await Promise.all(Array.from({ length: 8 }, () => startTestProcess(program, context)));
    const outcomes = await Promise.all(processes.map(({ ask }) => ask<string>(task)));
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => "written"));
    const backend = await connect({ url: task.url, embedder: task.embedder });
    expect(await backend.nearest(scope, vector, { limit: 10 })).toHaveLength(8);
  });
});
