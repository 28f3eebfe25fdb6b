// One of several processes on one folder that ask the same thing at the same moment, whenever their parent says so.
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { Cache, memory, tiered } from "@llmcache/core";
import { DiskBackend } from "@llmcache/disk";
import { openBentocache } from "../peers/bentocache.ts";
import { referenceKey } from "../reference-key.ts";

export interface ProcessTask {
  readonly cache: "llmcache" | "bentocache";
  readonly directory: string;
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

async function prepare({ cache: name, directory, callers, modelMs }: ProcessTask): Promise<void> {
  const ask = await (name === "llmcache" ? openOurs(directory) : openTheirs(directory));
  // Opens files and starts threads: that is not what is measured.
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

async function openOurs(directory: string): Promise<Ask> {
  const backend = tiered([memory(), new DiskBackend({ directory })]);
  const cache = new Cache({ backend, namespace: "bench", ttl: "1h", coalesce: "distributed" });
  return async (params, model) => (await cache.run({ operation: "chat", params }, model)).value;
}

async function openTheirs(directory: string): Promise<Ask> {
  const cache = openBentocache(1_000, directory);
  return (params, model) => cache.getOrSet({ key: referenceKey(params), ttl: "1h", factory: model });
}
