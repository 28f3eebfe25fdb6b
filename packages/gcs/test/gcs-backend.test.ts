import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { ApiError, Storage } from "@google-cloud/storage";
import { isLlmCacheError } from "@llmcache/core";
import { connectGcs, type ConnectGcsOptions, GcsBackend, type GcsOptions, lifecycleRule } from "@llmcache/gcs";
import {
  checkConnectionReuse,
  checkExplanation,
  type GcsServer,
  type LocalGcs,
  startGcs,
  startLocalGcs,
} from "@llmcache/test-servers";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startCorruptingProxy } from "./corrupting-proxy.ts";

// For a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 20_000 };

const bytes = (text: string) => new TextEncoder().encode(text);
const nextPath = () => crypto.randomUUID();
const client = new Storage({ projectId: "p" });

let gcs: GcsServer;
let local: LocalGcs;
beforeAll(async () => {
  gcs = await startGcs();
  local = await startLocalGcs({ buckets: ["cache"] });
});
afterAll(async () => {
  await gcs.stop();
  await local.stop();
});
beforeEach(() => local.denied.clear());

/** On the server that the environment names, if it names one. */
const open = (options?: ConnectGcsOptions) =>
  connect({ bucket: gcs.bucket, apiEndpoint: gcs.endpoint, projectId: gcs.projectId, ...options });

/** On the server that can be told to misbehave. */
const openLocal = (options?: ConnectGcsOptions) =>
  connect({ bucket: "cache", apiEndpoint: local.endpoint, projectId: local.projectId, path: nextPath(), ...options });

const paths = new WeakMap<GcsBackend, string>();

async function connect(options: ConnectGcsOptions): Promise<GcsBackend> {
  const backend = await connectGcs(options);
  paths.set(backend, `${options.path}/`);
  return backend;
}

/** What comes before a backend's keys. */
const pathOf = (backend: GcsBackend) => paths.get(backend) ?? "";

async function errorOf(work: Promise<unknown>): Promise<Error> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Error) return error;
  throw new Error("expected it to reject with an Error");
}

