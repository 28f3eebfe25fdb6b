import { openClient } from "@llmcache/redis/commands";
import type { ConnectRedisOptions } from "@llmcache/redis";
import { RedisSemanticBackend } from "./redis-semantic-backend.ts";
import type { RedisSemanticStoreOptions } from "./redis-semantic-options.ts";

/** What `connectSemanticRedis` takes: all that `connectRedis` does, and what a semantic backend needs. */
export interface ConnectSemanticRedisOptions
  extends RedisSemanticStoreOptions, Omit<ConnectRedisOptions, keyof RedisSemanticStoreOptions> {}

/**
 * A semantic backend on a client of its own, by options, and where they say nothing by the environment. Disposal closes the client.
 *
 * It does not wait for the server, so that a program starts while Redis is down. `ping()` makes the index, or tells what is wrong with the
 * one that is there.
 *
 * @throws {TypeError} for an option or a variable that is wrong, naming it and never its value
 */
export async function connectSemanticRedis(options: ConnectSemanticRedisOptions): Promise<RedisSemanticBackend> {
  const { embedder, dimensions, prefix, engine, search, name, nodeTimeout, ...connection } = options;
  const opened = await openClient(connection);
  const store = { embedder, dimensions, prefix, engine, search, name, nodeTimeout };
  const backend = new RedisSemanticBackend({ ...opened, ...store });
  // What comes of it the backend hears from the client.
  opened.client.connect().catch(() => undefined);
  return backend;
}
