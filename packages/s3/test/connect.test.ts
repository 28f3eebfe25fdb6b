import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { inspect } from "node:util";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type ConnectS3Options, connectS3 } from "@llmcache/s3";
import { makeCertificates } from "@llmcache/test-servers";

const folder = mkdtempSync(join(tmpdir(), "llmcache-s3-"));
afterAll(() => rmSync(folder, { recursive: true }));

const variables = [
  "S3_BUCKET_NAME",
  "AWS_REGION",
  "AWS_DEFAULT_REGION",
  "AWS_ENDPOINT_URL",
  "AWS_ENDPOINT_URL_S3",
  "AWS_CA_BUNDLE",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_PROFILE",
];

beforeEach(() => {
  for (const name of variables) vi.stubEnv(name, undefined);
  // No file of the person who runs the tests.
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  return () => vi.unstubAllEnvs();
});

/** Where a request would go, as the SDK works it out, and with what. */
async function settingsOf(options: ConnectS3Options) {
  await using backend = await connectS3(options);
  const { config } = backend.client;
  const endpoint = await config.endpoint?.();
  return {
    region: await config.region().catch((error: unknown) => String(error)),
    endpoint:
      endpoint && `${endpoint.protocol}//${endpoint.hostname}${endpoint.port === undefined ? "" : `:${endpoint.port}`}`,
    forcePathStyle: config.forcePathStyle,
    credentials: await config.credentials().catch(() => undefined),
  };
}

