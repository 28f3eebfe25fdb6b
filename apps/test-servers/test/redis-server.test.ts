import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { connect as connectTls } from "node:tls";
import { expect, test } from "vitest";
import { type RedisOptions, serverOrSkip, startRedis } from "../src/index.ts";
import { isRunning, untilGone } from "./start.ts";

// Beyond what a busy machine takes to start a few processes.
const timeout = 60_000;
const own = (options: RedisOptions = {}) => startRedis({ own: true, ...options });

for (const [version, field] of [
  ["redis-7", "redis_version:7."],
  ["redis-8", "redis_version:8."],
  ["valkey-9", "valkey_version:9."],
] as const) {
  test(`starts ${version}, which keeps what it is given`, { timeout }, async (context) => {
    const redis = await serverOrSkip(context, () => own({ version }));
    expect(await redis.command("INFO", "server")).toContain(field);
    expect(await redis.command("SET", "key", "väl\r\nue")).toBe("OK");
    expect(await redis.command("GET", "key")).toBe("väl\r\nue");
    expect(await redis.command("MGET", "key", "none")).toEqual(["väl\r\nue", undefined]);
    expect(await redis.command("EXISTS", "key")).toBe(1);
    await expect(redis.command("INCR", "key")).rejects.toThrow("not an integer");
  });
}

test("Redis 8 has vector sets", { timeout }, async (context) => {
  const redis = await serverOrSkip(context, () => own({ version: "redis-8" }));
  await redis.command("VADD", "vectors", "VALUES", "2", "1", "0", "east");
  await redis.command("VADD", "vectors", "VALUES", "2", "0", "1", "north");
  expect(await redis.command("VSIM", "vectors", "VALUES", "2", "1", "0.1", "COUNT", "1")).toEqual(["east"]);
});

for (const version of ["redis-7", "redis-8", "valkey-9"] as const) {
  test(`the search module finds hashes in ${version}`, { timeout }, async (context) => {
    const redis = await serverOrSkip(context, () => own({ version, search: true }));
    const vector = ["v", "VECTOR", "HNSW", "6", "TYPE", "FLOAT32", "DIM", "1", "DISTANCE_METRIC", "L2"] as const;
    await redis.command("FT.CREATE", "index", "ON", "HASH", "SCHEMA", "tag", "TAG", ...vector);
    await redis.command("HSET", "a", "tag", "x", "v", "\0\0\0\0");
    await redis.command("HSET", "b", "tag", "x", "v", "\0\0\0@");
    await redis.command("HSET", "c", "tag", "y", "v", "\0\0\0\0");
    const nearest = [
      "@tag:{x}=>[KNN 1 @v $query]",
      "PARAMS",
      "2",
      "query",
      "\0\0@@",
      "NOCONTENT",
      "DIALECT",
      "2",
    ] as const;
    expect(await redis.command("FT.SEARCH", "index", ...nearest)).toEqual([1, "b"]);
    await redis.command("PEXPIRE", "b", "1");
    await expect.poll(() => redis.command("FT.SEARCH", "index", ...nearest), { timeout }).toEqual([1, "a"]);
  });
}

test("listens on a port of 127.0.0.1, takes parameters, and asks for the password", { timeout }, async (context) => {
  const redis = await serverOrSkip(context, () => own({ password: "a:b", parameters: ["--maxmemory", "3mb"] }));
  expect(redis.url).toBe(`redis://:a%3Ab@127.0.0.1:${redis.port}`);
  expect(await redis.command("CONFIG", "GET", "maxmemory")).toEqual(["maxmemory", "3145728"]);
  expect(await ask(connectSocket(redis.port, redis.host))).toContain("-NOAUTH");
});

test("listens on a unix socket", { timeout }, async (context) => {
  const redis = await serverOrSkip(context, () => own({ unixSocket: true }));
  expect(await ask(connectSocket(redis.socketPath ?? ""))).toBe("+PONG\r\n");
});

test("speaks TLS under a name that its authority vouches for", { timeout }, async (context) => {
  const { port, tls, url } = await serverOrSkip(context, () => own({ tls: { hostNames: ["localhost"] } }));
  expect(url).toBe(`rediss://127.0.0.1:${port}`);
  const at = { port, host: "127.0.0.1", ca: tls?.ca };
  expect(await ask(connectTls({ ...at, servername: "localhost" }))).toBe("+PONG\r\n");
  await expect(ask(connectTls({ ...at, servername: "elsewhere.example" }))).rejects.toThrow("does not match");
  await expect(ask(connectTls({ ...at, ca: undefined, servername: "localhost" }))).rejects.toThrow("certificate");
});

test("asks for a client's certificate", { timeout }, async (context) => {
  const { port, tls } = await serverOrSkip(context, () => own({ tls: { clientCertificate: true } }));
  const at = { port, host: "127.0.0.1", ca: tls?.ca, servername: "localhost" };
  expect(await ask(connectTls({ ...at, cert: tls?.certificate, key: tls?.key }))).toBe("+PONG\r\n");
  await expect(ask(connectTls(at))).rejects.toThrow();
});

test("stalls and goes on, dies and comes back on the same port", { timeout }, async (context) => {
  const redis = await serverOrSkip(context, () => own());
  redis.freeze();
  const socket = connectSocket(redis.port, redis.host);
  const answer = ask(socket);
  await once(socket, "connect");
  expect(socket.bytesRead).toBe(0);
  redis.thaw();
  expect(await answer).toBe("+PONG\r\n");

  await redis.command("SET", "key", "value");
  const { processId } = redis;
  await redis.kill();
  expect(isRunning(processId)).toBe(false);
  await expect(ask(connectSocket(redis.port, redis.host))).rejects.toThrow("ECONNREFUSED");
  await redis.restart();
  expect(redis.processId).not.toBe(processId);
  expect(await ask(connectSocket(redis.port, redis.host))).toBe("+PONG\r\n");
  expect(await redis.command("GET", "key")).toBeUndefined();
  await redis.stop();
  expect(isRunning(redis.processId)).toBe(false);
});

test("ends with the process that started it, even when that is killed", { timeout }, async (context) => {
  await serverOrSkip(context, () => own());
  const script = join(import.meta.dirname, "processes/hold-redis.ts");
  const holder = spawn(process.execPath, ["--conditions=@llmcache/source", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(holder.stdout, "data")) as [Buffer];
  const processId = Number(line.toString());
  expect(isRunning(processId)).toBe(true);
  holder.kill("SIGKILL");
  await untilGone(processId);
});

test("says what the server said when it does not start", { timeout }, async (context) => {
  await serverOrSkip(context, () => own());
  await expect(own({ parameters: ["--maxmemory", "plenty"] })).rejects.toThrow(/redis-7 did not start.*\n.*maxmemory/s);
});

/** Sends PING, and resolves to what comes back. */
async function ask(socket: ReturnType<typeof connectSocket>): Promise<string> {
  try {
    socket.write("PING\r\n");
    const [piece] = (await once(socket, "data")) as [Buffer];
    return piece.toString();
  } finally {
    socket.destroy();
  }
}
