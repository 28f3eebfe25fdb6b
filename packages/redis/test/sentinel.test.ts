import type { BusNotice } from "@llmcache/core";
import { type RedisSentinel, serverOrSkip, startRedisSentinel } from "@llmcache/test-servers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { type ConnectRedisOptions, RedisBus } from "@llmcache/redis";
import { bytes, connect, rejectionOf, text } from "./support/connect.ts";
import { areHits, startLoad } from "./support/load.ts";

const nodesOf = ({ sentinels }: RedisSentinel) => sentinels.map(({ host, port }) => ({ host, port }));

test(
  "finds the primary, with passwords of the Sentinels and of the data nodes, and TLS with both",
  { timeout: 120_000 },
  async (context) => {
    const passwords = { password: "of the data", sentinelPassword: "of the sentinels" };
    const servers = await serverOrSkip(context, () => startRedisSentinel({ ...passwords, tls: true }));
    const sentinel = { nodes: nodesOf(servers), name: servers.masterName, password: passwords.sentinelPassword };
    const options = { sentinel, password: passwords.password, tls: { ca: servers.master.tls?.ca } };
    const backend = await connect(options);
    await backend.put("k", bytes("kept"));
    expect(text(await backend.get("k"))).toBe("kept");
    expect(await servers.master.command("GET", "llmcache:k")).toBe("kept");

    const refused: readonly (readonly [ConnectRedisOptions, RegExp])[] = [
      [{ ...options, password: "wr0ng" }, /refuses the user name or password/],
      [{ ...options, sentinel: { ...sentinel, password: "wr0ng" } }, /WRONGPASS|NOAUTH/],
      [{ ...options, sentinel: { ...sentinel, name: "another" } }, /sentinels are unreachable/],
    ];
    for (const [wrong, message] of refused) {
      const error = await rejectionOf((await connect(wrong)).get("k"));
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain("wr0ng");
    }
  },
);

test(
  "a primary that is killed under load: no exception, and hits come back by themselves",
  { timeout: 120_000 },
  async (context) => {
    const servers = await serverOrSkip(context, () => startRedisSentinel());
    const load = startLoad(await connect({ sentinel: { nodes: nodesOf(servers), name: servers.masterName } }));
    await expect.poll(() => areHits(load.statuses()), { timeout: 30_000, interval: 500 }).toBe(true);
    await servers.master.kill();
    await sleep(1_000);
    expect(load.statuses().length, "calls that were answered meanwhile").toBeGreaterThan(0);
    await expect.poll(() => areHits(load.statuses()), { timeout: 60_000, interval: 500 }).toBe(true);
    await load.stop();
    expect(Number(await servers.replica.command("DBSIZE"))).toBeGreaterThan(0);
  },
);

test(
  "a primary that is demoted and lives on is left for the new one, by who reads, writes and listens",
  { timeout: 120_000 },
  async (context) => {
    const servers = await serverOrSkip(context, () => startRedisSentinel());
    // As in the README.
    const permissions = "+sentinel|get-master-addr-by-name +sentinel|sentinels +subscribe +ping &+switch-master";
    for (const node of servers.sentinels)
      await node.command("ACL", "SETUSER", "watcher", "on", ">pass", ...permissions.split(" "));
    const user = { username: "watcher", password: "pass" };
    const backend = await connect({ sentinel: { nodes: nodesOf(servers), name: servers.masterName, ...user } });
    const bus = new RedisBus({ client: backend.client });
    context.onTestFinished(() => bus[Symbol.asyncDispose]());
    const heard: BusNotice[] = [];
    bus.subscribe((notice) => heard.push(notice));
    const gaps = () => heard.filter(({ type }) => type === "gap").length;
    await expect.poll(gaps, { timeout: 30_000 }).toBe(1);
    await backend.put("k", bytes("old"));
    const failedOver = () => servers.sentinels[0]?.command("SENTINEL", "FAILOVER", servers.masterName);
    await expect.poll(() => failedOver()?.catch(String), { timeout: 60_000, interval: 500 }).toBe("OK");
    const roles = () => servers.replica.command("INFO", "replication");
    await expect.poll(roles, { timeout: 60_000, interval: 200 }).toContain("role:master");
    const put = () => backend.put("k", bytes("new")).then(() => servers.replica.command("GET", "llmcache:k"), String);
    // Sooner than Sentinels tell the other one that it is a replica, which takes them ten seconds.
    await expect.poll(put, { timeout: 7_000, interval: 200 }).toBe("new");
    await servers.replica.command("SET", "llmcache:k", "newer");
    expect(text(await backend.get("k"))).toBe("newer");
    await expect.poll(gaps, { timeout: 30_000 }).toBeGreaterThan(1);
    const message = { type: "released", from: "a", key: "k" } as const;
    await servers.replica.command("PUBLISH", "llmcache:bus", JSON.stringify(message));
    await expect.poll(() => heard, { timeout: 30_000 }).toContainEqual(message);
  },
);

test("credentials that change sign in to whatever is the primary", { timeout: 120_000 }, async (context) => {
  const servers = await serverOrSkip(context, () => startRedisSentinel());
  for (const node of [servers.master, servers.replica]) {
    await node.command("ACL", "SETUSER", "cache", "on", ">pass", "~*", "&*", "+@all");
  }
  const backend = await connect({
    sentinel: { nodes: nodesOf(servers), name: servers.masterName },
    credentials: async () => ({ username: "cache", password: "pass", expiresAt: Date.now() + 2_000 }),
  });
  await backend.put("k", bytes("kept"));
  await servers.master.kill();
  await expect
    .poll(
      () =>
        backend.put("l", bytes("kept")).then(
          () => "put",
          () => "failed",
        ),
      { timeout: 60_000, interval: 200 },
    )
    .toBe("put");
  expect(await servers.replica.command("CLIENT", "LIST")).toContain("user=cache");
});
