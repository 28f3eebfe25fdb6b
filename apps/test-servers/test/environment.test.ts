import { afterEach, expect, test, vi } from "vitest";
import {
  serverOrSkip,
  type Stoppable,
  startAzure,
  startQdrant,
  startRedis,
  startS3,
  startTimeout,
} from "../src/index.ts";

const timeout = startTimeout;

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a Redis that the environment names is used by calls that ask for nothing else", { timeout }, async (context) => {
  const named = await serverOrSkip(context, () => startRedis({ own: true, password: "open sesame" }));
  vi.stubEnv("LLMCACHE_TEST_REDIS_URL", named.url);
  vi.stubEnv("LLMCACHE_TEST_REDIS_SEARCH_URL", "rediss://user:secret@redis.example:6380/");
  const shared = await startRedis();
  expect([shared.url, shared.host, shared.port]).toEqual([named.url, named.host, named.port]);
  await shared.command("SET", "key", "value");
  expect(await named.command("GET", "key")).toBe("value");
  expect(() => shared.processId).toThrow("LLMCACHE_TEST_REDIS_URL names is not this test's own");
  expect(() => shared.freeze()).toThrow("{ own: true }");
  await shared.stop();
  expect(await named.command("PING")).toBe("PONG");

  expect((await startRedis({ search: true })).host).toBe("redis.example");
  for (const options of [{ own: true }, { password: "other" }, { unixSocket: true }]) {
    expect((await started(startRedis(options))).url).not.toBe(named.url);
  }
});

test("other stores that the environment names are used as well", async () => {
  vi.stubEnv("LLMCACHE_TEST_S3_ENDPOINT", "https://s3.example");
  await expect(startS3()).rejects.toThrow("LLMCACHE_TEST_S3_ENDPOINT needs AWS_ACCESS_KEY_ID too");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "id");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  vi.stubEnv("AWS_REGION", "eu-central-1");
  expect(await startS3({ checkSignatures: true })).toMatchObject({
    endpoint: "https://s3.example",
    accessKeyId: "id",
    secretAccessKey: "secret",
    region: "eu-central-1",
  });

  const account = "DefaultEndpointsProtocol=https;AccountName=name;AccountKey=a2V5==;EndpointSuffix=core.example";
  vi.stubEnv("LLMCACHE_TEST_AZURE_CONNECTION_STRING", account);
  expect(await startAzure()).toMatchObject({
    connectionString: account,
    accountName: "name",
    accountKey: "a2V5==",
    endpoint: "https://name.blob.core.example",
  });
  vi.stubEnv("LLMCACHE_TEST_AZURE_CONNECTION_STRING", "BlobEndpoint=https://name.example;SharedAccessSignature=sv");
  await expect(startAzure()).rejects.toThrow("LLMCACHE_TEST_AZURE_CONNECTION_STRING has no AccountName");

  vi.stubEnv("LLMCACHE_TEST_QDRANT_URL", "https://qdrant.example");
  expect((await startQdrant()).apiKey).toBeUndefined();
  vi.stubEnv("LLMCACHE_TEST_QDRANT_API_KEY", "key");
  expect(await startQdrant()).toMatchObject({ url: "https://qdrant.example", apiKey: "key" });
});

async function started<Server extends Stoppable>(start: Promise<Server>): Promise<Server> {
  const server = await start;
  await server.stop();
  return server;
}
