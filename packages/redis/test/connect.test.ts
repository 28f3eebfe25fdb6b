import { serverOrSkip, startRedis } from "@llmcache/test-servers";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { connectRedis, RedisBackend } from "@llmcache/redis";
import { bytes, connect, rejectionOf, text } from "./support/connect.ts";

async function expectToWork(backend: RedisBackend): Promise<void> {
  await backend.put("a/key", bytes("kept"));
  expect(text(await backend.get("a/key"))).toBe("kept");
}

test("connects by host and port, by URL, and by a unix socket", { timeout: 60_000 }, async (context) => {
  const { host, port, socketPath } = await serverOrSkip(context, () => startRedis({ unixSocket: true, own: true }));
  for (const options of [
    { host, port },
    { url: `redis://${host}:${port}` },
    { path: socketPath },
    { url: `unix://${socketPath}` },
  ]) {
    await expectToWork(await connect(options));
  }
});

test("uses the database that the options, the URL or the environment name", { timeout: 60_000 }, async (context) => {
  const server = await serverOrSkip(context, () => startRedis({ own: true }));
  const { host, port } = server;
  await (await connect({ host, port, database: 1 })).put("k", bytes("1"));
  await (await connect({ url: `redis://${host}:${port}/2` })).put("k", bytes("2"));
  await (
    await connect({ environment: { REDIS_HOST: host, REDIS_PORT: `${port}`, REDIS_DB: "3" } })
  ).put("k", bytes("3"));
  expect(await server.command("INFO", "keyspace")).toMatch(/db1:keys=1[^]*db2:keys=1[^]*db3:keys=1/);
});

test("signs in as the default user, and as a user of an access control list", { timeout: 60_000 }, async (context) => {
  const server = await serverOrSkip(context, () => startRedis({ password: "p@ss:word/1" }));
  const { host, port, url } = server;
  await server.command("ACL", "SETUSER", "cache", "on", ">se cret", "~llmcache:*", ...permissions);
  await expectToWork(await connect({ host, port, password: "p@ss:word/1" }));
  await expectToWork(await connect({ url }));
  await expectToWork(await connect({ url: `redis://cache:se%20cret@${host}:${port}` }));
  const backend = await connect({ host, port, username: "cache", password: "se cret" });
  await expectToWork(backend);
  // The ACL line of the README is all that it takes.
  await backend.putMany([
    { key: "b", value: bytes("b") },
    { key: "c", value: bytes("c") },
  ]);
  expect(await backend.getMany(["b", "c"])).toHaveLength(2);
  expect(await backend.swap("d", undefined, bytes("d"))).toBe(true);
  await backend.ping();
  await backend.deleteMany(["b", "c"]);
  await backend.delete("d");
  expect(await Array.fromAsync(backend.list(""))).toEqual(["a/key"]);
});

/** As in the README. */
const permissions = "+get +mget +set +unlink +scan +ping +eval +evalsha +publish +subscribe +info &llmcache:*".split(
  " ",
);

test("speaks TLS, and checks certificate and host name unless told otherwise", { timeout: 60_000 }, async (context) => {
  const server = await serverOrSkip(context, () => startRedis({ tls: { hostNames: ["redis.example"] } }));
  const { host, port } = server;
  const ca = server.tls?.ca;
  await expectToWork(await connect({ host, port, tls: { ca, serverName: "redis.example" } }));
  await expectToWork(await connect({ host, port, tls: { ca, checkHostname: false } }));
  await expectToWork(await connect({ url: `rediss://${host}:${port}`, tls: { verify: false } }));
  const untrusted = await connect({ host, port, tls: true });
  expect((await rejectionOf(untrusted.ping())).message).toMatch(/certificate of Redis is not trusted.*tls\.ca/);
  const misnamed = await connect({ host, port, tls: { ca } });
  expect((await rejectionOf(misnamed.ping())).message).toMatch(/certificate of Redis is for another host name/);
});

