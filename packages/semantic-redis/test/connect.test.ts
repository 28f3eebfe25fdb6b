import { connectSemanticRedis, RedisSemanticBackend } from "@llmcache/semantic-redis";
import { serverOrSkip, startFaultProxy, startRedis } from "@llmcache/test-servers";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect } from "./support/connect.ts";

const store = { embedder: "e", dimensions: 4, environment: {} };
const scope = "a".repeat(64);
const vector = Float32Array.of(1, 0, 0, 0);

describe("connectSemanticRedis", () => {
  test.for([
    [{ embedder: "" }, "embedder must be the name of the model"],
    [{ dimensions: 1.5 }, "dimensions must be a whole number above 0"],
    [{ engine: "module" }, 'engine must be "search" or "vector-sets"'],
    [{ search: "fast" }, 'search must be "exact" or "approximate"'],
    [{ prefix: 1 }, "prefix must be a string"],
    [{ nodeTimeout: "soon" }, "nodeTimeout must be seconds or a text"],
    [{ index: "x" }, 'unknown option "index"'],
    [{ url: "http://secret" }, "url must be a URL that begins with redis://"],
    [{ environment: { REDIS_PORT: "secret" } }, "REDIS_PORT must be"],
  ] as const)("refuses %j, naming what is wrong and never its value", async ([options, message]) => {
    const given = { ...store, ...options } as Parameters<typeof connectSemanticRedis>[0];
    await expect(connectSemanticRedis(given)).rejects.toThrow(message);
    await expect(connectSemanticRedis(given)).rejects.not.toThrow("secret");
  });

  test("takes the environment that connectRedis takes", async (context) => {
    const { host, port } = await serverOrSkip(context, () =>
      startRedis({ version: "redis-8", password: "secret", own: true }),
    );
    const environment = { REDIS_HOST: host, REDIS_PORT: `${port}`, REDIS_PASSWORD: "secret" };
    await (await connect({ environment })).ping();
  });

  test("refuses a client with a prefix of its own", async () => {
    const { Redis } = await import("ioredis");
    const client = new Redis({ lazyConnect: true, keyPrefix: "p:" });
    expect(() => new RedisSemanticBackend({ client, embedder: "e", dimensions: 4 })).toThrow("keyPrefix");
  });
});

describe("a user with no more rights than the README gives", () => {
  const linesOf = (path: string) =>
    readFileSync(join(import.meta.dirname, path, "README.md"), "utf8").match(/(?<=^ACL SETUSER cache ).*$/gm) ?? [];
  const [general = "", ours = "", search = "", vectorSets = ""] = [...linesOf("../../redis"), ...linesOf("..")];

  test.for(["search", "vector-sets"] as const)("needs no others, with the engine %s", async (engine, context) => {
    const server = await serverOrSkip(context, () =>
      startRedis({ version: "redis-8", search: engine === "search", own: true }),
    );
    const rights = [general, ours, engine === "search" ? search : vectorSets].join(" ").split(" ");
    await server.command("ACL", "SETUSER", "cache", ...rights);
    const backend = await connect({ host: server.host, port: server.port, username: "cache", password: "secret" });
    expect(await backend.engine()).toBe(engine);
    const embedding = { scope, vector };
    for (const expiresAt of [Infinity, Date.now() + 60_000]) {
      await backend.put("a/b", Uint8Array.of(1), { embedding, expiresAt });
    }
    expect(await backend.nearest(scope, vector, { limit: 1 })).toMatchObject([{ key: "a/b" }]);
    expect(await backend.swap("a/b", Uint8Array.of(1), Uint8Array.of(2), { embedding })).toBe(true);
    expect(await backend.getMany(["a/b", "a/c"])).toEqual([Uint8Array.of(2), undefined]);
    expect(await Array.fromAsync(backend.list("a/"))).toEqual(["a/b"]);
    await backend.delete("a/b");
    await backend.ping();
  });
});

describe("a Redis that does not answer", () => {
  test("costs the command time-out, is left at once by a caller who goes away, and is used again", async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ version: "redis-8", own: true }));
    const proxy = await startFaultProxy(server);
    onTestFinished(() => proxy.stop());
    const backend = await connect({
      host: proxy.host,
      port: proxy.port,
      commandTimeout: "500ms",
      connectTimeout: "300ms",
    });
    await backend.put("a/b", Uint8Array.of(1), { embedding: { scope, vector } });
    await proxy.set("stall");
    const startedAt = performance.now();
    await expect(backend.nearest(scope, vector, { limit: 1 })).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    const reason = new Error("the caller went away");
    await expect(backend.nearest(scope, vector, { limit: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await proxy.set("pass");
    await expect
      .poll(() => backend.nearest(scope, vector, { limit: 1 }).catch(() => []), { timeout: 20_000 })
      .toHaveLength(1);
  });
});
