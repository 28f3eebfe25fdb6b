import type { BusNotice } from "@llmcache/core";
import { type RedisCluster, serverOrSkip, sharedServer, startRedisCluster } from "@llmcache/test-servers";
import fc from "fast-check";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type RedisBackend, RedisBus } from "@llmcache/redis";
import { slotOf } from "../src/slot.ts";
import { bytes, connect, rejectionOf, text } from "./support/connect.ts";
import { areHits, startLoad } from "./support/load.ts";

const shared = sharedServer(() => startRedisCluster());
beforeAll(shared.start, 120_000);
afterAll(shared.stop);

const startNodes = ({ nodes }: RedisCluster) => nodes.map(({ host, port }) => ({ host, port }));

const keys = Array.from({ length: 300 }, (_, index) => `k/${index}`);

async function filled(cluster: RedisCluster): Promise<RedisBackend> {
  const backend = await connect({ cluster: startNodes(cluster) });
  await backend.putMany(keys.map((key) => ({ key, value: bytes(key) })));
  return backend;
}

/** The node that has a key. */
async function nodeOf(cluster: RedisCluster, key: string) {
  const slot = slotOf(`llmcache:${key}`);
  const ranges = (await cluster.nodes[1]?.command("CLUSTER", "SLOTS")) as readonly [
    number,
    number,
    readonly unknown[],
  ][];
  const range = ranges.find(([first, last]) => first <= slot && slot <= last);
  const node = cluster.nodes.find(({ port }) => port === range?.[2][1]);
  if (node === undefined) throw new Error(`no node has the slot ${slot}`);
  return node;
}

async function callsOf(cluster: RedisCluster, command: string): Promise<number> {
  const all = await Promise.all(cluster.nodes.map((node) => node.command("INFO", "commandstats")));
  const calls = all.map((one) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(String(one))?.[1] ?? 0));
  return calls.reduce((sum, one) => sum + one, 0);
}

