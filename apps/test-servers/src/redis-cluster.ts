import type { RedisOptions } from "./redis-options.ts";
import { certificatesFor, inMemoryOnly, startRedisNode } from "./redis-node.ts";
import type { RedisServer } from "./redis-server.ts";
import { startTogether, stopTogether } from "./together.ts";
import { waitUntil } from "./wait-until.ts";

/** A Redis Cluster of three masters with a replica each. */
export interface RedisCluster extends AsyncDisposable {
  /** The masters first; the replica of the first is the fourth. Failovers change that. */
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

const masterCount = 3;
const nodeCount = 6;
const slotCount = 16_384;

// How far above its own port each node listens to the others.
const busOffset = 10_000;

/**
 * Starts a Cluster and resolves when it is whole: all slots are served, each replica follows its master, and every node knows all of it.
 * A dead master is replaced within about 4 s.
 *
 * @throws ServerUnavailable where this machine cannot run it.
 */
export async function startRedisCluster(
  options: Omit<RedisOptions, "own" | "search" | "unixSocket"> = {},
): Promise<RedisCluster> {
  const role = {
    portOffsets: [busOffset],
    certificates: await certificatesFor(options),
    parameters: () => [
      ...inMemoryOnly,
      ...["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"],
      ...["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"],
      ...(options.password === undefined ? [] : ["--masterauth", options.password]),
    ],
  };
  const nodes = await startTogether(nodeCount, () => startRedisNode(options, role));
  const stop = () => stopTogether(nodes);
  try {
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, stop, [Symbol.asyncDispose]: stop };
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  const masters = nodes.slice(0, masterCount);
  await Promise.all(
    masters.map(async (master, index) => {
      const first = Math.ceil((index * slotCount) / masterCount);
      const end = Math.ceil(((index + 1) * slotCount) / masterCount);
      await master.command("CLUSTER", "ADDSLOTSRANGE", String(first), String(end - 1));
    }),
  );
  await Promise.all(nodes.map((node, index) => node.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1))));
  const [first, ...others] = nodes;
  for (const { host, port } of others) await first?.command("CLUSTER", "MEET", host, String(port));
  await waitUntil("all nodes of the Cluster to know each other", () => all(nodes, knowsAll));
  const masterIds = await Promise.all(masters.map((master) => master.command("CLUSTER", "MYID")));
  await Promise.all(
    nodes
      .slice(masterCount)
      .map((replica, index) => replica.command("CLUSTER", "REPLICATE", String(masterIds[index % masterCount]))),
  );
  await waitUntil("the Cluster to be whole", () => all(nodes, seesWholeCluster));
}

async function all(nodes: readonly RedisServer[], ask: (node: RedisServer) => Promise<boolean>): Promise<boolean> {
  const answers = await Promise.all(nodes.map(ask));
  return answers.every(Boolean);
}

async function knowsAll(node: RedisServer): Promise<boolean> {
  const lines = String(await node.command("CLUSTER", "NODES"))
    .trim()
    .split("\n");
  return (
    lines.length === nodeCount && lines.every((line) => line.includes(" connected") && !line.includes("handshake"))
  );
}

/** `cluster_state:ok` comes before the replicas follow, and before all nodes have heard of them. */
async function seesWholeCluster(node: RedisServer): Promise<boolean> {
  const slots = (await node.command("CLUSTER", "SLOTS")) as readonly (readonly unknown[])[];
  // First and last slot, then the master and its replicas.
  const servers = slots.reduce((sum, range) => sum + range.length - 2, 0);
  const state = String(await node.command("CLUSTER", "INFO"));
  const replication = String(await node.command("INFO", "replication"));
  const follows = replication.includes("role:master") || replication.includes("master_link_status:up");
  return servers === nodeCount && state.includes("cluster_state:ok") && follows;
}
