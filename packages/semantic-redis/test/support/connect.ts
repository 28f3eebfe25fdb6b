import {
  connectSemanticRedis,
  type ConnectSemanticRedisOptions,
  type RedisSemanticBackend,
} from "@llmcache/semantic-redis";
import { onTestFinished } from "vitest";

/** A backend of one test, under names of its own. No variable of the machine that runs the tests changes what it connects to. */
export async function connect(options: Partial<ConnectSemanticRedisOptions>): Promise<RedisSemanticBackend> {
  const backend = await connectSemanticRedis({
    embedder: crypto.randomUUID(),
    dimensions: 4,
    environment: {},
    ...options,
  });
  onTestFinished(() => backend[Symbol.asyncDispose]());
  return backend;
}
