import { redisFromEnvironment } from "./redis-from-environment.ts";
import { startRedisNode } from "./redis-node.ts";
import type { Certificates } from "./certificates.ts";
import type { RedisReply } from "./redis-connection.ts";
import type { RedisOptions } from "./redis-options.ts";

/** A Redis server, or one that speaks its protocol. */
export interface RedisServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `redis://` or `rediss://`, with the password. */
  readonly url: string;
  /** Where it listens too, if that was asked for. */
  readonly socketPath?: string;
  /** What a client needs for TLS, if that was asked for. */
  readonly tls?: Certificates;
  /** Its process, until the next restart. */
  readonly processId: number;
  /** Runs one command for the test's own use, over a connection of its own. @throws with the server's words when it refuses. */
  command(...command: readonly [string, ...string[]]): Promise<RedisReply>;
  /** Stops it as if the machine had stalled: connections stay open, and nothing answers. */
  freeze(): void;
  /** Lets it go on after `freeze`. */
  thaw(): void;
  /** Ends it at once. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port, without what it held. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts a Redis on a free port of 127.0.0.1, in memory only. LLMCACHE_TEST_REDIS_URL, or LLMCACHE_TEST_REDIS_SEARCH_URL with `search`,
 * names a server to use in its place, for calls that ask for nothing else: that one is shared with other tests.
 *
 * @throws ServerUnavailable where this machine cannot run it.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return redisFromEnvironment(options) ?? (await startRedisNode(options));
}
