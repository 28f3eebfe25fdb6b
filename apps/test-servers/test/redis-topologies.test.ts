import { expect, test } from "vitest";
import { type RedisServer, serverOrSkip, startRedisCluster, startRedisSentinel } from "../src/index.ts";
import { isRunning } from "./start.ts";

// Beyond what a busy machine takes to start six processes and to agree on who is master.
const timeout = 120_000;
const secret = { password: "open sesame" };

for (const options of [{ version: "redis-8" }, { version: "valkey-9" }, { ...secret, tls: true }] as const) {
  test(`a Cluster is whole from the start: ${JSON.stringify(options)}`, { timeout }, async (context) => {
    const { nodes } = await serverOrSkip(context, () => startRedisCluster(options));
    expect(nodes).toHaveLength(6);
    for (const node of nodes) {
      expect(await node.command("CLUSTER", "INFO")).toContain("cluster_slots_ok:16384");
      expect(
        await node.command("CLUSTER", "COUNT-FAILURE-REPORTS", String(await node.command("CLUSTER", "MYID"))),
      ).toBe(0);
    }
    const replies = await Promise.all(
      nodes.slice(0, 3).map((node) => node.command("SET", "key", "value").catch(String)),
    );
    expect(replies.filter((reply) => reply === "OK")).toHaveLength(1);
  });

  test(`Sentinels know the master and each other: ${JSON.stringify(options)}`, { timeout }, async (context) => {
    const started = await serverOrSkip(context, () => startRedisSentinel({ ...options, sentinelPassword: "secret" }));
    const { sentinels, master, replica, masterName } = started;
    for (const sentinel of sentinels) {
      const address = await sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName);
      expect(address).toEqual([master.host, String(master.port)]);
    }
    await master.command("SET", "key", "value");
    expect(await master.command("WAIT", "1", "10000")).toBe(1);
    expect(await replica.command("GET", "key")).toBe("value");
  });
}

test("a Cluster replaces a master that dies, and takes it back as a replica", { timeout }, async (context) => {
  const { nodes, stop } = await serverOrSkip(context, () => startRedisCluster());
  const [master, , , replica] = nodes as [RedisServer, RedisServer, RedisServer, RedisServer];
  await master.kill();
  await until(replica, "role:master");
  await master.restart();
  await until(master, "master_link_status:up");
  await stop();
  expect(nodes.filter(({ processId }) => isRunning(processId))).toEqual([]);
});

test("Sentinels replace a master that dies, and take it back as a replica", { timeout }, async (context) => {
  const started = await serverOrSkip(context, () => startRedisSentinel({ ...secret, sentinelPassword: "secret" }));
  const { master, replica, sentinels, stop } = started;
  await master.kill();
  await until(replica, "role:master");
  await master.restart();
  await until(master, "master_link_status:up");
  await stop();
  expect([master, replica, ...sentinels].filter(({ processId }) => isRunning(processId))).toEqual([]);
});

/** The time limit of the test ends this when it never comes. */
async function until(server: RedisServer, state: string): Promise<void> {
  // A Sentinel that gives a server another role closes all its connections.
  const ask = () => server.command("INFO", "replication").catch(() => "");
  while (!String(await ask()).includes(state));
}
