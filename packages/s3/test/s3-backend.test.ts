import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import {
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type BackendEvent, Cache } from "@llmcache/core";
import { lifecycleRule, S3Backend, type S3Options } from "@llmcache/s3";
import {
  checkConnectionReuse,
  checkExplanation,
  sharedServer,
  startFaultProxy,
  startHttpProxy,
  startTimeout,
} from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBucket, type TestBucket } from "./bucket.ts";

const shared = sharedServer(startBucket);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

const bytes = (text: string) => new TextEncoder().encode(text);
const nextPath = () => crypto.randomUUID();
const client = new S3Client({ region: "us-east-1" });

describe("construction", () => {
  test.for<[string, unknown, RegExp]>([
    ["no options", undefined, /options must be an object, got undefined/],
    ["no client", { bucket: "b" }, /client must be an S3Client, got undefined/],
    ["the options of a client", { client: { region: "x" }, bucket: "b" }, /client must be an S3Client, got an object/],
    ["no bucket", { client }, /bucket must be the name of a bucket, got undefined/],
    ["an empty bucket", { client, bucket: "" }, /bucket .* got an empty string/],
    ["a path that is no string", { client, bucket: "b", path: 5 }, /path must be a string, got a number/],
    [
      "a path that leaves no room for keys",
      { client, bucket: "b", path: "é".repeat(256) },
      /path must have at most 511 bytes/,
    ],
    ["a name that is no string", { client, bucket: "b", name: null }, /name must be .* got null/],
    ["a clock that is a time", { client, bucket: "b", clock: 5 }, /clock must be a function, got a number/],
    [
      "an option that is not known",
      { client, bucket: "b", prefix: "x" },
      /unknown option "prefix"; known are client, bucket/,
    ],
  ])("refuses %s with a TypeError that says what is wrong", ([, options, message]) => {
    const construct = () => new S3Backend(options as S3Options);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  test("has what S3 does natively, and nothing that would only loop", () => {
    const backend = new S3Backend({ client, bucket: "b" });
    const capabilities = ["swap", "getMany", "putMany", "deleteMany", "list", "ping", "expiryGranularityMs"];
    expect(capabilities.filter((name) => name in backend)).toEqual(["swap", "deleteMany", "list", "ping"]);
    expect(Symbol.asyncDispose in backend, "it opened nothing").toBe(false);
    expect(backend).toMatchObject({ name: "s3", maxValueBytes: 5 * 1024 ** 3, client });
  });
});

describe("an object in the bucket", () => {
  test("is found below the path, whatever slashes it is given with", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    for (const spelling of [`${path}/deep/er`, `/${path}/deep//er/`]) {
      const backend = await store.connect({ path: spelling });
      await backend.put("ns/_/abc", bytes(spelling));
      const { Body } = await backend.client.send(
        new GetObjectCommand({ Bucket: store.bucket, Key: `${path}/deep/er/ns/_/abc` }),
      );
      expect(await Body?.transformToString()).toBe(spelling);
    }
  });

  test("says when it expires in the headers that LiteLLM writes, and to the millisecond in its metadata", async (context) => {
    const store = shared.orSkip(context);
    const now = Date.parse("2030-01-01T00:00:00.000Z");
    const backend = await store.connect({ path: nextPath(), clock: () => now });
    await backend.put("a", bytes("a"), { expiresAt: now + 90_500 });
    expect(await headOf(store, backend, "a")).toMatchObject({
      CacheControl: "immutable, max-age=91, s-maxage=91",
      ExpiresString: "Tue, 01 Jan 2030 00:01:31 GMT",
      ContentType: "application/octet-stream",
      Metadata: { expiresat: "2030-01-01T00:01:30.500Z" },
    });
    await backend.swap("b", undefined, bytes("b"), { expiresAt: now + 1_000 });
    expect(await headOf(store, backend, "b")).toMatchObject({ CacheControl: "immutable, max-age=1, s-maxage=1" });
    await backend.put("a", bytes("a"));
    const { CacheControl, ExpiresString, Metadata } = await headOf(store, backend, "a");
    expect({ CacheControl, ExpiresString, Metadata }).toEqual({
      CacheControl: "immutable, max-age=31536000, s-maxage=31536000",
      ExpiresString: undefined,
      Metadata: {},
    });
  });

  test.for([0, -5, Number.MAX_SAFE_INTEGER, Infinity])("takes the expiry %s", async (expiresAt, context) => {
    const backend = await shared.orSkip(context).connect({ path: nextPath() });
    await backend.put("a", bytes("a"), { expiresAt });
    expect(await backend.get("a")).toEqual(bytes("a"));
  });

  test("goes by a rule that S3 takes as it is", async (context) => {
    const store = shared.orSkip(context);
    const backend = await store.connect();
    const rule = lifecycleRule({ path: "/answers", days: 30 });
    const LifecycleConfiguration = { Rules: [rule] };
    await backend.client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: store.bucket, LifecycleConfiguration }),
    );
    const { Rules } = await backend.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: store.bucket }));
    expect(Rules).toEqual([rule]);
    expect(rule).toEqual({
      ID: "llmcache",
      Status: "Enabled",
      Filter: { Prefix: "answers/" },
      Expiration: { Days: 30 },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    });
    expect(() => lifecycleRule({ days: 0.5 })).toThrow(/days must be a whole number above 0, got a number/);
  });
});

