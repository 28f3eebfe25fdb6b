import { sharedServer, startRedis, startTestProcess, startTimeout } from "@llmcache/test-servers";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Task } from "./processes/begin.ts";
import { connect } from "./support/connect.ts";

const scope = "a".repeat(64);
const vector = Float32Array.of(1, 0, 0, 0);
const opposite = Float32Array.of(-1, 0, 0, 0);

describe.for(["redis-7", "redis-8"] as const)("the index on the search engine of %s", (version) => {
  const redis = sharedServer(() => startRedis({ version, search: true }));
  beforeAll(redis.start, startTimeout);
  afterAll(redis.stop);

  test("is named for the embedder, its dimensions and the version of the schema, and so are all keys", async (context) => {
    const { url } = redis.orSkip(context);
    const backend = await connect({ url, embedder: "BAAI/bge-m3", prefix: "answers:" });
    await backend.put("a/b", Uint8Array.of(1), { embedding: { scope, vector } });
    expect(backend.space).toBe("answers:BAAI_2f_bge-m3-4-v1");
    expect(await backend.client.keys("answers:*")).toEqual([`${backend.space}:a/b`]);
    expect(await backend.client.call("FT._LIST")).toContain(backend.space);
    expect(await backend.engine()).toBe("search");
  });

  const ours = ["scope", "TAG", "exp", "NUMERIC"];
  const vectorOf = (dimensions: number, metric: string) => [
    ...["vector", "VECTOR", "HNSW", "6", "TYPE", "FLOAT32", "DIM", `${dimensions}`, "DISTANCE_METRIC", metric],
  ];
  test.for([
    [
      "is for vectors of another length",
      undefined,
      [...ours, ...vectorOf(5, "COSINE")],
      "not for vectors of 4 numbers",
    ],
    ["compares otherwise", undefined, [...ours, ...vectorOf(4, "L2")], "does not compare by COSINE"],
    ["is of other keys", "other:", [...ours, ...vectorOf(4, "COSINE")], "keys that begin otherwise"],
    ["lacks a field", undefined, ["scope", "TAG", ...vectorOf(4, "COSINE")], "lacks a field"],
    [
      "has a field of another type",
      undefined,
      ["scope", "TEXT", "exp", "NUMERIC", ...vectorOf(4, "COSINE")],
      "lacks a field",
    ],
  ] as const)("is refused, and left as it is, when it %s", async ([, prefix, schema, message], context) => {
    const server = redis.orSkip(context);
    const backend = await connect({ url: server.url });
    const keys = prefix ?? `${backend.space}:`;
    await server.command("FT.CREATE", backend.space, "ON", "HASH", "PREFIX", "1", keys, "SCHEMA", ...schema);
    await expect(backend.ping()).rejects.toThrow(message);
    await expect(backend.put("a/b", Uint8Array.of(1), { embedding: { scope, vector } })).rejects.toThrow("`prefix`");
    expect(await backend.client.call("FT._LIST")).toContain(backend.space);
    expect(await backend.client.keys(`${backend.space}:*`)).toEqual([]);
  });

  test("of another embedder, length or version is another one", async (context) => {
    const { url, command } = redis.orSkip(context);
    const embedder = crypto.randomUUID();
    const [one, other] = [await connect({ url, embedder }), await connect({ url, embedder: `${embedder}-2` })];
    const longer = await connect({ url, embedder, dimensions: 5 });
    const newer = one.space.replace(/v1$/, "v2");
    await command("FT.CREATE", newer, "ON", "HASH", "PREFIX", "1", `${newer}:`, "SCHEMA", "else", "TEXT");
    await command("HSET", `${newer}:a/b`, "else", "theirs");
    await one.put("a/b", Uint8Array.of(1), { embedding: { scope, vector } });
    expect(await other.get("a/b")).toBeUndefined();
    expect(await other.nearest(scope, vector, { limit: 1 })).toEqual([]);
    expect(await longer.nearest(scope, Float32Array.of(1, 0, 0, 0, 0), { limit: 1 })).toEqual([]);
    for await (const key of one.list("")) await one.delete(key);
    expect(await one.client.hgetall(`${newer}:a/b`)).toEqual({ else: "theirs" });
    expect(await one.client.call("FT._LIST")).toContain(newer);
  });

  test("is made again when somebody has dropped it, over what is there", async (context) => {
    const backend = await connect({ url: redis.orSkip(context).url });
    await backend.put("a/b", Uint8Array.of(1), { embedding: { scope, vector } });
    await backend.client.call("FT.DROPINDEX", backend.space);
    // It is built behind whoever asks.
    await expect
      .poll(() => backend.nearest(scope, vector, { limit: 1 }), { timeout: 20_000 })
      .toMatchObject([{ key: "a/b" }]);
  });

  test("does not hold what Redis has expired", async (context) => {
    const backend = await connect({ url: redis.orSkip(context).url });
    await backend.put("a/b", Uint8Array.of(1), { embedding: { scope, vector }, expiresAt: Date.now() + 100 });
    const held = async () => String(await backend.client.call("FT.INFO", backend.space)).match(/num_docs,(\d+)/)?.[1];
    expect(Number(await held())).toBeLessThanOrEqual(1);
    await expect
      .poll(
        async () => {
          await backend.get("a/b");
          return held();
        },
        { timeout: 20_000 },
      )
      .toBe("0");
  });

  test("is one for eight processes that begin at the same time", { timeout: 60_000 }, async (context) => {
    const task: Task = { url: redis.orSkip(context).url, embedder: crypto.randomUUID(), scope };
    const program = join(import.meta.dirname, "processes/begin.ts");
    const processes = await Promise.all(Array.from({ length: 8 }, () => startTestProcess(program, context)));
    const outcomes = await Promise.all(processes.map(({ ask }) => ask<string>(task)));
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => "written"));
    const backend = await connect({ url: task.url, embedder: task.embedder });
    expect(await backend.nearest(scope, vector, { limit: 10 })).toHaveLength(8);
    expect(await Array.fromAsync(backend.list(""))).toHaveLength(8);
  });

  test("finds by either protocol, and by a client that is shared with a cache of its own", async (context) => {
    const { url } = redis.orSkip(context);
    const { Redis } = await import("ioredis");
    const { RedisSemanticBackend } = await import("@llmcache/semantic-redis");
    const { RedisBackend } = await import("@llmcache/redis");
    for (const protocol of [2, 3] as const) {
      const client = new Redis(url, { protocol });
      onTestFinished(() => client.disconnect());
      const plain = new RedisBackend({ client });
      const backend = new RedisSemanticBackend({ client, embedder: crypto.randomUUID(), dimensions: 4 });
      await plain.put("a/b", Uint8Array.of(9));
      await backend.put("a/b", Uint8Array.of(1), { embedding: { scope, vector } });
      await backend.put("a/c", Uint8Array.of(2), { embedding: { scope, vector: opposite } });
      const found = await backend.nearest(scope, vector, { limit: 5 });
      expect(found.map(({ key, score }) => [key, Math.round(score * 1e4) / 1e4])).toEqual([
        ["a/b", 1],
        ["a/c", -1],
      ]);
      expect(await plain.get("a/b")).toEqual(Uint8Array.of(9));
      await backend[Symbol.asyncDispose]();
      await plain.delete("a/b");
      expect(client.status).toBe("ready");
    }
  });
});
