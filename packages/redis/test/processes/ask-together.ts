// One of several processes that ask the same thing at the same moment. Its parent sends the task, and gets what came of it.
import process from "node:process";
import { Cache } from "@llmcache/core";
import { connectRedis, RedisBus } from "../../src/index.ts";

export interface Task {
  readonly url: string;
  readonly runs: number;
  readonly modelMs: number;
  readonly question: string;
}

export interface Report {
  readonly elapsedMs: number;
  readonly modelCalls: number;
  readonly values: readonly string[];
}

process.send?.("ready");
process.once("message", (task: Task) => void prepare(task));

async function prepare(task: Task): Promise<void> {
  const backend = await connectRedis({ url: task.url, environment: {} });
  const bus = new RedisBus({ client: backend.client });
  const cache = new Cache({ backend, bus, coalesce: "distributed", readTimeout: 10 });
  const listening = new Promise<void>((resolve) => void bus.subscribe(({ type }) => type === "gap" && resolve()));
  await Promise.all([listening, cache.run({ operation: "warm-up", params: process.pid }, () => "warm")]);
  process.send?.("warm");
  process.once("message", () => void ask(cache, bus, task));
}

async function ask(cache: Cache, bus: RedisBus, task: Task): Promise<void> {
  const startedAt = performance.now();
  let modelCalls = 0;
  const model = async () => {
    modelCalls++;
    await new Promise((resolve) => setTimeout(resolve, task.modelMs));
    return `answer of ${process.pid}`;
  };
  const call = { operation: "chat", params: { question: task.question } };
  const outcomes = await Promise.all(Array.from({ length: task.runs }, () => cache.run(call, model)));
  const elapsedMs = performance.now() - startedAt;
  await cache[Symbol.asyncDispose]();
  await bus[Symbol.asyncDispose]();
  const values = [...new Set(outcomes.map(({ value }) => value))];
  process.send?.({ elapsedMs, modelCalls, values } satisfies Report, () => process.disconnect());
}
