import { type BusNotice, Cache, memory, tiered } from "@llmcache/core";
import { serverOrSkip, startFaultProxy, startRedis } from "@llmcache/test-servers";
import type { Redis } from "ioredis";
import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { type ConnectRedisOptions, RedisBus, type RedisBusOptions } from "@llmcache/redis";
import { connect } from "./support/connect.ts";

async function openBus(options: ConnectRedisOptions): Promise<RedisBus> {
  const bus = new RedisBus({ client: (await connect(options)).client });
  onTestFinished(() => bus[Symbol.asyncDispose]());
  return bus;
}

/** Listens, and resolves when the bus does. */
async function listen(bus: RedisBus): Promise<BusNotice[]> {
  const heard: BusNotice[] = [];
  bus.subscribe((notice) => heard.push(notice));
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1);
  expect(heard.splice(0), "what was said before may have been missed").toEqual([{ type: "gap" }]);
  return heard;
}

test("what one process publishes every other hears, as it was", { timeout: 60_000 }, async (context) => {
  const { url } = await serverOrSkip(context, () => startRedis({ own: true }));
  const [sender, ...others] = await Promise.all([1, 2, 3].map(() => openBus({ url })));
  const heard = await Promise.all(others.map((bus) => listen(bus)));
  const messages = [
    { type: "released", from: "a", key: "n/s/k" },
    { type: "written", from: "a", keys: ["n/s/k", "n/s/l"] },
    { type: "deleted", from: "a", keys: [] },
    { type: "cleared", from: "a", prefix: "n/" },
  ] as const;
  for (const message of messages) await sender?.publish(message);
  for (const notices of heard) await expect.poll(() => notices, { timeout: 20_000 }).toEqual(messages);
});

test(
  "what is no message, and what another cache says on its channel, is not heard",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ own: true }));
    const bus = await openBus({ url: server.url });
    const heard = await listen(bus);
    const foreign = [
      "",
      "no JSON",
      "null",
      "[]",
      "5",
      '{"type":"written"}',
      '{"type":"written","from":"a","keys":[5]}',
    ];
    const later = [
      '{"type":"invented","from":"a"}',
      '{"type":"cleared","from":"a"}',
      '{"type":"released","from":5,"key":"k"}',
    ];
    for (const text of [...foreign, ...later]) await server.command("PUBLISH", "llmcache:bus", text);
    await server.command("PUBLISH", "another:bus", '{"type":"released","from":"a","key":"k"}');
    await bus.publish({ type: "released", from: "a", key: "last" });
    await expect.poll(() => heard, { timeout: 20_000 }).toEqual([{ type: "released", from: "a", key: "last" }]);
  },
);

test(
  "after a connection was lost there is a gap, and then everything is heard again",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ own: true }));
    const proxy = await startFaultProxy(server);
    context.onTestFinished(() => proxy.stop());
    const bus = await openBus({ host: proxy.host, port: proxy.port });
    const heard = await listen(bus);
    await proxy.set("refuse");
    await server.command("PUBLISH", "llmcache:bus", '{"type":"released","from":"a","key":"missed"}');
    await proxy.set("pass");
    await expect.poll(() => heard, { timeout: 20_000 }).toEqual([{ type: "gap" }]);
    await server.command("PUBLISH", "llmcache:bus", '{"type":"released","from":"a","key":"heard"}');
    await expect
      .poll(() => heard, { timeout: 20_000 })
      .toEqual([{ type: "gap" }, { type: "released", from: "a", key: "heard" }]);
  },
);

test(
  "publishing while Redis is away rejects, and a disposed bus says and hears nothing",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ own: true }));
    const bus = await openBus({ url: server.url });
    const heard = await listen(bus);
    await bus[Symbol.asyncDispose]();
    await bus.publish({ type: "released", from: "a", key: "k" });
    bus.subscribe((notice) => heard.push(notice));
    await expect
      .poll(() => server.command("PUBSUB", "NUMSUB", "llmcache:bus"), { timeout: 20_000 })
      .toEqual(["llmcache:bus", 0]);
    expect(heard).toEqual([]);
    const other = await openBus({ url: server.url });
    await listen(other);
    await server.kill();
    await expect
      .poll(() =>
        other.publish({ type: "released", from: "a", key: "k" }).then(
          () => "sent",
          () => "rejected",
        ),
      )
      .toBe("rejected");
  },
);

