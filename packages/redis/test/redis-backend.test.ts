import { type RedisServer, serverOrSkip, sharedServer, startRedis } from "@llmcache/test-servers";
import { Cluster, Redis } from "ioredis";
import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RedisBackend, type RedisBackendOptions, RedisBus } from "@llmcache/redis";
import { bytes, connect, rejectionOf, text } from "./support/connect.ts";

const shared = sharedServer(() => startRedis({ own: true }));
beforeAll(shared.start, 60_000);
afterAll(shared.stop);

let server: RedisServer;
let backend: RedisBackend;

beforeEach(async (context) => {
  server = shared.orSkip(context);
  await server.command("FLUSHALL");
  await server.command("SCRIPT", "FLUSH");
  backend = await connect({ url: server.url });
});

/** How often the server has run a command since the statistics were reset. */
async function callsOf(command: string): Promise<number> {
  const statistics = String(await server.command("INFO", "commandstats"));
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(statistics)?.[1] ?? 0);
}

test("gets of one tick go as one MGET, and one that is alone as a GET", async () => {
  const keys = Array.from({ length: 100 }, (_, index) => `k/${index}`);
  await backend.putMany(keys.map((key) => ({ key, value: bytes(key) })));
  await server.command("CONFIG", "RESETSTAT");
  // As calls come: each after a chain of promises of its own length.
  const found = await Promise.all(
    keys.map(async (key, index) => {
      for (let step = 0; step < index % 7; step++) await Promise.resolve();
      return backend.get(key);
    }),
  );
  expect(found.map(text)).toEqual(keys);
  expect([await callsOf("mget"), await callsOf("get")]).toEqual([1, 0]);
  await backend.get("k/1");
  expect([await callsOf("mget"), await callsOf("get")]).toEqual([1, 1]);
});

test("one of several merged gets can be aborted without the others", async () => {
  await backend.put("a", bytes("a"));
  const controller = new AbortController();
  const aborted = backend.get("a", { signal: controller.signal });
  const other = backend.get("a");
  controller.abort("gone");
  await expect(aborted).rejects.toBe("gone");
  expect(text(await other)).toBe("a");
});

test("batches are single commands: MGET, one pipeline of SETs, UNLINK", async () => {
  await server.command("CONFIG", "RESETSTAT");
  const keys = Array.from({ length: 600 }, (_, index) => `k/${index}`);
  await backend.putMany(keys.map((key) => ({ key, value: bytes(key) })));
  expect((await backend.getMany(keys)).map((one) => text(one as Uint8Array))).toEqual(keys);
  await backend.deleteMany(keys);
  expect(await server.command("DBSIZE")).toBe(0);
  expect([await callsOf("set"), await callsOf("mget"), await callsOf("unlink")]).toEqual([600, 2, 2]);
});

test("what is received is the caller's own, and holds no more memory than it needs", async () => {
  await backend.put("small", bytes("small"));
  await backend.put("large", new Uint8Array(1_000_000).fill(7));
  const [small, again, large] = await Promise.all(["small", "small", "large"].map((key) => backend.get(key)));
  expect(small).not.toBeInstanceOf(Buffer);
  expect(small?.buffer.byteLength).toBe(5);
  expect(large?.buffer.byteLength).toBeLessThan(2_000_000);
  small?.fill(0);
  expect(text(again)).toBe("small");
});

test("bytes that are changed after an aborted put are not what is stored", async () => {
  const value = bytes("as it was");
  const controller = new AbortController();
  const put = backend.put("k", value, { signal: controller.signal });
  controller.abort("gone");
  value.fill(0);
  await expect(put).rejects.toBe("gone");
  await expect.poll(async () => text(await backend.get("k"))).toBeOneOf([undefined, "as it was"]);
});

test("a swap goes on after the server has forgotten its scripts", async () => {
  expect(await backend.swap("k", undefined, bytes("1"))).toBe(true);
  await server.command("SCRIPT", "FLUSH");
  expect(await backend.swap("k", bytes("1"), bytes("2"))).toBe(true);
  expect(await backend.swap("k", bytes("1"), bytes("3"))).toBe(false);
  expect(await callsOf("evalsha")).toBeGreaterThan(0);
});

test("an expiry is kept to the millisecond, and what never expires has none", async () => {
  await backend.put("soon", bytes("x"), { expiresAt: Date.now() + 1_000.4 });
  await backend.put("never", bytes("x"), { expiresAt: Number.MAX_SAFE_INTEGER });
  expect(await server.command("PTTL", "llmcache:soon")).toBeGreaterThan(900);
  expect(await server.command("PTTL", "llmcache:soon")).toBeLessThanOrEqual(1_001);
  expect(await server.command("PTTL", "llmcache:never")).toBe(-1);
});

test("what others keep in the same database is neither listed nor cleared", async () => {
  await server.command("SET", "session:1", "theirs");
  await backend.put("n/a", bytes("ours"));
  const other = await connect({ url: server.url, prefix: "other[*]?:" });
  await other.put("n/b", bytes("ours too"));
  expect(await Array.fromAsync(backend.list(""))).toEqual(["n/a"]);
  expect(await Array.fromAsync(other.list("n/"))).toEqual(["n/b"]);
  expect(await server.command("KEYS", "*")).toHaveLength(3);
});