describe("keys", () => {
  test("are kept apart, found and deleted, whatever is in the path", async (context) => {
    const store = shared.orSkip(context);
    const path = `${nextPath()}/a b+c%2F&<ü>'"`;
    const backend = await store.connect({ path });
    const keys = ["a", "a/b", "a/b.", "a/./b", "a/../b", "a//b", "a-_.z", "0".repeat(512)];
    for (const key of keys) await backend.put(key, bytes(key));
    for (const key of keys) expect(await backend.get(key)).toEqual(bytes(key));
    expect((await Array.fromAsync(backend.list(""))).toSorted()).toEqual(keys.toSorted());
    expect(await Array.fromAsync(backend.list("a/b"))).toEqual(["a/b", "a/b."]);
    await backend.deleteMany(keys.slice(1));
    expect(await Array.fromAsync(backend.list(""))).toEqual(["a"]);
  });

  test("of others who use the bucket are neither listed nor deleted", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    const mine = await store.connect({ path });
    const sibling = await store.connect({ path: `${path}-2` });
    await mine.put("a", bytes("mine"));
    await sibling.put("a", bytes("theirs"));
    await mine.client.send(new PutObjectCommand({ Bucket: store.bucket, Key: `${path}/`, Body: new Uint8Array() }));
    expect(await Array.fromAsync(mine.list(""))).toEqual(["a"]);
    await mine.deleteMany(["a"]);
    expect(await sibling.get("a")).toEqual(bytes("theirs"));
  });
});

describe("connections", () => {
  test(
    "are used again after hits, misses, refused swaps, errors and listings",
    { timeout: 30_000 },
    async (context) => {
      const store = shared.orSkip(context);
      await checkConnectionReuse(store.endpoint, async (endpoint) => {
        const backend = await store.connect({ endpoint, path: nextPath() });
        return { backend, failing: new S3Backend({ client: backend.client, bucket: "no-such-bucket" }) };
      });
    },
  );
});

