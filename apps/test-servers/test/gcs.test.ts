import { createHash, createSign } from "node:crypto";
import { gzipSync } from "node:zlib";
import { ApiError, type Bucket, Storage } from "@google-cloud/storage";
import { type LocalGcs, startGcs, startLocalGcs } from "../src/index.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

// For a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

let gcs: LocalGcs;
let storage: Storage;
let bucket: Bucket;
beforeAll(async () => {
  gcs = await startLocalGcs({ buckets: ["cache"] });
  storage = new Storage({ apiEndpoint: gcs.endpoint, projectId: gcs.projectId, retryOptions: { autoRetry: false } });
  bucket = storage.bucket("cache");
});
afterAll(() => gcs.stop());
beforeEach(() => gcs.denied.clear());

const simple = { resumable: false } as const;

/** The reason that Google gives for an error, behind its status. */
async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) return `no error of the API but ${String(error)}`;
  return `${error.code} ${error.errors?.[0]?.reason ?? error.message}`;
}

/** A request as it is, for what the client would not send. */
const send = (path: string, init?: RequestInit) => fetch(`${gcs.endpoint}${path}`, init);

async function reasonOf(reply: Response): Promise<string> {
  const { error } = (await reply.json()) as { error: { code: number; errors: { reason: string }[] } };
  expect(error.code).toBe(reply.status);
  return `${error.code} ${error.errors[0]?.reason}`;
}

describe("an object", () => {
  test.for([
    ["in one request", simple, 12],
    ["in one request, with nothing in it", simple, 0],
    ["in a session", { resumable: true }, 600_000],
    ["in a session of several pieces", { resumable: true, chunkSize: 262_144 }, 600_000],
  ] as const)("that is uploaded %s comes back as it was, with its checksums", async ([name, options, length]) => {
    const content = Buffer.alloc(length, "content");
    const file = bucket.file(`uploads/${name}`);
    await file.save(content, { ...options, validation: "crc32c" });
    const [found] = await file.download({ validation: "crc32c" });
    expect(found.equals(content)).toBe(true);
    const [metadata] = await file.getMetadata();
    const md5Hash = createHash("md5").update(content).digest("base64");
    expect(metadata).toMatchObject({ size: `${length}`, md5Hash, metageneration: "1", bucket: "cache" });
  });

  test("has a crc32c as RFC 3720 computes it", async () => {
    await bucket.file("zeros").save(Buffer.alloc(32), simple);
    const [{ crc32c }] = await bucket.file("zeros").getMetadata();
    expect(crc32c).toBe(Buffer.from("8a9136aa", "hex").toString("base64"));
  });

  test("has a name of any characters, and its slashes are no folders", async () => {
    for (const name of ["a/b", "a//b", "a b+c%2F", "ü/日本", "..a", "a/../b", "?#&="]) {
      await bucket.file(`names/${name}`).save(name, simple);
      expect((await bucket.file(`names/${name}`).download())[0].toString()).toBe(name);
      expect((await bucket.getFiles({ prefix: `names/${name}` }))[0].map((file) => file.name)).toContain(
        `names/${name}`,
      );
    }
  });

  test("gets a higher generation with each write, also of the same bytes in the same moment", async () => {
    const generations = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const file = bucket.file(`generations/${index % 5}`);
        await file.save("x", simple);
        return BigInt(file.metadata.generation ?? 0);
      }),
    );
    expect(new Set(generations).size).toBe(50);
    const before = Math.max(...generations.map(Number));
    await bucket.file("generations/0").save("x", simple);
    expect(Number((await bucket.file("generations/0").getMetadata())[0].generation)).toBeGreaterThan(before);
  });

  test("is patched: members change or go, the generation stays", async () => {
    const file = bucket.file("patched");
    const customTime = "2030-01-02T03:04:05.006Z";
    await file.save("x", { ...simple, metadata: { customTime, metadata: { one: "1", two: "2" } } });
    const { generation } = file.metadata;
    await file.setMetadata({ metadata: { one: null, three: "3" }, cacheControl: "no-store" });
    expect((await file.getMetadata())[0]).toMatchObject({
      generation,
      metageneration: "2",
      customTime,
      cacheControl: "no-store",
      metadata: { two: "2", three: "3" },
    });
    expect((await file.getMetadata())[0].metadata).not.toHaveProperty("one");
    expect(await refusalOf(file.setMetadata({ customTime: "2029-01-01T00:00:00Z" }))).toBe("400 invalid");
    expect(await refusalOf(file.setMetadata({ contentType: "a/b" }, { ifMetagenerationMatch: 1 }))).toBe(
      "412 conditionNotMet",
    );
  });

  test("is deleted once", async () => {
    const file = bucket.file("deleted");
    await file.save("x", simple);
    await file.delete();
    expect(await refusalOf(file.delete())).toBe("404 notFound");
    expect(await file.exists()).toEqual([false]);
  });
});