test("a bus that cannot listen says so once, and what to do about it", { timeout: 60_000 }, async (context) => {
  const server = await serverOrSkip(context, () => startRedis({ own: true }));
  await server.command("ACL", "SETUSER", "mute", "on", ">s3cret", "~*", "&*", "+@all", "-subscribe");
  const { client } = await connect({ host: server.host, port: server.port, username: "mute", password: "s3cret" });
  const errors: Error[] = [];
  const bus = new RedisBus({ client, onError: (error) => errors.push(error) });
  context.onTestFinished(() => bus[Symbol.asyncDispose]());
  const heard: BusNotice[] = [];
  bus.subscribe((notice) => heard.push(notice));
  await expect.poll(() => errors.length, { timeout: 20_000 }).toBe(1);
  expect(errors[0]?.message).toMatch(/^The user lacks a permission in Redis: .*subscribe/);
  expect(inspect(errors[0])).not.toContain("s3cret");
  // Several attempts later.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(errors).toHaveLength(1);
  await server.command("ACL", "SETUSER", "mute", "+subscribe");
  await expect.poll(() => heard, { timeout: 20_000 }).toEqual([{ type: "gap" }]);
  await server.kill();
  await expect.poll(() => errors.length, { timeout: 20_000 }).toBe(2);
  expect(errors[1]?.message).toMatch(/Nothing listens at the address of Redis/);
});

test("a connection that listens is signed in again as the others are", { timeout: 60_000 }, async (context) => {
  const server = await serverOrSkip(context, () => startRedis({ own: true }));
  await server.command("ACL", "SETUSER", "cache", "on", ">pass", "~*", "&*", "+@all");
  const credentials = async () => ({ username: "cache", password: "pass", expiresAt: Date.now() + 1_000 });
  const bus = await openBus({ host: server.host, port: server.port, credentials });
  const heard = await listen(bus);
  await server.command("CONFIG", "RESETSTAT");
  // Two connections, each of them at least twice.
  await expect
    .poll(() => server.command("INFO", "commandstats"), { timeout: 20_000 })
    .toMatch(/cmdstat_auth:calls=([4-9]|\d\d).*failed_calls=0/);
  await bus.publish({ type: "released", from: "a", key: "k" });
  await expect.poll(() => heard, { timeout: 20_000 }).toEqual([{ type: "released", from: "a", key: "k" }]);
});

test("refuses options that are wrong", async () => {
  const { client } = await connect({ host: "127.0.0.1", port: 1 });
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{}, /client must be a Redis or a Cluster/],
    [{ client, chanel: "x" }, /unknown option "chanel"/],
    [{ client, channel: "" }, /channel must be a string of at least one character/],
  ];
  for (const [options, message] of refused) expect(() => new RedisBus(options as RedisBusOptions)).toThrow(message);
});

/** A cache with a memory of its own over a Redis that it shares, as each of several processes has one. */
async function openTiered(url: string) {
  const redis = await connect({ url });
  const bus = new RedisBus({ client: redis.client });
  const heard = await listen(bus);
  const cache = new Cache({ backend: tiered([memory(), redis], { bus }), bus, ttl: "1h", namespace: "shared" });
  onTestFinished(async () => {
    await cache[Symbol.asyncDispose]();
    await bus[Symbol.asyncDispose]();
  });
  return { cache, heard, client: redis.client as Redis };
}

test("what one process deletes or clears, the memory of the other forgets", { timeout: 60_000 }, async (context) => {
  const { url } = await serverOrSkip(context, () => startRedis({ own: true }));
  const [one, other] = await Promise.all([openTiered(url), openTiered(url)]);
  const call = { operation: "chat", params: { question: "?" } };
  for (const remove of [() => one.cache.delete(call), () => one.cache.clear({ namespace: "shared" })]) {
    await one.cache.run(call, () => "answer");
    await one.cache.flush();
    for (const { cache } of [one, other, one, other]) {
      expect(await cache.run(call, () => "another")).toMatchObject({ value: "answer", status: "hit" });
    }
    await expect
      .poll(async () => (await other.cache.run(call, () => "another")).source, { timeout: 20_000 })
      .toBe("memory");
    other.heard.length = 0;
    await remove();
    await expect
      .poll(() => other.heard.some(({ type }) => type === "deleted" || type === "cleared"), { timeout: 20_000 })
      .toBe(true);
    expect(await other.cache.run(call, () => "asked again", { noStore: true })).toMatchObject({ status: "miss" });
  }
});

test("the memory keeps an entry for as long as Redis does, and no longer", { timeout: 60_000 }, async (context) => {
  const { url } = await serverOrSkip(context, () => startRedis({ own: true }));
  const [one, other] = await Promise.all([openTiered(url), openTiered(url)]);
  const call = { operation: "chat", params: { question: "how long?" } };
  await one.cache.run(call, () => "answer", { ttl: "2s" });
  await one.cache.flush();
  const ask = () => other.cache.run(call, () => "another", { noStore: true });
  await expect.poll(async () => (await ask()).source, { timeout: 20_000 }).toBe("memory");
  await expect.poll(async () => (await ask()).status, { timeout: 20_000 }).toBe("miss");
});