describe("construction", () => {
  test.for<[string, unknown, RegExp]>([
    ["no options", undefined, /options must be an object, got undefined/],
    ["no client", { bucket: "cache" }, /client must be a Storage, got undefined/],
    [
      "the options of a client",
      { client: { projectId: "p" }, bucket: "cache" },
      /client must be a Storage, got an object/,
    ],
    ["no bucket", { client }, /bucket must be the name of a bucket, got undefined/],
    [
      "a bucket that is a step in a path",
      { client, bucket: ".." },
      /bucket must be the name of a bucket, got a string/,
    ],
    ["an empty bucket", { client, bucket: "" }, /bucket .* got an empty string/],
    ["a path that is no string", { client, bucket: "cache", path: 5 }, /path must be a string, got a number/],
    [
      "a path that leaves no room for keys",
      { client, bucket: "cache", path: "é".repeat(256) },
      /path must have at most 511/,
    ],
    ["half a connection", { client, bucket: "cache", maxSockets: 0.5 }, /maxSockets must be a whole number above 0/],
    ["a name that is no string", { client, bucket: "cache", name: null }, /name must be .* got null/],
    [
      "an option that is not known",
      { client, bucket: "cache", prefix: "x" },
      /unknown option "prefix"; known are client/,
    ],
  ])("refuses %s with a TypeError that says what is wrong", ([, options, message]) => {
    const construct = () => new GcsBackend(options as GcsOptions);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  test("has what Google does natively, and nothing that would only loop", () => {
    const backend = new GcsBackend({ client, bucket: "cache" });
    const capabilities = ["swap", "getMany", "putMany", "deleteMany", "list", "ping", "expiryGranularityMs"];
    expect(capabilities.filter((name) => name in backend)).toEqual(["swap", "list", "ping"]);
    expect(backend).toMatchObject({ name: "gcs", client });
  });
});

describe("an object in the bucket", () => {
  const objectOf = (backend: GcsBackend, name: string) => backend.client.bucket(gcs.bucket).file(name);

  test("is found below the path, whatever slashes it is given with", async () => {
    const path = nextPath();
    for (const spelling of [`${path}/deep/er`, `/${path}/deep//er/`]) {
      await using backend = await open({ path: spelling });
      await backend.put("ns/_/abc", bytes(spelling));
      const [found] = await objectOf(backend, `${path}/deep/er/ns/_/abc`).download();
      expect(found.toString()).toBe(spelling);
    }
  });

  test("says when it expires as its custom time, to the millisecond and never too soon", async () => {
    await using backend = await open({ path: nextPath() });
    const expiresAt = Date.UTC(2030, 0, 2, 3, 4, 5, 6) + 0.5;
    await backend.put("a", bytes("a"), { expiresAt });
    const name = (key: string) => objectOf(backend, `${pathOf(backend)}${key}`);
    const [{ customTime = "" }] = await name("a").getMetadata();
    expect(Date.parse(customTime)).toBe(Math.ceil(expiresAt));
    await backend.put("a", bytes("b"));
    expect((await name("a").getMetadata())[0].customTime, "after a put without expiry").toBeUndefined();
    await backend.put("past", bytes("a"), { expiresAt: -1 });
    expect((await name("past").getMetadata())[0].customTime).toMatch(/^1970-01-01T00:00:00/);
  });

  test("has no name that is a step in a path", async () => {
    await using backend = await open();
    for (const key of [".", ".."]) {
      for (const operate of [() => backend.get(key), () => backend.put(key, bytes("a")), () => backend.delete(key)]) {
        await expect(operate()).rejects.toThrow(/the keys "\." and "\.\." need a path/);
      }
      await using below = await open({ path: nextPath() });
      await below.put(key, bytes(key));
      expect(await below.get(key)).toEqual(bytes(key));
    }
    expect(await backend.client.bucket(gcs.bucket).exists()).toEqual([true]);
  });

  test("is bytes that nobody between may keep", async () => {
    await using backend = await open({ path: nextPath() });
    await backend.put("a", bytes("a"));
    const [metadata] = await objectOf(backend, `${pathOf(backend)}a`).getMetadata();
    expect(metadata).toMatchObject({ contentType: "application/octet-stream", cacheControl: "no-store" });
  });

  test("is written by others without being served as what it is not", async () => {
    await using backend = await open({ path: nextPath() });
    await objectOf(backend, `${pathOf(backend)}zipped`).save("text ".repeat(100), { resumable: false, gzip: true });
    const found = await backend.get("zipped").catch(() => undefined);
    // As it is stored, or not at all: never decompressed bytes that fail the checksum of the stored ones.
    expect(found === undefined || (found[0] === 0x1f && found[1] === 0x8b)).toBe(true);
  });
});

describe("requests", () => {
  const since = (start: number) =>
    local.requests.slice(start).map(({ method, path }) => `${method} ${path.split("?")[0]}`);

  test("are one for each operation, and for a swap of what is there two", async () => {
    await using backend = await openLocal();
    const object = `/storage/v1/b/cache/o/${encodeURIComponent(pathOf(backend))}a`;
    await backend.ping();
    const start = local.requests.length;
    await backend.put("a", bytes("1"));
    await backend.get("a");
    await backend.get("b");
    await backend.swap("c", undefined, bytes("1"));
    await backend.swap("a", bytes("1"), bytes("2"));
    await backend.delete("a");
    expect(since(start)).toEqual([
      "POST /upload/storage/v1/b/cache/o",
      `GET ${object}`,
      `GET ${object.slice(0, -1)}b`,
      "POST /upload/storage/v1/b/cache/o",
      `GET ${object}`,
      "POST /upload/storage/v1/b/cache/o",
      `DELETE ${object}`,
    ]);
  });

  test("ask once whether the bucket is there, however many misses come before anything was found", async () => {
    await using backend = await openLocal();
    const start = local.requests.length;
    expect(await Promise.all(["a", "b", "c"].map((key) => backend.get(key)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(since(start).filter((line) => line === "GET /storage/v1/b/cache/o")).toHaveLength(1);
    expect(since(start)).toHaveLength(4);
  });

  test("use connections again after hits, misses, refused swaps, errors and listings", async () => {
    await checkConnectionReuse(local.endpoint, async (apiEndpoint) => {
      const backend = await openLocal({ apiEndpoint });
      return { backend, failing: new GcsBackend({ client: backend.client, bucket: "no-such-bucket" }) };
    });
  });

  test("are made over a bounded number of connections, which are used again", async () => {
    await using server = await startLocalGcs({ buckets: ["cache"] });
    await using backend = await openLocal({ apiEndpoint: server.endpoint, maxSockets: 4 });
    await Promise.all(Array.from({ length: 60 }, (_, index) => backend.put(`${index}`, bytes(`${index}`))));
    expect(await server.connections()).toBeLessThanOrEqual(4);
    expect(await backend.get("59")).toEqual(bytes("59"));
  });

  test("go through the proxy that the environment names", async () => {
    const asked: string[] = [];
    const proxy = createHttpServer((incoming, outgoing) => {
      asked.push(incoming.url ?? "");
      outgoing.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    vi.stubEnv("NO_PROXY", "");
    await using backend = await openLocal({ apiEndpoint: "http://storage.invalid" });
    vi.unstubAllEnvs();
    await backend.ping();
    expect(asked).toEqual([expect.stringMatching(/^http:\/\/storage\.invalid\/storage\/v1\/b\/cache\/o\?/)]);
    proxy.close();
  });

  test("are repeated after failures that pass, but not a write that could undo a later one", async () => {
    await using backend = await openLocal();
    await backend.put("a", bytes("1"));
    local.failNext(503, 429);
    expect(await backend.get("a")).toEqual(bytes("1"));
    local.failNext(500);
    expect(await backend.swap("a", bytes("1"), bytes("2"))).toBe(true);
    const start = local.requests.length;
    local.failNext(503);
    expect((await errorOf(backend.put("a", bytes("3")))).message).toMatch(/503: The server was told to fail/);
    expect(since(start)).toHaveLength(1);
    expect(await backend.get("a")).toEqual(bytes("2"));
  });

  test("are not done where Google refuses them by a rule of the organisation, which it says by 412 too", async () => {
    await using backend = await openLocal();
    local.failNext(412);
    expect((await errorOf(backend.put("a", bytes("1")))).message).toMatch(/412: The server was told to fail/);
    local.failNext(412);
    expect((await errorOf(backend.swap("a", undefined, bytes("1")))).message).toMatch(
      /412: The server was told to fail/,
    );
    expect(await backend.get("a")).toBeUndefined();
  });

  test("follow the client's own retryOptions", async () => {
    const { endpoint: apiEndpoint, projectId } = local;
    const storage = new Storage({ apiEndpoint, projectId, retryOptions: { autoRetry: false } });
    await using backend = new GcsBackend({ client: storage, bucket: "cache", path: nextPath() });
    local.failNext(503);
    const error = await errorOf(backend.get("a"));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 503 });
  });

  test("wait between attempts no longer than the caller does", async () => {
    await using backend = await openLocal({ config: { retryOptions: { maxRetries: 5, retryDelayMultiplier: 100 } } });
    local.failNext(503, 503);
    const reason = new Error("enough");
    const controller = new AbortController();
    const work = backend.get("a", { signal: controller.signal });
    await expect.poll(() => local.requests.at(-1)?.path, patience).toContain("a?alt=media");
    setTimeout(() => controller.abort(reason), 300);
    await expect(work).rejects.toBe(reason);
    // What the server was still to fail.
    await backend.ping();
  });
});

describe("a swap", () => {
  test("rejects, and does not say that it lost, when the answer to its own write was lost and it was repeated", async () => {
    let lost = 0;
    await using proxy = await startCorruptingProxy(local.endpoint, (reply, path) => {
      if (path.startsWith("/upload/") && lost++ === 0) throw new Error("the reply is lost");
      return reply;
    });
    await using backend = await openLocal({ apiEndpoint: proxy.endpoint });
    const error = await errorOf(backend.swap("a", undefined, bytes("mine")));
    expect(error.message).toMatch(/not known whether the first one was done/);
    expect(lost).toBe(2);
    expect(await backend.get("a")).toEqual(bytes("mine"));
  });

  test("rejects with UNSUPPORTED where the store does not tell generations", async () => {
    await using proxy = await startCorruptingProxy(local.endpoint, ({ headers, body }) => {
      const { "x-goog-generation": _, ...others } = headers;
      return { headers: others, body };
    });
    await using backend = await openLocal({ apiEndpoint: proxy.endpoint });
    await backend.put("a", bytes("1"));
    const error = await errorOf(backend.swap("a", bytes("1"), bytes("2")));
    expect(isLlmCacheError(error) && error.code).toBe("UNSUPPORTED");
  });
});

describe("a listing", () => {
  test("goes on page after page, and keeps to the path", async () => {
    const path = nextPath();
    await using backend = await open({ path });
    await using other = await open({ path: `${path}x` });
    const keys = Array.from({ length: 1_100 }, (_, index) => `n/${index}`);
    for (let start = 0; start < keys.length; start += 100) {
      await Promise.all(keys.slice(start, start + 100).map((key) => backend.put(key, bytes("x"))));
    }
    await other.put("n/other", bytes("x"));
    expect((await Array.fromAsync(backend.list("n/"))).toSorted()).toEqual(keys.toSorted());
    expect(await Array.fromAsync(backend.list("n/109"))).toHaveLength(11);
  });
});

describe("what came is checked", () => {
  test.for<[string, (body: Buffer) => Buffer]>([
    ["one bit differs", (body) => Buffer.from(body.map((byte, index) => (index === 3 ? byte ^ 1 : byte)))],
    ["its end is missing", (body) => body.subarray(0, -1)],
    ["nothing is left of it", () => Buffer.alloc(0)],
  ])("against the object's checksum: when %s, it is an error and no answer", async ([, corrupt]) => {
    await using proxy = await startCorruptingProxy(local.endpoint, ({ headers, body }) => ({
      headers,
      body: headers["x-goog-hash"] === undefined ? body : corrupt(body),
    }));
    await using backend = await openLocal({ apiEndpoint: proxy.endpoint });
    await backend.put("a", bytes("an answer"));
    expect((await errorOf(backend.get("a"))).message).toMatch(/are not those of its checksum/);
  });

  test("and what no checksum came with is not served", async () => {
    await using proxy = await startCorruptingProxy(local.endpoint, ({ headers, body }) => {
      const { "x-goog-hash": _, ...others } = headers;
      return { headers: others, body };
    });
    await using backend = await openLocal({ apiEndpoint: proxy.endpoint });
    await backend.put("a", bytes("an answer"));
    expect((await errorOf(backend.get("a"))).message).toMatch(/checksum/);
  });
});

describe("one clear error says what to fix", () => {
  test("where a bucket is not there, and a call is answered all the same", async () => {
    await using backend = await open({ bucket: `llmcache-missing-${crypto.randomUUID()}` });
    await checkExplanation(backend, /The bucket llmcache-missing-\S+ is not there: create it/);
    expect((await errorOf(backend.get("a"))).cause).toBeInstanceOf(ApiError);
  });

  test("for a miss without the right to list, which Google denies as well", async () => {
    await using backend = await openLocal();
    local.denied.add("storage.objects.list");
    for (const operate of [() => backend.get("a"), () => backend.ping(), () => Array.fromAsync(backend.list(""))]) {
      const error = await errorOf(operate());
      expect(error.message).toMatch(
        /^Google denies access to the bucket cache: grant .*objectUser.*storage\.objects\.list/,
      );
      expect(error.cause).toMatchObject({ code: 403 });
    }
  });

  test.for(["create", "delete"])("for a write over another without the right to %s", async (verb) => {
    await using backend = await openLocal();
    await backend.put("a", bytes("a"));
    local.denied.add(`storage.objects.${verb}`);
    expect((await errorOf(backend.put("a", bytes("b")))).message).toMatch(/^Google denies access to the bucket cache/);
  });

  test("and holds nothing of what was to be stored", async () => {
    await using backend = await openLocal();
    local.denied.add("storage.objects.create");
    const error = await errorOf(backend.put("a", bytes("the secret answer")));
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/secret|73 65 63 72 65 74/);
  });
});

describe("an operation that is not answered", () => {
  test.for(["get", "put", "list"] as const)("frees its connection when a %s is aborted", async (operation) => {
    await using hole = await startHole();
    await using backend = await openLocal({ apiEndpoint: hole.endpoint });
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const operations = {
      get: () => backend.get("a", options),
      put: () => backend.put("a", bytes("a"), options),
      list: () => Array.fromAsync(backend.list("", options)),
    };
    const work = operations[operation]();
    await expect.poll(hole.connections, patience).toBe(1);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(work).rejects.toBe(reason);
    await expect.poll(hole.connections, patience).toBe(0);
  });

  test("frees its connection when the client's timeout is over", async () => {
    await using hole = await startHole();
    await using backend = await openLocal({ apiEndpoint: hole.endpoint, config: { timeout: 200 } });
    expect(await errorOf(backend.get("a"))).toMatchObject({ message: "Google did not answer within 200 ms" });
    await expect.poll(hole.connections, patience).toBe(0);
  });

  test.for([0, Infinity])("is waited for as long as it takes with a timeout of %d", async (timeout) => {
    await using backend = await openLocal({ config: { timeout } });
    await backend.ping();
  });

  test("leaves the connections of others alone", async () => {
    await using backend = await openLocal();
    const value = new Uint8Array(1_000_000).fill(7);
    await backend.put("large", value);
    const controller = new AbortController();
    const gets = Array.from({ length: 20 }, (_, index) =>
      backend.get("large", index % 2 === 0 ? { signal: controller.signal } : {}).catch(() => undefined),
    );
    setTimeout(() => controller.abort(), 5);
    const found = await Promise.all(gets);
    for (let index = 1; index < 20; index += 2) expect(found[index]?.length).toBe(value.length);
  });
});

test("lifecycleRule gives a rule that Google takes, for the path of the cache", async () => {
  await using backend = await open();
  const rule = lifecycleRule({ path: "/answers/" });
  expect(rule).toEqual({
    action: { type: "Delete" },
    condition: { daysSinceCustomTime: 1, matchesPrefix: ["answers/"] },
  });
  await backend.client.bucket(gcs.bucket).addLifecycleRule(rule, { append: false });
  const [{ lifecycle }] = await backend.client.bucket(gcs.bucket).getMetadata();
  expect(lifecycle?.rule).toEqual([rule]);
  expect(lifecycleRule().condition).toEqual({ daysSinceCustomTime: 1 });
  expect(() => lifecycleRule({ prefix: "x" } as object)).toThrow(/unknown option "prefix"/);
});

/** Takes connections and says nothing. */
async function startHole(): Promise<AsyncDisposable & { endpoint: string; connections: () => number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    socket.resume();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
