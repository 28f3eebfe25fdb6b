import { join } from "node:path";
import { expect, test } from "vitest";
import { startTestProcess } from "../src/test-process.ts";

const program = (name: string) => join(import.meta.dirname, "processes", name);

test("a process answers a message by the next one, and is an error once it has ended", async (context) => {
  const { ask } = await startTestProcess(program("answer-once.ts"), context);
  expect(await ask("a question")).toBe("a question, answered");
  await expect(ask("another")).rejects.toThrow(/answer-once\.ts ended with 7 in place of an answer/);
});

test("a process that ends before it is ready is an error, and no wait", async (context) => {
  await expect(startTestProcess(program("no-such-file.ts"), context)).rejects.toThrow(/ended with 1/);
});

test("a process is killed when its test has finished", async (context) => {
  const finished: (() => void)[] = [];
  const { child } = await startTestProcess(program("answer-once.ts"), {
    onTestFinished: (work) => finished.push(work),
  });
  context.onTestFinished(() => void child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  finished.forEach((work) => work());
  expect(await ended).toBe("SIGKILL");
});
