import { serverOrSkip, sharedServer, startRedis, startTimeout } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";

const scope = "a".repeat(64);
const vector = Float32Array.of(1, 0, 0, 0);
const other = Float32Array.of(0, 1, 0, 0);
const embedding = { scope, vector };

const redis = sharedServer(() => startRedis({ version: "redis-8" }));
beforeAll(redis.start, startTimeout);
afterAll(redis.stop);

describe("vector sets", () => {
  const open = async (context: Parameters<typeof redis.orSkip>[0]) => {
    const backend = await connect({ url: redis.orSkip(context).url });
    const set = `${backend.space}#${scope}`;
    return { backend, set, size: async () => Number(await backend.client.call("VCARD", set)) };
  };

  test("are taken where there is no search engine, one for each scope", async (context) => {
    const { backend, set } = await open(context);
    await backend.put("a/b", Uint8Array.of(1), { embedding });
    await backend.put("a/c", Uint8Array.of(1), { embedding: { scope: "another scope", vector } });
    expect(await backend.engine()).toBe("vector-sets");
    const names = (await backend.client.keys(`${backend.space}#*`)).toSorted();
    expect(names).toEqual([set, `${backend.space}#x${Buffer.from("another scope").toString("hex")}`].toSorted());
  });

  test("lose an element when its entry is deleted, cleared, or written again elsewhere", async (context) => {
    const { backend, size } = await open(context);
    for (const key of ["a/1", "a/2", "a/3", "a/4"]) await backend.put(key, Uint8Array.of(1), { embedding });
    expect(await size()).toBe(4);
    await backend.delete("a/1");
    await backend.deleteMany(["a/2", "a/none"]);
    await backend.put("a/3", Uint8Array.of(1), { embedding: { scope, vector: other } });
    await backend.put("a/4", Uint8Array.of(1));
    expect(await size()).toBe(1);
    for await (const key of backend.list("a/")) await backend.delete(key);
    expect(await size()).toBe(0);
  });

  test("lose what was left over when it is met, unless its entry may be on its way", async (context) => {
    const { backend, set, size } = await open(context);
    await backend.put("a/here", Uint8Array.of(1), { embedding });
    const bytes = Buffer.from(vector.buffer);
    const add = (element: string, at: number) =>
      backend.client.call(
        "VADD",
        set,
        "FP32",
        bytes,
        element,
        "NOQUANT",
        "SETATTR",
        JSON.stringify({ exp: 8.64e15, at }),
      );
    for (let index = 0; index < 50; index++) await add(`a/gone-${index}#0123456789abcdef`, Date.now() - 120_000);
    await add("a/coming#0123456789abcdef", Date.now());
    expect(await backend.nearest(scope, vector, { limit: 1 })).toMatchObject([{ key: "a/here" }]);
    await expect
      .poll(
        async () => {
          await backend.nearest(scope, vector, { limit: 5 });
          return size();
        },
        { timeout: 20_000 },
      )
      .toBe(2);
  });

  test("never give the entry of a key by a vector that it no longer has", async (context) => {
    const { backend, set } = await open(context);
    await backend.put("a/b", Uint8Array.of(1), { embedding: { scope, vector: other } });
    const stale = [
      "VADD",
      set,
      "FP32",
      Buffer.from(vector.buffer),
      "a/b#0123456789abcdef",
      "NOQUANT",
      "SETATTR",
    ] as const;
    await backend.client.call(...stale, JSON.stringify({ exp: 8.64e15, at: Date.now() }));
    expect(await backend.nearest(scope, vector, { limit: 3 })).toMatchObject([
      { key: "a/b", score: expect.closeTo(0, 3) },
    ]);
  });

  test("live as long as the last of their elements", async (context) => {
    const { backend, set } = await open(context);
    const ttl = async () => (await backend.client.pttl(set)) / 1000;
    await backend.put("a/1", Uint8Array.of(1), { embedding, expiresAt: Date.now() + 600_000 });
    expect(await ttl()).toBeGreaterThan(590);
    await backend.put("a/2", Uint8Array.of(1), { embedding, expiresAt: Date.now() + 60_000 });
    expect(await ttl()).toBeGreaterThan(590);
    await backend.put("a/3", Uint8Array.of(1), { embedding });
    expect(await backend.client.pttl(set)).toBe(-1);
    await backend.put("a/4", Uint8Array.of(1), { embedding, expiresAt: Date.now() + 60_000 });
    expect(await backend.client.pttl(set)).toBe(-1);
  });
});

describe("the choice of what finds by meaning", () => {
  test("is an error that says what is needed on a server that has neither", async (context) => {
    const { url } = await serverOrSkip(context, () => startRedis({ version: "redis-7", own: true }));
    await expect((await connect({ url })).ping()).rejects.toThrow(
      "needs a search engine (Redis 8, Redis Stack, Valkey Search) or vector sets",
    );
  });

  test("is up to the option, and need not be asked for then", async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ version: "redis-8", search: true }));
    await server.command("ACL", "SETUSER", "cache", "on", ">secret", "~llmcache-semantic:*", "+@all", "-command");
    const options = { host: server.host, port: server.port, username: "cache", password: "secret" };
    await expect((await connect(options)).ping()).rejects.toThrow("give `engine`");
    for (const engine of ["search", "vector-sets"] as const) {
      const backend = await connect({ ...options, engine });
      await backend.put("a/b", Uint8Array.of(1), { embedding });
      expect(await backend.nearest(scope, vector, { limit: 1 })).toHaveLength(1);
    }
  });
});