describe("options", () => {
  test.for<[string, unknown, RegExp]>([
    ["no bucket", {}, /bucket must be the name of a bucket, or the variable S3_BUCKET_NAME must hold it/],
    ["a bucket that is no string", { bucket: 5 }, /bucket must be of type string, got a number/],
    [
      "half a pair of keys",
      { bucket: "b", accessKeyId: "x" },
      /accessKeyId and secretAccessKey must be given together/,
    ],
    ["a session token alone", { bucket: "b", sessionToken: "x" }, /accessKeyId and secretAccessKey must be/],
    [
      "an endpoint that is none",
      { bucket: "b", endpoint: "http://" },
      /endpoint must be a URL or a host with its port/,
    ],
    ["no TLS to nowhere", { bucket: "b", ssl: false }, /without ssl it needs an endpoint or a region/],
    ["verify as a number", { bucket: "b", verify: 0 }, /verify must be of type boolean or string, got a number/],
    ["config as null", { bucket: "b", config: null }, /config must be of type object, got null/],
    [
      "an option of LiteLLM's own spelling",
      { s3_bucket_name: "b" },
      /unknown option "s3_bucket_name"; known are bucket/,
    ],
    ["a client", { bucket: "b", client: {} }, /unknown option "client"/],
  ])("refuse %s with a TypeError that says what is wrong", async ([, options, message]) => {
    const connecting = connectS3(options as ConnectS3Options);
    await expect(connecting).rejects.toThrow(TypeError);
    await expect(connecting).rejects.toThrow(message);
  });

  test("reach the SDK", async () => {
    const keys = { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" };
    expect(await settingsOf({ bucket: "b", region: "eu-west-1", ...keys, apiVersion: "2006-03-01" })).toMatchObject({
      region: "eu-west-1",
      endpoint: undefined,
      forcePathStyle: false,
      credentials: keys,
    });
    expect(await settingsOf({ bucket: "b", region: "eu-west-1", config: { region: "eu-north-1" } })).toMatchObject({
      region: "eu-north-1",
    });
  });

  test.for<[ConnectS3Options, { endpoint: string; forcePathStyle: boolean; region: string }]>([
    [
      { endpoint: "http://127.0.0.1:9000" },
      { endpoint: "http://127.0.0.1:9000", forcePathStyle: true, region: "us-east-1" },
    ],
    [{ endpoint: "minio:9000" }, { endpoint: "https://minio:9000", forcePathStyle: true, region: "us-east-1" }],
    [
      { endpoint: "minio:9000", ssl: false },
      { endpoint: "http://minio:9000", forcePathStyle: true, region: "us-east-1" },
    ],
    [
      { endpoint: "https://store.example", forcePathStyle: false },
      { endpoint: "https://store.example", forcePathStyle: false, region: "us-east-1" },
    ],
    [
      { endpoint: "https://s3.eu-west-1.amazonaws.com", region: "eu-west-1" },
      { endpoint: "https://s3.eu-west-1.amazonaws.com", forcePathStyle: false, region: "eu-west-1" },
    ],
    [
      { region: "eu-west-1", ssl: false },
      { endpoint: "http://s3.eu-west-1.amazonaws.com", forcePathStyle: false, region: "eu-west-1" },
    ],
  ])("%o lead to an endpoint with the path style that it needs", async ([options, expected]) => {
    expect(await settingsOf({ bucket: "b", ...options })).toMatchObject(expected);
  });

  test("may all come from the environment", async () => {
    vi.stubEnv("S3_BUCKET_NAME", "from-environment");
    vi.stubEnv("AWS_DEFAULT_REGION", "ap-south-1");
    vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    expect(await settingsOf({})).toMatchObject({
      region: "ap-south-1",
      forcePathStyle: false,
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    });
    vi.stubEnv("AWS_REGION", "ap-south-2");
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:9000");
    expect(await settingsOf({})).toMatchObject({
      region: "ap-south-2",
      endpoint: "http://127.0.0.1:9000",
      forcePathStyle: true,
    });
    vi.stubEnv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9001");
    expect(await settingsOf({ region: "eu-west-1" })).toMatchObject({
      region: "eu-west-1",
      endpoint: "http://127.0.0.1:9001",
    });
  });
});

describe("a store with a certificate of its own", () => {
  const authority = join(folder, "authority.pem");

  test("is trusted by its file, from the option or AWS_CA_BUNDLE, or without one where anyone is, and otherwise not", async () => {
    const { ca, certificate: cert, key } = (await makeCertificates()).forServers;
    writeFileSync(authority, ca);
    const server = createServer({ key, cert }, (_, reply) => {
      reply.end("<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ping = async (verify?: boolean | string) => {
      await using backend = await connectS3({ bucket: "b", endpoint, verify, accessKeyId: "x", secretAccessKey: "x" });
      await backend.ping();
    };
    try {
      await expect(ping()).rejects.toThrow(
        /certificate of the endpoint .* is not known here: give the file of its authority as verify/,
      );
      await expect(ping(true)).rejects.toThrow(/is not known here/);
      await ping(authority);
      await ping(false);
      vi.stubEnv("AWS_CA_BUNDLE", authority);
      await ping();
      await expect(ping(join(folder, "missing"))).rejects.toThrow(
        /^connectS3: verify must be the path of a file that can be read \(ENOENT\)/,
      );
      vi.stubEnv("AWS_CA_BUNDLE", join(folder, "missing"));
      await expect(ping()).rejects.toThrow(/^connectS3: the variable AWS_CA_BUNDLE must be the path of a file/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

test("a backend shows no credentials where it is printed", async () => {
  await using backend = await connectS3({ bucket: "b", region: "r", accessKeyId: "id", secretAccessKey: "s3cret" });
  await backend.client.config.credentials();
  expect(inspect(backend, { depth: 20, showHidden: true })).not.toContain("s3cret");
  expect(JSON.stringify(backend)).not.toContain("s3cret");
});

test("requests go through the proxy that the environment names", async () => {
  const asked: string[] = [];
  const proxy = createHttpServer((incoming, outgoing) => {
    asked.push(incoming.url ?? "");
    outgoing.end("<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>");
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.stubEnv("NO_PROXY", "");
  const options = { bucket: "b", endpoint: "http://s3.invalid", accessKeyId: "x", secretAccessKey: "x" };
  await using backend = await connectS3(options);
  await backend.ping();
  expect(asked).toEqual([expect.stringMatching(/^http:\/\/s3\.invalid\/b/)]);
  proxy.close();
});

test("a batch is deleted on a store that insists on the older checksum", async (context) => {
  const bodies: string[] = [];
  const server = createHttpServer((request, reply) => void answer(request, reply));
  const answer = async (request: IncomingMessage, reply: ServerResponse) => {
    const body = await buffer(request);
    const isRight = request.headers["content-md5"] === createHash("md5").update(body).digest("base64");
    bodies.push(body.toString());
    reply.writeHead(isRight ? 200 : 400);
    reply.end(isRight ? "<DeleteResult />" : "<Error><Code>MissingContentMD5</Code></Error>");
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.onTestFinished(() => void server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using backend = await connectS3({ bucket: "b", endpoint, accessKeyId: "x", secretAccessKey: "x" });
  await backend.deleteMany(["a", "b"]);
  expect(bodies).toEqual([expect.stringMatching(/<Key>a<\/Key>.*<Key>b<\/Key>/)]);
});
