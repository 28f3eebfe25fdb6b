import { serverOrSkip, startRedis, startTestProcess } from "@llmcache/test-servers";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Report, Task } from "./processes/ask-together.ts";

const modelMs = 300;

/** Starts a process that is ready to ask; `go` lets it. */
async function start(task: Task): Promise<() => Promise<Report>> {
  const program = join(import.meta.dirname, "processes/ask-together.ts");
  const { ask } = await startTestProcess(program, { onTestFinished });
  await ask(task);
  return () => ask<Report>("go");
}

test(
  "four processes with 1 000 identical misses each make one call of the model, and end with it",
  { timeout: 60_000 },
  async (context) => {
    const { url } = await serverOrSkip(context, () => startRedis());
    const question = crypto.randomUUID();
    const processes = await Promise.all([1, 2, 3, 4].map(() => start({ url, runs: 1_000, modelMs, question })));
    const reports = await Promise.all(processes.map((go) => go()));
    expect(reports.reduce((sum, { modelCalls }) => sum + modelCalls, 0)).toBe(1);
    expect(new Set(reports.flatMap(({ values }) => values)).size).toBe(1);
    const slowest = Math.max(...reports.map(({ elapsedMs }) => elapsedMs));
    console.info(`the slowest process: ${slowest.toFixed(0)} ms for a call of ${modelMs} ms`);
    expect(slowest).toBeLessThan(modelMs + 5_000);
  },
);