test("a listing misses nothing when another server answers in the middle of it", async (context) => {
  const keys = Array.from({ length: 5_000 }, (_, index) => `k/${index}`);
  const other = await serverOrSkip(context, () => startRedis({ own: true }));
  for (const { url } of [server, other])
    await (await connect({ url })).putMany(keys.map((key) => ({ key, value: bytes(key) })));
  // As behind an address that leads to whatever is the primary. Each server has an order of its own.
  let target = server;
  const sockets = new Set<Socket>();
  const front = createServer((client) => {
    const upstream = connectSocket(target.port, target.host);
    for (const socket of [client, upstream]) sockets.add(socket.on("error", () => undefined));
    client.pipe(upstream).pipe(client);
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  context.onTestFinished(() => void front.close());
  const moved = await connect({ host: "127.0.0.1", port: (front.address() as AddressInfo).port });
  const listed: string[] = [];
  for await (const key of moved.list("k/")) {
    if (listed.push(key) !== 1) continue;
    target = other;
    for (const socket of sockets) socket.destroy();
  }
  expect(new Set(listed).size, "none twice").toBe(listed.length);
  expect(listed.toSorted()).toEqual(keys.toSorted());
});

test("neither KEYS, FLUSHALL, FLUSHDB nor DEL is ever sent", async () => {
  await server.command("CONFIG", "RESETSTAT");
  await backend.put("k", bytes("x"));
  await Array.fromAsync(backend.list(""));
  await backend.swap("k", bytes("x"), bytes("y"));
  await backend.delete("k");
  for (const never of ["keys", "flushall", "flushdb", "del"]) expect(await callsOf(never)).toBe(0);
});

test("refuses a client that changes keys on their way, and options that are wrong", () => {
  const client = new Redis({ lazyConnect: true, keyPrefix: "app:" });
  expect(() => new RedisBackend({ client })).toThrow("client has a keyPrefix");
  const ofReplicas = new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true, scaleReads: "slave" });
  expect(() => new RedisBackend({ client: ofReplicas })).toThrow("client reads from replicas");
  const refused: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /options must be an object/],
    [{}, /client must be a Redis or a Cluster of ioredis, got undefined/],
    [{ client: "redis://" }, /client must be .*, got a string/],
    [{ client: new Redis({ lazyConnect: true }), nam: "x" }, /unknown option "nam"/],
    [{ client: new Redis({ lazyConnect: true }), name: "" }, /name must be a string of at least one character/],
    [{ client: new Redis({ lazyConnect: true }), nodeTimeout: -1 }, /nodeTimeout must not be negative/],
  ];
  for (const [options, message] of refused)
    expect(() => new RedisBackend(options as RedisBackendOptions)).toThrow(message);
});

test("a client that was given is connected by the first operation, also one without a queue of its own", async () => {
  const client = new Redis(server.url, { lazyConnect: true, enableOfflineQueue: false });
  const given = new RedisBackend({ client });
  expect(client.status).toBe("wait");
  await given.put("k", bytes("x"));
  expect(text(await given.get("k"))).toBe("x");
  client.disconnect();
  await given[Symbol.asyncDispose]();
});

/** All that an error shows, and what made it. */
function shownOf(error: Error): string {
  return JSON.stringify([error, error.cause], (_, value: unknown) =>
    value instanceof Error
      ? Object.fromEntries(Object.getOwnPropertyNames(value).map((name) => [name, Reflect.get(value, name) as unknown]))
      : value,
  );
}

test("errors hold neither values nor passwords", async () => {
  await server.command("ACL", "SETUSER", "reader", "on", ">s3cret", "~*", "+get");
  const reader = await connect({ host: server.host, port: server.port, username: "reader", password: "s3cret" });
  const refused = await rejectionOf(reader.put("k", bytes("what the model said")));
  const wrong = await connect({ host: server.host, port: server.port, username: "reader", password: "wr0ng" });
  const unknown = await rejectionOf(wrong.get("k"));
  for (const error of [refused, unknown]) expect(shownOf(error)).not.toMatch(/model said|s3cret|wr0ng|119,104,97,116/);
  await server.command("ACL", "DELUSER", "reader");
});

test("a server that knows no AUTH and repeats what it was sent: no token is in the error", async (context) => {
  const other = await serverOrSkip(context, () => startRedis({ parameters: ["--rename-command", "AUTH", ""] }));
  const { host, port } = other;
  const signing = await connect({ host, port, credentials: async () => ({ username: "u", password: "s3cret" }) });
  const error = await rejectionOf(signing.get("k"));
  expect(error.message).toMatch(/unknown command/);
  expect(shownOf(error)).not.toContain("s3cret");
});

test("neither the backend nor its bus shows the password of its client", async () => {
  const backendOfPassword = await connect({ host: server.host, port: 1, password: "s3cret" });
  const bus = new RedisBus({ client: backendOfPassword.client });
  for (const shown of [backendOfPassword, bus].flatMap((one) => [inspect(one), inspect(one, { depth: 9 })]))
    expect(shown).not.toContain("s3cret");
  expect(Object.keys(backendOfPassword)).not.toContain("client");
});