test(
  "shows a client certificate, with which it also connects by the environment",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ tls: { clientCertificate: true } }));
    const { host, port, tls } = server;
    if (tls === undefined) throw new Error("the server has no certificates");
    await expectToWork(await connect({ host, port, tls }));
    const without = await connect({ host, port, tls: { ca: tls.ca } });
    expect((await rejectionOf(without.ping())).message).toMatch(/wants? (TLS or )?a client certificate/);

    const folder = await mkdtemp(join(tmpdir(), "llmcache-redis-"));
    context.onTestFinished(() => rm(folder, { recursive: true }));
    for (const [name, pem] of Object.entries<string>({ ...tls })) await writeFile(join(folder, name), pem);
    const environment = {
      REDIS_HOST: host,
      REDIS_PORT: `${port}`,
      REDIS_SSL: "True",
      REDIS_SSL_CERT_REQS: "required",
      REDIS_SSL_CHECK_HOSTNAME: "true",
      REDIS_SSL_CA_CERTS: join(folder, "ca"),
      REDIS_SSL_CERTFILE: join(folder, "certificate"),
      REDIS_SSL_KEYFILE: join(folder, "key"),
    };
    await expectToWork(await connect({ environment }));
    const missing = { ...environment, REDIS_SSL_CA_CERTS: join(folder, "nowhere") };
    expect((await rejectionOf(connectRedis({ environment: missing }))).message).toMatch(
      /^REDIS_SSL_CA_CERTS names a file/,
    );
  },
);

test("resolves while Redis is down, and works when it has come up", { timeout: 60_000 }, async (context) => {
  const server = await serverOrSkip(context, () => startRedis({ own: true }));
  await server.kill();
  const backend = await connect({ host: server.host, port: server.port });
  expect((await rejectionOf(backend.get("k"))).message).toMatch(
    /Nothing listens at the address of Redis.*ECONNREFUSED/,
  );
  await server.restart();
  await expect
    .poll(
      () =>
        backend.ping().then(
          () => "answers",
          () => "refused",
        ),
      { timeout: 20_000 },
    )
    .toBe("answers");
  await expectToWork(backend);
});

test(
  "closes its client when it is disposed of, and leaves alone one that it was given",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis());
    const backend = await connectRedis({ url: server.url, environment: {} });
    await backend.ping();
    await backend[Symbol.asyncDispose]();
    expect(backend.client.status).toBe("end");
    expect((await rejectionOf(backend.get("k"))).message).toMatch(/connection to Redis is closed/);

    const client = new Redis(server.url);
    context.onTestFinished(() => client.disconnect());
    const given = new RedisBackend({ client });
    await given.ping();
    await given[Symbol.asyncDispose]();
    expect(await client.ping()).toBe("PONG");
    expect(client.listenerCount("error"), "listeners left behind").toBe(0);
  },
);

test("refuses options that are wrong by their name and type, and never shows what was given", async () => {
  const refused: readonly (readonly [object, RegExp])[] = [
    [{ hots: "s3cret" }, /unknown option "hots"/],
    [{ host: "s3cret", url: "redis://s3cret" }, /give one of url and host/],
    [{ url: "http://s3cret" }, /url must be a URL that begins with redis:/],
    [{ url: "redis://s3cret/s3cret" }, /url must have a number as its database/],
    [{ url: "redis://localhost?s=s3cret" }, /url has a parameter other than db/],
    [{ url: "redis://user:12?s3cret@localhost" }, /url has a parameter other than db/],
    [{ url: "redis://:100%s3cret@localhost" }, /url must have user name, password and path percent-encoded/],
    [{ url: "unix://" }, /url must have the path of a socket/],
    [{ url: "unix:///a%s3cret" }, /url must have user name, password and path percent-encoded/],
    [{ host: 5 }, /host must be a string of at least one character, got a number/],
    [{ port: "s3cret" }, /port must be a whole number from 1 to 65535/],
    [{ cluster: [] }, /cluster must be a list of at least one/],
    [{ cluster: [{ host: "a", port: "s3cret" }] }, /cluster: port must be/],
    [{ cluster: [{ host: "a" }], database: 1 }, /database must be 0 with cluster/],
    [{ sentinel: { nodes: [{ host: "a" }] } }, /sentinel.name must be/],
    [{ database: -1 }, /database must be a whole number/],
    [{ credentials: "s3cret" }, /credentials must be a function/],
    [{ credentials: async () => ({ password: "s3cret" }), password: "s3cret" }, /give either credentials/],
    [{ tls: { ca: 5 } }, /tls.ca must be a text, got a number/],
    [{ tls: { verify: "no" } }, /tls.verify must be true or false, got a string/],
    [{ connectTimeout: "s3cret" }, /connectTimeout must be seconds/],
    [{ commandTimeout: 0 }, /commandTimeout must be from 1 ms/],
    [{ prefix: 1 }, /prefix must be a string/],
  ];
  for (const [options, message] of refused) {
    const error = await rejectionOf(connectRedis({ environment: {}, ...options }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("s3cret");
  }
});