describe("conditions", () => {
  const save = (name: string, preconditionOpts: object) =>
    bucket.file(name).save("new", { ...simple, preconditionOpts });

  test("decide whether an object is written", async () => {
    const name = "conditions/written";
    expect(await refusalOf(save(name, { ifGenerationMatch: 1 }))).toBe("412 conditionNotMet");
    await save(name, { ifGenerationMatch: 0 });
    expect(await refusalOf(save(name, { ifGenerationMatch: 0 }))).toBe("412 conditionNotMet");
    const [{ generation = "" }] = await bucket.file(name).getMetadata();
    await save(name, { ifGenerationMatch: generation });
    expect(await refusalOf(save(name, { ifGenerationMatch: generation }))).toBe("412 conditionNotMet");
    expect(await refusalOf(save(name, { ifMetagenerationMatch: 2 }))).toBe("412 conditionNotMet");
    expect(await refusalOf(save(name, { ifGenerationNotMatch: 0 }))).not.toMatch(/^\d/);
  });

  test("let one of 16 win who write at the same time, in one request or in sessions", async () => {
    for (const options of [simple, { resumable: true }]) {
      const racers = Array.from({ length: 16 }, (_, index) =>
        bucket.file("conditions/raced").save(`${index}`, { ...options, preconditionOpts: { ifGenerationMatch: 0 } }),
      );
      const results = await Promise.allSettled(racers);
      expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      await bucket.file("conditions/raced").delete();
    }
  });

  test("decide whether it is read or deleted", async () => {
    const path = "/storage/v1/b/cache/o/conditions%2Fread";
    await bucket.file("conditions/read").save("x", simple);
    const { generation } = (await (await send(path)).json()) as { generation: string };
    expect((await send(`${path}?alt=media&ifGenerationNotMatch=${generation}`)).status).toBe(304);
    expect((await send(`${path}?alt=media&ifGenerationMatch=${generation}`)).status).toBe(200);
    expect((await send(`${path}?generation=1`)).status).toBe(404);
    expect(await reasonOf(await send(`${path}?ifGenerationMatch=x`))).toBe("400 invalid");
    expect((await send(`${path}?ifGenerationMatch=1`, { method: "DELETE" })).status).toBe(412);
    expect((await send(`${path}?ifGenerationMatch=${generation}`, { method: "DELETE" })).status).toBe(204);
  });
});

