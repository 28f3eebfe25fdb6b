// One of several processes that ask the same thing at the same moment. Its parent sends the task, and gets what came of it.
import { appendFileSync } from "node:fs";
import process from "node:process";
import { Cache } from "@llmcache/core";
import { DiskBackend } from "../../src/index.ts";

export interface Task {
  readonly directory: string;
  readonly callsFile: string;
  readonly runs: number;
  readonly modelMs: number;
  readonly leaseDuration: number;
  readonly question: string;
}

export interface Report {
  readonly elapsedMs: number;
  readonly values: readonly string[];
  readonly statuses: Readonly<Record<string, number>>;
}

process.send?.("ready");
process.once("message", (task: Task) => void prepare(task));

async function prepare(task: Task): Promise<void> {
  const cache = new Cache({
    backend: new DiskBackend({ directory: task.directory }),
    coalesce: "distributed",
    leaseDuration: task.leaseDuration,
    readTimeout: 10,
  });
  // The first write starts the writer's thread: that is not what is measured.
  await cache.put({ operation: "warm-up", params: process.pid }, "warm");
  process.send?.("warm");
  process.once("message", () => void ask(cache, task));
}

async function ask(cache: Cache, task: Task): Promise<void> {
  const startedAt = performance.now();
  const model = async () => {
    appendFileSync(task.callsFile, `${process.pid}\n`);
    await new Promise((resolve) => setTimeout(resolve, task.modelMs));
    return `answer of ${process.pid}`;
  };
  const call = { operation: "chat", params: { question: task.question } };
  const outcomes = await Promise.all(Array.from({ length: task.runs }, () => cache.run(call, model)));
  const elapsedMs = performance.now() - startedAt;
  const statuses: Record<string, number> = {};
  for (const { status } of outcomes) statuses[status] = (statuses[status] ?? 0) + 1;
  const values = [...new Set(outcomes.map(({ value }) => value))];
  await cache[Symbol.asyncDispose]();
  process.send?.({ elapsedMs, values, statuses } satisfies Report, () => process.disconnect());
}
