// One of the processes: asks without a pause until it is told to stop, then says what it saw.
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { Cache, isLlmCacheError, memory, tiered } from "@llmcache/core";
import { connectRedis, RedisBus } from "@llmcache/redis";
import { Asker } from "./asker.ts";
import { randomFrom } from "./random.ts";
import type { Task, WorkerReport } from "./report.ts";

/** How many callers ask at once. */
const callers = 24;

process.once("message", (task: Task) => void work(task));
process.send?.("ready");

async function work({ host, port, seed, namespace }: Task): Promise<void> {
  const problems: string[] = [];
  let errorEvents = 0;
  process.on("unhandledRejection", (error) => problems.push(`an unhandled rejection: ${String(error)}`));
  const redis = await connectRedis({ host, port, environment: {}, connectTimeout: "500ms", commandTimeout: "1s" });
  const bus = new RedisBus({ client: redis.client });
  const cache = new Cache({
    backend: tiered([memory({ maxBytes: 4 * 1024 * 1024 }), redis], { bus }),
    bus,
    namespace,
    coalesce: "distributed",
    leaseDuration: "2s",
    readTimeout: "250ms",
    ttl: "20s",
    staleIfError: "20s",
    onEvent: (event) => {
      if (event.type === "error") errorEvents++;
      // What the proxy cuts short no client takes for a reply: corrupt bytes would be ours.
      if (event.type === "error" && isLlmCacheError(event.error) && event.error.code === "CORRUPT_ENTRY")
        problems.push(`a corrupt entry: ${event.error.message}`);
    },
  });

  const asker = new Asker(cache, randomFrom(seed), problems);
  const startedAt = performance.now();
  let stopped = false;
  let heapEarly = 0;
  process.once("message", () => (stopped = true));
  const ask = async () => {
    while (!stopped) await asker.step();
  };
  process.on("SIGUSR2", () => (heapEarly = heapAfterCollection()));
  await Promise.all(Array.from({ length: callers }, ask));
  await cache.flush();
  const heapLate = heapAfterCollection();
  const { hits } = cache.stats();
  await cache[Symbol.asyncDispose]();
  await bus[Symbol.asyncDispose]();

  const report: WorkerReport = {
    problems: problems.slice(0, 20),
    ...asker.counts(),
    hits,
    errorEvents,
    heapBytes: { early: heapEarly, late: heapLate },
    handles: await handlesLeft(),
  };
  console.error(`asked for ${Math.round((performance.now() - startedAt) / 1000)} s`);
  process.send?.(report, () => process.disconnect());
}

/** What still holds the process once connections have had the time to close. */
async function handlesLeft(): Promise<string[]> {
  const left = () => process.getActiveResourcesInfo().filter((resource) => !harmless.has(resource));
  for (let waited = 0; waited < 50 && left().length > 0; waited++) await setTimeout(100);
  return left();
}

/** The channel to the parent, and where a child's output goes. */
const harmless: ReadonlySet<string> = new Set(["PipeWrap", "Immediate", "TTYWrap", "SignalWrap"]);

function heapAfterCollection(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}
