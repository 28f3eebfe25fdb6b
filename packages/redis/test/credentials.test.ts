import { Cache } from "@llmcache/core";
import { type RedisServer, serverOrSkip, startRedis } from "@llmcache/test-servers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { RedisCredentials } from "@llmcache/redis";
import { bytes, connect, rejectionOf, text } from "./support/connect.ts";

/** A user whose password is changed again and again, as tokens of a cloud are: the last two hold. */
function rotatingUser(server: RedisServer, holdsForMs: number) {
  let current = "password-0";
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    async rotate(): Promise<void> {
      const next = `password-${crypto.randomUUID()}`;
      await server.command(
        "ACL",
        "SETUSER",
        "rotating",
        "on",
        "resetpass",
        `>${current}`,
        `>${next}`,
        "~*",
        "&*",
        "+@all",
      );
      current = next;
    },
    provide: async (): Promise<RedisCredentials> => {
      calls++;
      await sleep(5);
      return { username: "rotating", password: current, expiresAt: Date.now() + holdsForMs };
    },
  };
}

test(
  "a password that is rotated under load fails nothing, on connections that live and on new ones",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ own: true }));
    const user = rotatingUser(server, 400);
    await user.rotate();
    const backend = await connect({ host: server.host, port: server.port, credentials: user.provide });
    await backend.put("k", bytes("kept"));
    const until = performance.now() + 3_000;
    let reads = 0;
    const load = async () => {
      while (performance.now() < until) {
        expect(text(await backend.get("k"))).toBe("kept");
        reads++;
      }
    };
    const rotate = async () => {
      while (performance.now() < until) {
        await user.rotate();
        await sleep(150);
        // Whoever comes back has to know the password of now.
        await server.command("CLIENT", "KILL", "USER", "rotating");
      }
    };
    await Promise.all([load(), load(), load(), rotate()]);
    expect(reads).toBeGreaterThan(100);
    // Every 400 ms, and once for each connection.
    expect(user.calls).toBeGreaterThan(5);
  },
);

test(
  "connections that live are signed in again before their credentials expire",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ own: true }));
    const user = rotatingUser(server, 1_000);
    await user.rotate();
    const backend = await connect({ host: server.host, port: server.port, credentials: user.provide });
    await backend.ping();
    await server.command("CONFIG", "RESETSTAT");
    await expect
      .poll(() => server.command("INFO", "commandstats"), { timeout: 20_000 })
      .toMatch(/cmdstat_auth:calls=[2-9].*failed_calls=0/);
    await backend.ping();
  },
);

test("a provider that fails is an error that says why, and is asked again", { timeout: 60_000 }, async (context) => {
  const server = await serverOrSkip(context, () => startRedis({ password: "right" }));
  let works = false;
  const backend = await connect({
    host: server.host,
    port: server.port,
    credentials: async () => {
      if (!works) throw new Error("the metadata server is away");
      return { password: "right" };
    },
  });
  expect((await rejectionOf(backend.get("k"))).message).toMatch(/metadata server is away/);
  works = true;
  await expect.poll(() => backend.ping().then(() => "answers", String), { timeout: 20_000 }).toBe("answers");
});

test(
  "a provider that gives no credentials is an error that names what is missing",
  { timeout: 60_000 },
  async (context) => {
    const { host, port } = await serverOrSkip(context, () => startRedis());
    const given: readonly (readonly [object, RegExp])[] = [
      [{}, /credentials must give a password, and gave undefined/],
      [{ password: "s3cret", username: 5 }, /must give a username as a string, and gave a number/],
      [{ password: "s3cret", expiresAt: Number.NaN }, /must give expiresAt in ms, and gave NaN/],
    ];
    for (const [credentials, message] of given) {
      const backend = await connect({ host, port, credentials: async () => credentials as RedisCredentials });
      expect((await rejectionOf(backend.get("k"))).message).toMatch(message);
    }
  },
);

test(
  "credentials that the server refuses are asked for again, and a cache answers all the while",
  { timeout: 60_000 },
  async (context) => {
    const server = await serverOrSkip(context, () => startRedis({ password: "right" }));
    let password = "wr0ng";
    const backend = await connect({ host: server.host, port: server.port, credentials: async () => ({ password }) });
    const error = await rejectionOf(backend.get("k"));
    expect(error.message).toMatch(/refuses the user name or password.*WRONGPASS/);
    expect(JSON.stringify([error.message, error.cause])).not.toContain("wr0ng");
    const cache = new Cache({ backend });
    expect((await cache.run({ operation: "chat", params: {} }, () => "answer")).value).toBe("answer");
    password = "right";
    await expect.poll(() => backend.ping().then(() => "answers", String), { timeout: 20_000 }).toBe("answers");
  },
);

test("credentials sign in over TLS and over a unix socket as well", { timeout: 60_000 }, async (context) => {
  const secure = await serverOrSkip(context, () => startRedis({ tls: true, password: "right" }));
  const local = await serverOrSkip(context, () => startRedis({ unixSocket: true, password: "right" }));
  const credentials = async () => ({ password: "right" });
  await (await connect({ host: "localhost", port: secure.port, tls: { ca: secure.tls?.ca }, credentials })).ping();
  await (await connect({ path: local.socketPath, credentials })).ping();
});