describe("a download", () => {
  test("gives the range that is asked for", async () => {
    const file = bucket.file("ranges");
    await file.save("0123456789", simple);
    const part = async (start?: number, end?: number) =>
      (await file.download({ ...(start !== undefined && { start }), ...(end !== undefined && { end }) }))[0].toString();
    expect([await part(2, 4), await part(7), await part(undefined, -3), await part(8, 99)]).toEqual([
      "234",
      "789",
      "789",
      "89",
    ]);
    const path = "/storage/v1/b/cache/o/ranges?alt=media";
    const reply = await send(path, { headers: { range: "bytes=2-4" } });
    expect([reply.status, reply.headers.get("content-range")]).toEqual([206, "bytes 2-4/10"]);
    expect((await send(path, { headers: { range: "bytes=10-" } })).status).toBe(416);
  });

  test("says which generation it is of, and its checksums", async () => {
    const file = bucket.file("headers");
    await file.save("hello", simple);
    const { headers } = await send("/storage/v1/b/cache/o/headers?alt=media");
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-goog-generation": file.metadata.generation,
      "x-goog-metageneration": "1",
      "x-goog-hash": `crc32c=${file.metadata.crc32c},md5=${file.metadata.md5Hash}`,
      "x-goog-stored-content-encoding": "identity",
      "x-goog-stored-content-length": "5",
      "content-length": "5",
    });
  });

  test("of what is stored compressed is decompressed only for those who do not accept it so", async () => {
    const text = "compress me ".repeat(100);
    await bucket.file("zipped").save(text, { ...simple, gzip: true });
    expect((await bucket.file("zipped").download())[0].toString()).toBe(text);
    const path = "/download/storage/v1/b/cache/o/zipped?alt=media";
    const plain = await send(path, { headers: { "accept-encoding": "identity" } });
    expect([await plain.text(), plain.headers.get("content-encoding")]).toEqual([text, null]);
    expect(plain.headers.get("x-goog-stored-content-length")).toBe(`${gzipSync(text).length}`);
  });
});

describe("a listing", () => {
  const names = ["a", "a/1", "a/2", "a/b/1", "a0", "b", "ä"];
  beforeAll(async () => {
    gcs.denied.clear();
    await storage.createBucket("listing");
    await Promise.all(names.map((name) => storage.bucket("listing").file(name).save(name, simple)));
  });
  const list = async (query: object) => {
    const [files, , reply] = await storage.bucket("listing").getFiles({ autoPaginate: false, ...query });
    const { prefixes = [], nextPageToken } = reply as { prefixes?: string[]; nextPageToken?: string };
    return { names: files.map(({ name }) => name), prefixes, nextPageToken };
  };

  test("is in the order of bytes, from and to where it is asked for", async () => {
    expect((await list({})).names).toEqual(["a", "a/1", "a/2", "a/b/1", "a0", "b", "ä"]);
    expect((await list({ prefix: "a/" })).names).toEqual(["a/1", "a/2", "a/b/1"]);
    expect((await list({ startOffset: "a/2", endOffset: "b" })).names).toEqual(["a/2", "a/b/1", "a0"]);
    expect(await list({ prefix: "a/", delimiter: "/" })).toMatchObject({ names: ["a/1", "a/2"], prefixes: ["a/b/"] });
    expect(await list({ delimiter: "/" })).toMatchObject({ names: ["a", "a0", "b", "ä"], prefixes: ["a/"] });
  });

  test.for([{}, { delimiter: "/" }, { prefix: "a" }])(
    "comes in pages that miss and repeat nothing: %o",
    async (query) => {
      const whole = await list(query);
      for (const maxResults of [1, 2, 3]) {
        const seen: string[] = [];
        let pageToken: string | undefined;
        do {
          const page = await list({ ...query, maxResults, pageToken });
          expect(page.names.length + page.prefixes.length).toBeLessThanOrEqual(maxResults);
          seen.push(...page.names, ...page.prefixes);
          pageToken = page.nextPageToken;
        } while (pageToken !== undefined);
        expect(seen.toSorted()).toEqual([...whole.names, ...whole.prefixes].toSorted());
      }
    },
  );

  test("gives the fields that are asked for", async () => {
    const path = "/storage/v1/b/listing/o";
    const select = async (fields: string): Promise<unknown> =>
      (await send(`${path}?maxResults=1&fields=${fields}`)).json();
    expect(await select("items(name,size),prefixes")).toEqual({ items: [{ name: "a", size: "1" }] });
    expect(await select("kind,items/bucket")).toEqual({ kind: "storage#objects", items: [{ bucket: "listing" }] });
    expect(await reasonOf(await send(`${path}?fields=items(`))).toBe("400 invalid");
    expect(await reasonOf(await send(`${path}?maxResults=0`))).toBe("400 invalid");
    expect(await reasonOf(await send(`${path}?pageToken=-`))).toBe("400 invalid");
  });
});

