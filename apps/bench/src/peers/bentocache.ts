import { createRequire } from "node:module";

/** What is used of bentocache. Its own types do not compile without the SDKs of every store that it knows. */
export interface Bentocache {
  getOrSet(options: { key: string; ttl: string; factory: () => unknown }): Promise<unknown>;
  set(options: { key: string; ttl: string; value: unknown }): Promise<unknown>;
  disconnectAll(): Promise<void>;
}

interface Store {
  useL1Layer(driver: unknown): Store;
  useL2Layer(driver: unknown): Store;
}

interface BentocacheModule {
  readonly BentoCache: new (options: { default: string; stores: Record<string, unknown> }) => Bentocache;
  bentostore(): Store;
}

/** A bentocache that keeps up to so many entries in memory, serialised, and with a directory in files too. */
export function openBentocache(maxItems: number, directory?: string): Bentocache {
  const require = createRequire(import.meta.url);
  const { BentoCache, bentostore } = require("bentocache") as BentocacheModule;
  const { memoryDriver } = require("bentocache/drivers/memory") as { memoryDriver(options: object): unknown };
  const { fileDriver } = require("bentocache/drivers/file") as { fileDriver(options: object): unknown };
  const memory = bentostore().useL1Layer(memoryDriver({ maxItems }));
  const store = directory === undefined ? memory : memory.useL2Layer(fileDriver({ directory, pruneInterval: false }));
  return new BentoCache({ default: "main", stores: { main: store } });
}

/** A bentocache that keeps entries in Redis, and nowhere else, by a client of ioredis. */
export function openBentocacheOnRedis(client: unknown): Bentocache {
  const require = createRequire(import.meta.url);
  const { BentoCache, bentostore } = require("bentocache") as BentocacheModule;
  const { redisDriver } = require("bentocache/drivers/redis") as { redisDriver(options: object): unknown };
  const store = bentostore().useL2Layer(redisDriver({ connection: client }));
  return new BentoCache({ default: "main", stores: { main: store } });
}
