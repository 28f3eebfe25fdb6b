import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { connectRedis } from "@llmcache/redis";
import { connect, rejectionOf } from "./support/connect.ts";

/** What a client was made with, without waiting for any server. */
async function optionsOf(environment: Record<string, string>, options: object = {}): Promise<Redis["options"]> {
  return ((await connect({ ...options, environment })).client as Redis).options;
}

test("a variable that is wrong is an error that names it, and never shows its value", async () => {
  const wrong: Readonly<Record<string, string>> = {
    REDIS_URL: "s3cret",
    REDIS_PORT: "s3cret",
    REDIS_DB: "s3cret",
    REDIS_SSL: "s3cret",
    REDIS_SSL_CERT_REQS: "s3cret",
    REDIS_SSL_CHECK_HOSTNAME: "s3cret",
    REDIS_SOCKET_TIMEOUT: "s3cret",
    REDIS_SOCKET_CONNECT_TIMEOUT: "-1",
    REDIS_CLUSTER_NODES: "[s3cret",
    REDIS_SENTINEL_NODES: '{"s3cret": 1}',
    REDIS_AWS_IAM_AUTH: "s3cret",
    REDIS_AZURE_AD_TOKEN: "s3cret",
  };
  for (const [name, value] of Object.entries(wrong)) {
    const error = await rejectionOf(connectRedis({ environment: { [name]: value } }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(new RegExp(`^${name} `));
    expect(error.message).not.toContain("s3cret");
  }
});

test("numbers and booleans arrive as what they are, and empty variables not at all", async () => {
  const options = await optionsOf({
    REDIS_HOST: "127.0.0.1",
    REDIS_PORT: "1",
    REDIS_DB: "3",
    REDIS_USERNAME: "user",
    REDIS_PASSWORD: "pass",
    REDIS_SSL: "false",
    REDIS_SOCKET_TIMEOUT: "1.5",
    REDIS_SOCKET_CONNECT_TIMEOUT: "2",
    REDIS_CLIENT_NAME: "gateway",
    REDIS_CLUSTER_NODES: "",
  });
  expect(options).toMatchObject({
    ...{ host: "127.0.0.1", port: 1, db: 3, username: "user", password: "pass", connectionName: "gateway" },
    ...{ commandTimeout: 1500, connectTimeout: 2000 },
  });
  expect(options.tls).toBeUndefined();
});

test("a URL counts for more than the other variables, and an option for more than both", async () => {
  const environment = {
    REDIS_URL: "rediss://:from-url@127.0.0.1:1/4",
    REDIS_HOST: "127.0.0.2",
    REDIS_PASSWORD: "from-variable",
    REDIS_USERNAME: "user",
    REDIS_DB: "5",
  };
  expect(await optionsOf(environment)).toMatchObject({
    ...{ host: "127.0.0.1", port: 1, db: 4, username: "user", password: "from-url", tls: {} },
  });
  const elsewhere = await optionsOf(environment, { host: "127.0.0.3", password: "from-option" });
  expect(elsewhere).toMatchObject({ host: "127.0.0.3", port: 6379, db: 5, password: "from-option" });
  expect(elsewhere.tls).toBeUndefined();
});

test("what is percent-encoded in a URL is what was meant, and a host that it leaves out is this machine", async () => {
  expect(await optionsOf({ REDIS_URL: "redis://us%40er:p%2Fa%3Fs%23s%25%3A@[::1]:1" })).toMatchObject({
    ...{ username: "us@er", password: "p/a?s#s%:", host: "::1", port: 1 },
  });
  expect(await optionsOf({ REDIS_URL: "redis:///3" })).toMatchObject({ host: "localhost", db: 3 });
});

test("Cluster and Sentinel nodes are read as LiteLLM writes them", async () => {
  const cluster = await connect({
    environment: { REDIS_CLUSTER_NODES: '[{"host": "127.0.0.1", "port": "1"}, {"host": "127.0.0.1", "port": 2}]' },
  });
  expect(cluster.client.isCluster).toBe(true);
  const sentinel = await optionsOf({
    REDIS_SENTINEL_NODES: '[["127.0.0.1", 1], ["127.0.0.1", 2]]',
    REDIS_SERVICE_NAME: "mymaster",
    REDIS_SENTINEL_PASSWORD: "of-sentinels",
    REDIS_PASSWORD: "of-data",
    REDIS_SSL: "true",
  });
  expect(sentinel).toMatchObject({
    sentinels: [
      { host: "127.0.0.1", port: 1 },
      { host: "127.0.0.1", port: 2 },
    ],
    ...{ name: "mymaster", sentinelPassword: "of-sentinels", password: "of-data", enableTLSForSentinelMode: true },
  });
  expect(sentinel.sentinelTLS).toBeDefined();
  await expect(connectRedis({ environment: { REDIS_SENTINEL_NODES: '[["127.0.0.1", 1]]' } })).rejects.toThrow(
    "REDIS_SERVICE_NAME must be set, because REDIS_SENTINEL_NODES is",
  );
});

test("an authority that is to be trusted means TLS, unless the environment says otherwise", async () => {
  const tlsOf = async (variables: Record<string, string>) =>
    (await optionsOf({ REDIS_HOST: "127.0.0.1", REDIS_PORT: "1", ...variables })).tls;
  expect(await tlsOf({ REDIS_SSL_CA_DATA: "PEM" })).toMatchObject({ ca: "PEM", rejectUnauthorized: true });
  expect(await tlsOf({ REDIS_GCP_SSL_CA_CERTS: import.meta.filename })).toMatchObject({ rejectUnauthorized: true });
  expect(await tlsOf({ REDIS_SSL_CA_DATA: "PEM", REDIS_SSL: "false" })).toBeUndefined();
});

test("a certificate that is optional or not required is not checked by name, or not at all", async () => {
  const tlsOf = async (variables: Record<string, string>) =>
    (await optionsOf({ REDIS_HOST: "127.0.0.1", REDIS_PORT: "1", REDIS_SSL: "true", ...variables })).tls as {
      readonly rejectUnauthorized?: boolean;
      readonly checkServerIdentity?: unknown;
    };
  expect(await tlsOf({ REDIS_SSL_CERT_REQS: "none" })).toMatchObject({ rejectUnauthorized: false });
  const optional = await tlsOf({ REDIS_SSL_CERT_REQS: "optional" });
  expect(optional).toMatchObject({ rejectUnauthorized: true, checkServerIdentity: expect.any(Function) });
  const required = await tlsOf({ REDIS_SSL_CERT_REQS: "required" });
  expect(required).toMatchObject({ rejectUnauthorized: true });
  expect(required.checkServerIdentity).toBeUndefined();
});
