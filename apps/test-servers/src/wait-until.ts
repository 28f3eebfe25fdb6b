import { setTimeout as wait } from "node:timers/promises";

// What takes seconds on a quiet machine takes several times that on a busy one.
const longestWait = 60_000;
const betweenTries = 50;

/** Waits until a question is answered with yes. @throws after a minute, with what was waited for. */
export async function waitUntil(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + longestWait;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`Waited ${longestWait} ms for ${what}, in vain`);
    await wait(betweenTries);
  }
}