describe("swap", () => {
  test("has one winner of 16 that begin at once on different connections, and leaves no trace of its probe", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    const backends = await Promise.all(Array.from({ length: 16 }, () => store.connect({ path })));
    const first = await Promise.all(backends.map((backend, index) => backend.swap("a", undefined, bytes(`${index}`))));
    expect(first.filter(Boolean)).toHaveLength(1);
    const held = await backends[0]?.get("a");
    const second = await Promise.all(
      backends.map((backend, index) => backend.swap("a", held, bytes(`second ${index}`))),
    );
    expect(second.filter(Boolean)).toHaveLength(1);
    expect(await Array.fromAsync(backends[0]?.list("") ?? [])).toEqual(["a"]);
  });

  test("probes once, and once more after a probe that failed", async (context) => {
    const store = shared.orSkip(context);
    const proxy = await startFaultProxy(store);
    context.onTestFinished(() => proxy.stop());
    const counting = await startHttpProxy({ target: proxy.endpoint });
    context.onTestFinished(counting.stop);
    const backend = await store.connect({ endpoint: counting.endpoint, path: nextPath(), config: { maxAttempts: 1 } });
    await proxy.set("refuse");
    await expect(backend.swap("a", undefined, bytes("1"))).rejects.toThrow();
    await proxy.set("pass");
    const before = counting.requests();
    expect(
      await Promise.all([backend.swap("a", undefined, bytes("1")), backend.swap("b", undefined, bytes("1"))]),
    ).toEqual([true, true]);
    expect(counting.requests() - before).toBe(6);
    expect(await backend.swap("c", undefined, bytes("1"))).toBe(true);
    expect(counting.requests() - before).toBe(7);
  });

  test("rejects, and does not say that it lost, when the answer to its own write was lost and the SDK repeats it", async (context) => {
    const store = shared.orSkip(context);
    const proxy = await startFaultProxy(store);
    context.onTestFinished(() => proxy.stop());
    const path = nextPath();
    const backend = await store.connect({ endpoint: proxy.endpoint, path });
    const direct = await store.connect({ path });
    expect(await backend.swap("b", undefined, bytes("b"))).toBe(true);
    await proxy.set("stall");
    const outcome = backend.swap("a", undefined, bytes("mine")).catch((error: unknown) => error);
    await expect.poll(() => direct.get("a"), { timeout: 10_000 }).toEqual(bytes("mine"));
    await proxy.set("refuse");
    await proxy.set("pass");
    expect(await outcome).toMatchObject({ message: expect.stringMatching(/not known whether the first one was done/) });
    expect(await backend.swap("a", undefined, bytes("again"))).toBe(false);
  });

  test("probes nothing for a caller who has gone already, whom nobody would tell that it failed", async (context) => {
    const store = shared.orSkip(context);
    const backend = await store.connect({ endpoint: "http://127.0.0.1:1", config: { maxAttempts: 1 } });
    const unhandled: unknown[] = [];
    const listener = (error: unknown) => unhandled.push(error);
    process.on("unhandledRejection", listener);
    context.onTestFinished(() => void process.off("unhandledRejection", listener));
    const signal = AbortSignal.abort(new Error("gone"));
    await expect(backend.swap("a", undefined, bytes("a"), { signal })).rejects.toThrow("gone");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(unhandled).toEqual([]);
  });

  test("reports a probe that it may not remove", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    const backend = await store.connect({ path });
    await using _ = await denied(store, "s3:DeleteObject", `${path}/*`);
    const events: BackendEvent[] = [];
    expect(await backend.swap("a", undefined, bytes("a"), { report: (event) => events.push(event) })).toBe(true);
    expect(events).toEqual([
      {
        type: "failed",
        backend: "s3",
        operation: "delete",
        key: expect.stringContaining("/_conditions/"),
        error: expect.any(Error),
      },
    ]);
  });
});

