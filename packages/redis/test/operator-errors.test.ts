import { Cache, type CacheEvent } from "@llmcache/core";
import { serverOrSkip, startRedis } from "@llmcache/test-servers";
import { expect, test } from "vitest";
import type { ConnectRedisOptions } from "@llmcache/redis";
import { bytes, connect, rejectionOf } from "./support/connect.ts";

/** The errors that a cache tells of while it answers one call from the model. */
async function errorsOf(options: ConnectRedisOptions): Promise<string[]> {
  const errors: string[] = [];
  const cache = new Cache({
    backend: await connect(options),
    onEvent: (event: CacheEvent) => {
      if (event.type === "error") errors.push((event.error.cause as Error).message);
    },
  });
  const outcome = await cache.run({ operation: "chat", params: { question: "?" } }, () => "from the model");
  expect(outcome.value).toBe("from the model");
  await cache[Symbol.asyncDispose]();
  return errors;
}

test(
  "a full Redis: one event that says to raise maxmemory, or to let it evict",
  { timeout: 60_000 },
  async (context) => {
    const parameters = ["--maxmemory", "1", "--maxmemory-policy", "noeviction"];
    const { url } = await serverOrSkip(context, () => startRedis({ parameters }));
    expect(await errorsOf({ url })).toEqual([
      expect.stringMatching(/Redis is full: raise its maxmemory.*allkeys-lru.*OOM/),
    ]);
  },
);

test(
  "a read-only replica: one event that says to use its primary; reads go on",
  { timeout: 60_000 },
  async (context) => {
    const primary = await serverOrSkip(context, () => startRedis({ parameters: ["--repl-diskless-sync-delay", "0"] }));
    const replica = await serverOrSkip(context, () =>
      startRedis({ parameters: ["--replicaof", primary.host, `${primary.port}`] }),
    );
    await expect
      .poll(() => replica.command("INFO", "replication"), { timeout: 20_000 })
      .toMatch(/master_link_status:up/);
    expect(await errorsOf({ url: replica.url })).toEqual([
      expect.stringMatching(/read-only replica: connect to its primary/),
    ]);
    await (await connect({ url: primary.url })).put("k", bytes("x"));
    const backend = await connect({ url: replica.url });
    await expect.poll(() => backend.get("k"), { timeout: 20_000 }).toEqual(bytes("x"));
  },
);

test("a wrong password: events that say so, and never show it", { timeout: 60_000 }, async (context) => {
  const { host, port } = await serverOrSkip(context, () => startRedis({ password: "right" }));
  for (const options of [{ password: "wr0ng" }, {}]) {
    const errors = await errorsOf({ host, port, ...options });
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect(error).toMatch(/Redis refuses the user name or password/);
      expect(error).not.toContain("wr0ng");
    }
  }
});

test(
  "a user without permission: an event that says which, and where they are listed",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ own: true }));
    await server.command("ACL", "SETUSER", "reader", "on", ">pass", "~llmcache:*", "+get", "+mget", "+info");
    expect(await errorsOf({ host: server.host, port: server.port, username: "reader", password: "pass" })).toEqual([
      expect.stringMatching(/lacks a permission in Redis: give it those that the README.*'set'/),
    ]);
  },
);

test("a Redis that cannot save to its disk: one event that says so", { timeout: 60_000 }, async (context) => {
  // Nobody can create a file there.
  const parameters = ["--save", "3600 1000000", "--dir", "/proc"];
  const server = await serverOrSkip(context, () => startRedis({ parameters }));
  await server.command("BGSAVE");
  await expect
    .poll(() => server.command("INFO", "persistence"), { timeout: 20_000 })
    .toMatch(/rdb_last_bgsave_status:err/);
  expect(await errorsOf({ url: server.url })).toEqual([expect.stringMatching(/cannot save to its disk/)]);
});

test(
  "a command that the provider has taken away: an error without the arguments",
  { timeout: 60_000 },
  async (context) => {
    const parameters = ["--rename-command", "EVALSHA", ""];
    const { url } = await serverOrSkip(context, () => startRedis({ parameters }));
    const backend = await connect({ url });
    const error = await rejectionOf(backend.swap("k", undefined, bytes("what the model said")));
    expect(error.message).toMatch(/unknown command/);
    expect(error.message).not.toMatch(/model said|llmcache:k/);
  },
);

test("nothing that listens, a name that nobody knows, a socket that is not there", async () => {
  const refused: readonly (readonly [ConnectRedisOptions, RegExp])[] = [
    [{ host: "127.0.0.1", port: 1 }, /Nothing listens at the address of Redis/],
    [{ host: "no-such-host.invalid" }, /host name of Redis is not known/],
    [{ path: "/nowhere/redis.sock" }, /unix socket of Redis cannot be opened/],
    [{ cluster: [{ host: "127.0.0.1", port: 1 }] }, /Nothing listens at the address of Redis/],
    [{ sentinel: { nodes: [{ host: "127.0.0.1", port: 1 }], name: "mymaster" } }, /sentinels are unreachable/],
  ];
  for (const [options, message] of refused) {
    expect((await rejectionOf((await connect(options)).get("k"))).message).toMatch(message);
  }
});
