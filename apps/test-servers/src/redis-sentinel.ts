import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RedisOptions } from "./redis-options.ts";
import { certificatesFor, inMemoryOnly, startRedisNode } from "./redis-node.ts";
import type { RedisServer } from "./redis-server.ts";
import { startTogether, stopTogether } from "./together.ts";
import { waitUntil } from "./wait-until.ts";

/** What `startRedisSentinel` takes. `password` is that of the master and the replica. */
export interface RedisSentinelOptions extends Omit<RedisOptions, "own" | "search" | "unixSocket"> {
  /** What the Sentinels themselves ask for. @default none */
  readonly sentinelPassword?: string | undefined;
}

/** A master and its replica, watched by three Sentinels. */
export interface RedisSentinel extends AsyncDisposable {
  readonly sentinels: readonly RedisServer[];
  /** The master at the start. */
  readonly master: RedisServer;
  /** The replica at the start. */
  readonly replica: RedisServer;
  /** What the Sentinels call the master. */
  readonly masterName: string;
  stop(): Promise<void>;
}

const masterName = "llmcache-master";
const sentinelCount = 3;
const quorum = 2;

/**
 * Starts them, and resolves when the replica follows and each Sentinel knows all the others. A dead master is replaced within about 4 s.
 *
 * @throws ServerUnavailable where this machine cannot run it.
 */
export async function startRedisSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const { version, tls, password, sentinelPassword } = options;
  const certificates = await certificatesFor(options);
  const started: RedisServer[] = [];
  const stop = () => stopTogether(started);
  const startData = async (...role: readonly string[]) => {
    const login = password === undefined ? [] : ["--masterauth", password];
    const parameters = () => [...inMemoryOnly, "--repl-diskless-sync-delay", "0", ...login, ...role];
    const server = await startRedisNode(options, { certificates, parameters });
    started.push(server);
    return server;
  };
  try {
    const master = await startData();
    const replica = await startData("--replicaof", master.host, String(master.port));
    await waitUntil("the replica to follow its master", () => follows(replica));
    const watch = watching(master, password);
    const parameters = (folder: string) => sentinelParameters(folder, watch);
    const sentinels = await startTogether(sentinelCount, () =>
      startRedisNode({ version, tls, password: sentinelPassword }, { certificates, parameters }),
    );
    started.push(...sentinels);
    await waitUntil("the Sentinels to know each other", async () => {
      const answers = await Promise.all(sentinels.map(seesAll));
      return answers.every(Boolean);
    });
    return { sentinels, master, replica, masterName, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function watching(master: RedisServer, password: string | undefined): string {
  return [
    `sentinel monitor ${masterName} ${master.host} ${master.port} ${quorum}`,
    `sentinel down-after-milliseconds ${masterName} 1000`,
    `sentinel failover-timeout ${masterName} 5000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${masterName} ${JSON.stringify(password)}`]),
  ].join("\n");
}

/** A Sentinel keeps what it learns in its file, so that it knows it after a restart. */
async function sentinelParameters(folder: string, watch: string): Promise<readonly string[]> {
  const file = join(folder, "sentinel.conf");
  if (!existsSync(file)) await writeFile(file, `${watch}\n`);
  return [file, "--sentinel"];
}

async function follows(replica: RedisServer): Promise<boolean> {
  return String(await replica.command("INFO", "replication")).includes("master_link_status:up");
}

async function seesAll(sentinel: RedisServer): Promise<boolean> {
  const fields = (await sentinel.command("SENTINEL", "MASTER", masterName)) as readonly string[];
  const field = (name: string) => fields[fields.indexOf(name) + 1];
  return (
    field("flags") === "master" &&
    field("num-slaves") === "1" &&
    field("num-other-sentinels") === String(sentinelCount - 1)
  );
}
