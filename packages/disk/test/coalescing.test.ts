import { startTestProcess } from "@llmcache/test-servers";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Report, Task } from "./processes/ask-together.ts";

let folder: string;

beforeEach(async (context) => {
  folder = await mkdtemp(join(tmpdir(), "llmcache-coalescing-"));
  // What was registered last goes first: the processes in it have ended by then.
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

/** Starts a process that is ready to ask; `go` lets it. */
async function start(changes: Partial<Task>): Promise<{ readonly child: ChildProcess; go(): Promise<Report> }> {
  const task: Task = {
    directory: join(folder, "cache"),
    callsFile: join(folder, "calls"),
    runs: 1000,
    modelMs: 300,
    leaseDuration: 10,
    question: "the same",
    ...changes,
  };
  const program = join(import.meta.dirname, "processes/ask-together.ts");
  const { child, ask } = await startTestProcess(program, { onTestFinished });
  await ask(task);
  return { child, go: () => ask<Report>("go") };
}

async function modelCalls(): Promise<string[]> {
  const text = await readFile(join(folder, "calls"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean);
}

async function untilCalled(times: number): Promise<void> {
  while ((await modelCalls()).length < times) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("four processes with 1 000 identical misses each make one call of the model", async () => {
  const processes = await Promise.all([1, 2, 3, 4].map(() => start({})));
  const reports = await Promise.all(processes.map(({ go }) => go()));
  expect(await modelCalls()).toHaveLength(1);
  expect(new Set(reports.flatMap(({ values }) => values)).size).toBe(1);
  const misses = reports.reduce((sum, { statuses }) => sum + (statuses["miss"] ?? 0), 0);
  expect(misses).toBe(1);
  console.info(
    `the slowest process: ${Math.max(...reports.map(({ elapsedMs }) => elapsedMs)).toFixed(0)} ms for a call of 300 ms`,
  );
});

test("when the holder is killed another takes over after its lease", async () => {
  const [holder, waiter] = await Promise.all([
    start({ modelMs: 60_000, leaseDuration: 0.5 }),
    start({ leaseDuration: 0.5 }),
  ]);
  holder.go().catch(() => undefined);
  await untilCalled(1);
  const waiting = waiter.go();
  holder.child.kill("SIGKILL");
  const { values } = await waiting;
  expect(values).toEqual([`answer of ${waiter.child.pid}`]);
  expect(await modelCalls()).toEqual([`${holder.child.pid}`, `${waiter.child.pid}`]);
});

test("a holder that is stopped past its lease and wakes neither renews, nor releases, nor overwrites its successor's", async () => {
  const [holder, successor] = await Promise.all([
    start({ modelMs: 200, leaseDuration: 0.5 }),
    start({ leaseDuration: 0.5 }),
  ]);
  const holding = holder.go();
  await untilCalled(1);
  holder.child.kill("SIGSTOP");
  const { values } = await successor.go();
  expect(values).toEqual([`answer of ${successor.child.pid}`]);
  holder.child.kill("SIGCONT");
  expect((await holding).values).toEqual([`answer of ${holder.child.pid}`]);
  const reader = await start({ runs: 1 });
  expect((await reader.go()).values, "what is stored is the successor's").toEqual([`answer of ${successor.child.pid}`]);
  expect(await modelCalls()).toHaveLength(2);
});