describe("a store that ignores conditions", () => {
  const lax = sharedServer(() => startBucket({ checkSignatures: false }));
  beforeAll(lax.start, startTimeout);
  afterAll(lax.stop, 60_000);

  test.for(["if-none-match", "if-match"])("cannot swap, though it accepts %s", async (header, context) => {
    const store = lax.orSkip(context);
    const proxy = await startHttpProxy({ target: store.endpoint, withoutHeaders: [header] });
    context.onTestFinished(proxy.stop);
    const backend = await store.connect({ endpoint: proxy.endpoint, path: nextPath() });
    const failure = { code: "UNSUPPORTED", backend: "s3", operation: "swap", key: "a" };
    await expect(backend.swap("a", undefined, bytes("a"))).rejects.toMatchObject(failure);
    await expect(backend.swap("a", bytes("a"), bytes("b"))).rejects.toMatchObject(failure);
    expect(await Array.fromAsync(backend.list(""))).toEqual([]);
  });

  test("cannot swap what it gives no ETag of", async (context) => {
    const store = lax.orSkip(context);
    const proxy = await startHttpProxy({ target: store.endpoint, withoutReplyHeaders: ["etag"] });
    context.onTestFinished(proxy.stop);
    const backend = await store.connect({ endpoint: proxy.endpoint, path: nextPath() });
    await backend.put("a", bytes("a"));
    await expect(backend.swap("a", bytes("a"), bytes("b"))).rejects.toMatchObject({ code: "UNSUPPORTED", key: "a" });
    expect(await backend.get("a")).toEqual(bytes("a"));
  });

  test("still keeps answers for a cache that would coalesce through it", async (context) => {
    const store = lax.orSkip(context);
    const proxy = await startHttpProxy({ target: store.endpoint, withoutHeaders: ["if-none-match", "if-match"] });
    context.onTestFinished(proxy.stop);
    const backend = await store.connect({ endpoint: proxy.endpoint, path: nextPath() });
    await using cache = new Cache({ backend, coalesce: "distributed", readTimeout: 20 });
    const call = { operation: "chat", params: { question: 1 } };
    expect((await cache.run(call, async () => "answer")).status).toBe("miss");
    await cache.flush();
    expect(await cache.run(call, async () => "another")).toMatchObject({ status: "hit", value: "answer" });
  });
});