test("a key's slot is the one that the server says", { timeout: 60_000 }, async (context) => {
  const [node] = shared.orSkip(context).nodes;
  const characters = fc.string({
    unit: fc.constantFrom("a", "b", "{", "}", "/", "é", "€"),
    minLength: 1,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(characters, async (key) => {
      expect(slotOf(key)).toBe(await node?.command("CLUSTER", "KEYSLOT", key));
    }),
    { numRuns: 200 },
  );
});

test("batches reach every node, and what is in one slot goes as one command", { timeout: 60_000 }, async (context) => {
  const cluster = shared.orSkip(context);
  const backend = await filled(cluster);
  expect((await backend.getMany(keys)).map((one) => text(one as Uint8Array))).toEqual(keys);
  expect((await Promise.all(keys.map((key) => backend.get(key)))).map(text)).toEqual(keys);
  expect((await Array.fromAsync(backend.list("k/"))).toSorted()).toEqual(keys.toSorted());

  const first = slotOf("llmcache:k/0");
  const second = Array.from({ length: 100_000 }, (_, index) => `k/${index + 1}`).find(
    (key) => slotOf(`llmcache:${key}`) === first,
  );
  await Promise.all(cluster.nodes.map((node) => node.command("CONFIG", "RESETSTAT")));
  await Promise.all([backend.get("k/0"), backend.get(second ?? "")]);
  expect([await callsOf(cluster, "mget"), await callsOf(cluster, "get")]).toEqual([1, 0]);

  await backend.deleteMany(keys);
  expect(await Array.fromAsync(backend.list(""))).toEqual([]);
});

test("a node that has stopped costs its own keys alone", { timeout: 60_000 }, async (context) => {
  const cluster = await serverOrSkip(context, () => startRedisCluster());
  const backend = await filled(cluster);
  const stopped = await nodeOf(cluster, "k/0");
  const owners = new Map(await Promise.all(keys.map(async (key) => [key, await nodeOf(cluster, key)] as const)));
  stopped.freeze();
  const startedAt = performance.now();
  const found = await backend.getMany(keys);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  for (const [index, key] of keys.entries()) {
    if (owners.get(key) === stopped) expect(found[index]).toBeInstanceOf(Error);
    else expect(text(found[index] as Uint8Array)).toBe(key);
  }
  const other = keys.find((key) => owners.get(key) !== stopped) ?? "";
  const alone = backend.get("k/0").catch(() => "failed");
  expect(text(await backend.get(other))).toBe(other);
  stopped.thaw();
  await alone;
});

test(
  "a primary that is killed under load: no exception, and hits come back by themselves",
  { timeout: 120_000 },
  async (context) => {
    const cluster = await serverOrSkip(context, () => startRedisCluster());
    const load = startLoad(await connect({ cluster: startNodes(cluster) }));
    await expect.poll(() => areHits(load.statuses()), { timeout: 30_000, interval: 500 }).toBe(true);
    await cluster.nodes[0]?.kill();
    await sleep(1_000);
    expect(load.statuses().length, "calls that were answered meanwhile").toBeGreaterThan(0);
    await expect.poll(() => areHits(load.statuses()), { timeout: 60_000, interval: 500 }).toBe(true);
    await load.stop();
  },
);

test(
  "what is in a slot is found while the slot moves to another node, and afterwards",
  { timeout: 120_000 },
  async (context) => {
    const cluster = await serverOrSkip(context, () => startRedisCluster());
    const prefix = "{moving}:";
    const backend = await connect({ cluster: startNodes(cluster), prefix });
    for (const key of ["a", "b"]) await backend.put(key, bytes(key));
    const masters = cluster.nodes.slice(0, 3);
    const slot = `${slotOf(prefix)}`;
    const counts = await Promise.all(masters.map((node) => node.command("CLUSTER", "COUNTKEYSINSLOT", slot)));
    const [source, target] = masters.toSorted(
      (one, other) => Number(counts[masters.indexOf(other)]) - Number(counts[masters.indexOf(one)]),
    );
    if (source === undefined || target === undefined) throw new Error("a Cluster has three masters");
    const [sourceId, targetId] = await Promise.all([source, target].map((node) => node.command("CLUSTER", "MYID")));
    await target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", String(sourceId));
    await source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", String(targetId));
    const move = (key: string) =>
      source.command("MIGRATE", target.host, `${target.port}`, `${prefix}${key}`, "0", "5000");
    await move("a");
    expect([text(await backend.get("a")), text(await backend.get("b"))], "one is here, one is there").toEqual([
      "a",
      "b",
    ]);
    const together = await backend.getMany(["a", "b"]).catch((error: unknown) => [error, error]);
    for (const one of together) expect(one, "a failure is no miss").not.toBeUndefined();
    expect(await backend.swap("a", bytes("a"), bytes("swapped"))).toBe(true);
    await backend.put("c", bytes("c"));
    for (const key of ["b", "c"]) await move(key);
    for (const node of masters) await node.command("CLUSTER", "SETSLOT", slot, "NODE", String(targetId));
    const found = await backend.getMany(["a", "b", "c", "d"]);
    expect(found.map((one) => (one instanceof Error ? one : text(one)))).toEqual(["swapped", "b", "c", undefined]);
    expect((await Array.fromAsync(backend.list(""))).toSorted()).toEqual(["a", "b", "c"]);
  },
);

test("a ping rejects while a primary is away, and says what is wrong", { timeout: 60_000 }, async (context) => {
  const cluster = await serverOrSkip(context, () => startRedisCluster());
  const backend = await connect({ cluster: startNodes(cluster), commandTimeout: "500ms" });
  await backend.ping();
  cluster.nodes[0]?.freeze();
  expect((await rejectionOf(backend.ping())).message).toMatch(
    /did not answer in time|part of the Redis has no primary/,
  );
  cluster.nodes[0]?.thaw();
});

test(
  "a bus hears what is published by any node, also after the one it listened to has gone",
  { timeout: 120_000 },
  async (context) => {
    const cluster = await serverOrSkip(context, () => startRedisCluster());
    const [listener, sender] = await Promise.all(
      [1, 2].map(async () => {
        const bus = new RedisBus({ client: (await connect({ cluster: startNodes(cluster) })).client });
        onTestFinished(() => bus[Symbol.asyncDispose]());
        return bus;
      }),
    );
    const heard: BusNotice[] = [];
    listener?.subscribe((notice) => heard.push(notice));
    const hears = async (key: string) => {
      await expect
        .poll(
          async () => {
            await sender?.publish({ type: "released", from: "a", key }).catch(() => undefined);
            return heard.some((notice) => notice.type === "released" && notice.key === key);
          },
          { timeout: 60_000 },
        )
        .toBe(true);
    };
    await hears("first");
    heard.length = 0;
    const subscribed = await Promise.all(
      cluster.nodes.map(
        async (node) => ((await node.command("PUBSUB", "NUMSUB", "llmcache:bus")) as readonly unknown[])[1] === 1,
      ),
    );
    await cluster.nodes[subscribed.indexOf(true)]?.kill();
    await expect.poll(() => heard, { timeout: 60_000 }).toContainEqual({ type: "gap" });
    await hears("second");
  },
);

test("a bus keeps no messages for a Cluster that is away", { timeout: 60_000 }, async () => {
  const { client } = await connect({ cluster: [{ host: "127.0.0.1", port: 1 }] });
  const bus = new RedisBus({ client });
  await expect.poll(() => client.status, { timeout: 20_000 }).toBe("reconnecting");
  const error = await rejectionOf(bus.publish({ type: "released", from: "a", key: "k" }));
  expect(error.message).toMatch(/not connected/);
  expect(client).toMatchObject({ offlineQueue: { length: 0 } });
});

/** As in the README. */
const permissions =
  "~llmcache:* &llmcache:* +get +mget +set +unlink +scan +ping +eval +evalsha +publish +subscribe +info +cluster|slots +cluster|info".split(
    " ",
  );

test("credentials that change sign in to every node", { timeout: 120_000 }, async (context) => {
  const cluster = await serverOrSkip(context, () => startRedisCluster());
  let password = "";
  const rotate = async () => {
    const next = crypto.randomUUID();
    const rule = ["on", "resetpass", `>${next}`, ...(password === "" ? [] : [`>${password}`]), ...permissions];
    await Promise.all(cluster.nodes.map((node) => node.command("ACL", "SETUSER", "cache", ...rule)));
    password = next;
  };
  await rotate();
  const backend = await connect({
    cluster: startNodes(cluster),
    credentials: async () => ({ username: "cache", password, expiresAt: Date.now() + 1_000 }),
  });
  const load = startLoad(backend);
  for (let round = 0; round < 6; round++) {
    await rotate();
    await sleep(300);
    const [node] = cluster.nodes.slice(round % 3);
    await node?.command("CLIENT", "KILL", "USER", "cache");
  }
  await expect.poll(() => areHits(load.statuses()), { timeout: 30_000, interval: 500 }).toBe(true);
  await load.stop();
});
