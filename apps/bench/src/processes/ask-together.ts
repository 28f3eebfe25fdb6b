// One of several processes on one store that ask the same thing at the same moment, whenever their parent says so.
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { Cache, type CacheOptions, memory, tiered } from "@llmcache/core";
import { DiskBackend } from "@llmcache/disk";
import { connectRedis, RedisBus } from "@llmcache/redis";
import { Redis } from "ioredis";
import { openBentocache, openBentocacheOnRedis } from "../peers/bentocache.ts";
import { referenceKey } from "../reference-key.ts";

export interface ProcessTask {
  readonly cache: "llmcache" | "bentocache";
  /** Where it is: a folder, or the URL of a Redis. */
  readonly store: { readonly directory: string } | { readonly url: string };
  readonly callers: number;
  readonly modelMs: number;
}

export interface ProcessReport {
  readonly modelCalls: number;
  readonly elapsedMs: number;
  readonly values: readonly unknown[];
}

type Ask = (params: unknown, model: () => Promise<string>) => Promise<unknown>;

process.once("message", (task: ProcessTask) => void prepare(task));
process.send?.("ready");

async function prepare({ cache: name, store, callers, modelMs }: ProcessTask): Promise<void> {
  const ask = await (name === "llmcache" ? openOurs(store) : openTheirs(store));
  // Opens files and connections, and starts threads: that is not what is measured.
  await ask({ warmUp: process.pid }, async () => "warm");
  process.on("message", (question: string) => void answer(question));
  process.send?.("warm");

  async function answer(question: string): Promise<void> {
    let modelCalls = 0;
    const model = async () => {
      modelCalls++;
      await setTimeout(modelMs);
      return "the answer";
    };
    const startedAt = performance.now();
    const asked = Array.from({ length: callers }, () => ask({ model: "gpt-4o-mini", question }, model));
    const values = [...new Set(await Promise.all(asked))];
    process.send?.({ modelCalls, elapsedMs: performance.now() - startedAt, values } satisfies ProcessReport);
  }
}

async function openOurs(store: ProcessTask["store"]): Promise<Ask> {
  const { backend, bus } = await openStore(store);
  const cache = new Cache({ backend, bus, namespace: "bench", ttl: "1h", coalesce: "distributed" });
  return async (params, model) => (await cache.run({ operation: "chat", params }, model)).value;
}

async function openStore(store: ProcessTask["store"]): Promise<Pick<CacheOptions, "backend" | "bus">> {
  if ("directory" in store) return { backend: tiered([memory(), new DiskBackend(store)]) };
  const redis = await connectRedis({ url: store.url, environment: {} });
  const bus = new RedisBus({ client: redis.client });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  bus.subscribe(() => resolve());
  await listening;
  return { backend: tiered([memory(), redis], { bus }), bus };
}

async function openTheirs(store: ProcessTask["store"]): Promise<Ask> {
  const cache =
    "directory" in store ? openBentocache(1_000, store.directory) : openBentocacheOnRedis(new Redis(store.url));
  return (params, model) => cache.getOrSet({ key: referenceKey(params), ttl: "1h", factory: model });
}