describe("what is wrong with the bucket", () => {
  test.for<[string, (store: TestBucket) => ReturnType<TestBucket["connect"]>, RegExp]>([
    [
      "a bucket that is not there",
      (store) => store.connect({ bucket: "no-such-bucket" }),
      /bucket no-such-bucket is not there: create it/,
    ],
    [
      "a secret that is wrong",
      (store) => store.connect({ accessKeyId: store.accessKeyId, secretAccessKey: "wrong" }),
      /does not accept the credentials .*: give the cache an access key/,
    ],
    [
      "an access key that nobody has",
      (store) => store.connect({ accessKeyId: "AKIANOBODY", secretAccessKey: "x" }),
      /does not accept the credentials/,
    ],
    [
      "an endpoint where nobody listens",
      (store) => store.connect({ endpoint: "http://127.0.0.1:1" }),
      /endpoint of the bucket .* cannot be reached/,
    ],
  ])(
    "%s is one clear event for a call, which is answered, and an error that says what to do",
    async ([, connect, message], context) => {
      await checkExplanation(await connect(shared.orSkip(context)), message);
    },
  );

  test("a bucket that may not be listed is told as such, also where a key is only missing", async (context) => {
    const store = shared.orSkip(context);
    const advice =
      /denies access to the bucket .*: grant s3:ListBucket on it .* s3:GetObject, s3:PutObject and s3:DeleteObject on .*\/\*/;
    const { Statement } = await minimalPolicy(store, "answers");
    const withoutList = Statement.filter(({ Action }) => Action !== "s3:ListBucket");
    expect(withoutList).toHaveLength(Statement.length - 1);
    const backend = await store.connect({
      path: "answers",
      ...(await store.newUser(context, { Statement: withoutList })),
    });
    await backend.put("a", bytes("a"));
    expect(await backend.get("a")).toEqual(bytes("a"));
    await expect(Array.fromAsync(backend.list(""))).rejects.toThrow(advice);
    await expect(backend.ping()).rejects.toThrow(advice);
    await using cache = new Cache({ backend, readTimeout: 20 });
    await expect(cache.clear()).rejects.toMatchObject({ cause: { message: expect.stringMatching(advice) } });

    // The test server says that it is missing, where S3 denies it.
    const nobody = await store.connect({
      path: "answers",
      ...(await store.newUser(context, await minimalPolicy(store, "elsewhere"))),
    });
    await expect(nobody.get("missing")).rejects.toThrow(advice);
  });

  test("is nothing for a user with the policy of the README, below the path", async (context) => {
    const store = shared.orSkip(context);
    const keys = await store.newUser(context, await minimalPolicy(store, "answers"));
    const backend = await store.connect({ path: "answers", ...keys });
    await backend.ping();
    await backend.put("p/a", bytes("a"));
    expect(await backend.swap("p/a", bytes("a"), bytes("b"))).toBe(true);
    expect(await backend.get("p/a")).toEqual(bytes("b"));
    expect(await Array.fromAsync(backend.list("p/"))).toEqual(["p/a"]);
    // Alone: the test server wants a permission on the whole bucket for batches, which S3 does not.
    await backend.delete("p/a");
    const elsewhere = await store.connect({ path: "secrets", ...keys });
    await expect(elsewhere.put("a", bytes("a"))).rejects.toThrow(/denies access/);
  });

  test("a batch of which some keys may not be deleted rejects with an error for each of them", async (context) => {
    const store = shared.orSkip(context);
    const path = nextPath();
    const backend = await store.connect({ path });
    for (const key of ["a/1", "a/2", "b/1"]) await backend.put(key, bytes(key));
    await using _ = await denied(store, "s3:DeleteObject", `${path}/a/*`);
    const failure: unknown = await backend.deleteMany(["a/1", "a/2", "b/1"]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AggregateError);
    expect(failure).toMatchObject({
      message: expect.stringMatching(/deleted all but 2 of 3 keys: .*denies access .*: grant .*AccessDenied/),
      errors: [
        expect.objectContaining({ message: expect.stringContaining("a/1") }),
        expect.objectContaining({ message: expect.stringContaining("a/2") }),
      ],
    });
    expect(await backend.get("b/1")).toBeUndefined();
  });

  test("a server that is no S3 is an error, and not a miss", async (context) => {
    const server = createServer((_, reply) =>
      reply.writeHead(404, { "content-type": "text/html" }).end("<h1>Not Found</h1>"),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    context.onTestFinished(() => void server.close());
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const backend = await shared.orSkip(context).connect({ endpoint });
    await expect(backend.get("a")).rejects.toThrow();
    await expect(backend.ping()).rejects.toThrow();
    await backend[Symbol.asyncDispose]();
  });
});

function headOf(store: TestBucket, backend: S3Backend, key: string) {
  return backend.client
    .send(new ListObjectsV2Command({ Bucket: store.bucket }))
    .then(({ Contents = [] }) => Contents.find(({ Key }) => Key?.endsWith(`/${key}`))?.Key)
    .then((Key) => backend.client.send(new HeadObjectCommand({ Bucket: store.bucket, Key })));
}

/** Has the bucket deny something to everybody, until it is disposed of. */
async function denied(store: TestBucket, action: string, below: string): Promise<AsyncDisposable> {
  const { client: admin } = await store.connect();
  const Resource = `arn:aws:s3:::${store.bucket}${below === "" ? "" : `/${below}`}`;
  const Statement = [{ Effect: "Deny", Principal: "*", Action: action, Resource }];
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await admin.send(new PutBucketPolicyCommand({ Bucket: store.bucket, Policy }));
  return {
    async [Symbol.asyncDispose]() {
      await admin.send(new DeleteBucketPolicyCommand({ Bucket: store.bucket }));
    },
  };
}

interface Policy {
  readonly Statement: readonly { readonly Action: string | readonly string[] }[];
}

/** What the README tells the owner of a bucket to grant. */
async function minimalPolicy({ bucket }: TestBucket, path: string): Promise<Policy> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, policy = ""] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
  return JSON.parse(policy.replaceAll("my-bucket", bucket).replaceAll("my-path", path)) as Policy;
}
