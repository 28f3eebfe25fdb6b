import { serverOrSkip, startRedis } from "@llmcache/test-servers";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Report, Task } from "./processes/ask-together.ts";

const modelMs = 300;

/** Starts a process that is ready to ask; `go` lets it. */
async function start(task: Task): Promise<() => Promise<Report>> {
  const child: ChildProcess = fork(join(import.meta.dirname, "processes/ask-together.ts"), {
    execArgv: ["--conditions=@llmcache/source", "--disable-warning=ExperimentalWarning"],
  });
  onTestFinished(() => void (child.exitCode === null && child.kill("SIGKILL")));
  await once(child, "message");
  child.send(task);
  await once(child, "message");
  return async () => {
    const answer = once(child, "message");
    child.send("go");
    const [report] = (await answer) as [Report];
    return report;
  };
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