describe("buckets", () => {
  test("are made, changed, listed and removed", async () => {
    const [made] = await storage.createBucket("of-a-test");
    expect(await refusalOf(storage.createBucket("of-a-test"))).toBe("409 conflict");
    expect(await refusalOf(storage.createBucket("Of A Test"))).toBe("400 invalid");
    const rule = { action: { type: "Delete" as const }, condition: { daysSinceCustomTime: 1, matchesPrefix: ["x/"] } };
    await made.addLifecycleRule(rule);
    expect((await made.getMetadata())[0].lifecycle).toEqual({ rule: [rule] });
    const negative = { action: { type: "Delete" as const }, condition: { daysSinceCustomTime: -1 } };
    expect(await refusalOf(made.addLifecycleRule(negative))).toBe("400 invalid");
    expect((await storage.getBuckets({ prefix: "of-a" }))[0].map(({ name }) => name)).toEqual(["of-a-test"]);
    await made.file("x").save("x", simple);
    expect(await refusalOf(made.delete())).toBe("409 conflict");
    await made.file("x").delete();
    await made.delete();
    expect(await made.exists()).toEqual([false]);
  });
});

describe("what Google refuses", () => {
  const upload = "/upload/storage/v1/b/cache/o";
  const post = (path: string, body: string, type = "text/plain") =>
    send(path, { method: "POST", body, headers: { "content-type": type } });
  const parts = (properties: string, end = "--x--") =>
    `--x\r\nContent-Type: application/json\r\n\r\n${properties}\r\n--x\r\nContent-Type: a/b\r\n\r\ncontent\r\n${end}`;
  const related = "multipart/related; boundary=x";

  test.for<[string, () => Promise<Response>, string]>([
    ["an upload of no type", () => post(`${upload}?name=a`, "x"), "400 required"],
    ["an upload of a type that there is not", () => post(`${upload}?uploadType=form&name=a`, "x"), "400 invalid"],
    ["an upload without a name", () => post(`${upload}?uploadType=media`, "x"), "400 required"],
    ["an upload with an empty name", () => post(`${upload}?uploadType=media&name=`, "x"), "400 invalid"],
    ["a name of two dots", () => post(`${upload}?uploadType=media&name=..`, "x"), "400 invalid"],
    ["a name of two lines", () => post(`${upload}?uploadType=media&name=a%0Ab`, "x"), "400 invalid"],
    ["a name of 1025 bytes", () => post(`${upload}?uploadType=media&name=${"a".repeat(1025)}`, "x"), "400 invalid"],
    ["parts that are none", () => post(`${upload}?uploadType=multipart&name=a`, "x"), "400 invalid"],
    [
      "parts without an end",
      () => post(`${upload}?uploadType=multipart&name=a`, parts("{}", "--x"), related),
      "400 invalid",
    ],
    [
      "properties that are no JSON",
      () => post(`${upload}?uploadType=multipart&name=a`, parts("{"), related),
      "400 invalid",
    ],
    [
      "another crc32c",
      () => post(`${upload}?uploadType=multipart&name=a`, parts('{"crc32c":"AAAAAA=="}'), related),
      "400 invalid",
    ],
    [
      "a time that is none",
      () => post(`${upload}?uploadType=multipart&name=a`, parts('{"customTime":"soon"}'), related),
      "400 invalid",
    ],
    ["two names", () => post(`${upload}?uploadType=multipart&name=a`, parts('{"name":"b"}'), related), "400 invalid"],
    [
      "an upload to a bucket that is not there",
      () => post("/upload/storage/v1/b/nowhere/o?uploadType=media&name=a", "x"),
      "404 notFound",
    ],
    [
      "an upload where nothing is uploaded",
      () => post("/storage/v1/b/cache/o?uploadType=media&name=a", "x"),
      "404 notFound",
    ],
    [
      "a session that was never begun",
      () => send(`${upload}?upload_id=x`, { method: "PUT", body: "x" }),
      "404 notFound",
    ],
    ["a listing of a bucket that is not there", () => send("/storage/v1/b/nowhere/o"), "404 notFound"],
    ["a path that is none", () => send("/storage/v2/b"), "404 notFound"],
    ["buckets of no project", () => send("/storage/v1/b"), "400 required"],
  ])("%s", async ([, request, reason]) => {
    expect(await reasonOf(await request())).toBe(reason);
    expect(await bucket.file("a").exists()).toEqual([false]);
  });

  test("is said as a text where bytes were asked for, the object and the bucket apart", async () => {
    const read = (name: string) => send(`/storage/v1/b/${name}/o/none?alt=media`);
    const [object, place] = [await read("cache"), await read("nowhere")];
    expect([object.status, await object.text()]).toEqual([404, "No such object: cache/none"]);
    expect([place.status, await place.text()]).toEqual([404, "The specified bucket does not exist."]);
  });

  test("is done for a request as often as it is told to", async () => {
    gcs.failNext(503, 429);
    const statuses = [
      await send("/storage/v1/b/cache"),
      await send("/storage/v1/b/cache"),
      await send("/storage/v1/b/cache"),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([503, 429, 200]);
  });
});

describe("a session", () => {
  const begin = async (name: string) => {
    const query = `uploadType=resumable&name=${name}`;
    const reply = await send(`/upload/storage/v1/b/cache/o?${query}`, { method: "POST" });
    return reply.headers.get("location") ?? "";
  };
  const put = (location: string, range: string, body?: Buffer) =>
    fetch(location, {
      method: "PUT",
      headers: { "content-range": range },
      ...(body && { body: new Uint8Array(body) }),
    });

  test("tells how far it has come, goes on from there, and is done when all is there", async () => {
    const location = await begin("session");
    const piece = Buffer.alloc(262_144, 1);
    const first = await put(location, "bytes 0-262143/*", piece);
    expect([first.status, first.headers.get("range")]).toEqual([308, "bytes=0-262143"]);
    expect((await put(location, "bytes */262154")).status).toBe(308);
    expect(await bucket.file("session").exists()).toEqual([false]);
    expect((await put(location, "bytes 262144-262153/262154", Buffer.alloc(10, 2))).status).toBe(200);
    expect((await put(location, "bytes */262154")).status, "asked again").toBe(200);
    expect((await bucket.file("session").getMetadata())[0].size).toBe("262154");
  });

  test("refuses pieces of another size, and can be given up", async () => {
    const location = await begin("given-up");
    expect((await put(location, "bytes 0-9/*", Buffer.alloc(10))).status).toBe(400);
    expect((await put(location, "bytes 0-8/20", Buffer.alloc(10))).status).toBe(400);
    expect((await fetch(location, { method: "DELETE" })).status).toBe(499);
    expect((await put(location, "bytes 0-9/10", Buffer.alloc(10))).status).toBe(404);
  });
});

describe("permissions", () => {
  test("that are denied are denied with their name", async () => {
    await bucket.file("mine").save("x", simple);
    gcs.denied.add("storage.objects.delete");
    expect(await refusalOf(bucket.file("mine").delete())).toBe("403 forbidden");
    expect(await refusalOf(bucket.file("mine").save("y", simple)), "an overwrite").toBe("403 forbidden");
    await bucket.file("other").save("y", simple);
    gcs.denied.add("storage.objects.create");
    expect(await refusalOf(bucket.file("third").save("y", simple))).toBe("403 forbidden");
  });

  test("to list are needed to learn that an object is missing", async () => {
    gcs.denied.add("storage.objects.list");
    expect((await send("/storage/v1/b/cache/o/none")).status).toBe(403);
    expect(await refusalOf(bucket.getFiles({ autoPaginate: false }))).toBe("403 forbidden");
  });
});

describe("a server that requires tokens", () => {
  let strict: LocalGcs;
  beforeAll(async () => void (strict = await startLocalGcs({ buckets: ["cache"], requireToken: true })));
  afterAll(() => strict.stop());

  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const aud = "https://oauth2.googleapis.com/token";
  const scope = "https://www.googleapis.com/auth/devstorage.read_write";

  /** As a client does it, with claims of any kind. */
  async function exchange(claims: object = {}, sign?: string): Promise<{ access_token?: string; error?: string }> {
    const { client_email: iss, private_key } = strict.createAccount();
    const iat = Math.floor(Date.now() / 1000);
    const signed = `${encode({ alg: "RS256", typ: "JWT" })}.${encode({ iss, aud, scope, iat, exp: iat + 3600, ...claims })}`;
    const signature = createSign("RSA-SHA256")
      .update(signed)
      .sign(sign ?? private_key, "base64url");
    const form = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: `${signed}.${signature}` };
    const reply = await fetch(strict.tokenEndpoint, { method: "POST", body: new URLSearchParams(form) });
    return (await reply.json()) as { access_token?: string };
  }

  const ask = (headers: HeadersInit) => fetch(`${strict.endpoint}/storage/v1/b/cache/o`, { headers });

  test("turns away who has none, and who has a wrong one", async () => {
    expect(await reasonOf(await ask({}))).toBe("401 required");
    expect(await reasonOf(await ask({ authorization: "Bearer wrong" }))).toBe("401 authError");
  });

  test("gives one for a JWT that the account has signed, until tokens are revoked", async () => {
    const { access_token } = await exchange();
    expect((await ask({ authorization: `Bearer ${access_token}` })).status).toBe(200);
    strict.revokeTokens();
    expect((await ask({ authorization: `Bearer ${access_token}` })).status).toBe(401);
  });

  test.for<[string, object, string]>([
    ["for another audience", { aud: "https://example.com" }, "invalid_grant"],
    ["of an account that there is not", { iss: "nobody@example.com" }, "invalid_grant"],
    ["that has expired", { iat: 1, exp: 3601 }, "invalid_grant"],
    ["that lasts for a day", { exp: Math.floor(Date.now() / 1000) + 86_400 }, "invalid_grant"],
    ["without a scope for storage", { scope: "https://www.googleapis.com/auth/calendar" }, "invalid_scope"],
  ])("gives none for a JWT %s", async ([, claims, error]) => {
    expect((await exchange(claims)).error).toBe(error);
  });

  test("gives none for a JWT that another key has signed", async () => {
    expect((await exchange({}, strict.createAccount().private_key)).error).toBe("invalid_grant");
  });
});

describe("startGcs", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("gives a server with an empty bucket, which stops with it", async () => {
    vi.stubEnv("LLMCACHE_TEST_GCS_ENDPOINT", undefined);
    const server = await startGcs();
    const client = new Storage({ apiEndpoint: server.endpoint, projectId: server.projectId });
    expect((await client.bucket(server.bucket).getFiles())[0]).toEqual([]);
    await server.stop();
    await expect(fetch(server.endpoint)).rejects.toThrow();
  });

  test("makes a bucket on the server that the environment names, which goes on", async () => {
    vi.stubEnv("LLMCACHE_TEST_GCS_ENDPOINT", `${gcs.endpoint}/`);
    const server = await startGcs();
    expect(server.endpoint).toBe(gcs.endpoint);
    await server.stop();
    expect(await storage.bucket(server.bucket).exists()).toEqual([true]);
    gcs.denied.add("storage.buckets.create");
    await expect(startGcs()).rejects.toThrow(/LLMCACHE_TEST_GCS_ENDPOINT made no bucket: 403/);
  });
});
