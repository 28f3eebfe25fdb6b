import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

/** Whether a process runs. One that has ended, and whose parent has not asked how, does not. */
export function isRunning(processId: number): boolean {
  try {
    return !readFileSync(`/proc/${processId}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

/** Resolves when it no longer does. The time limit of the test ends this when it never comes. */
export async function untilGone(processId: number): Promise<void> {
  while (isRunning(processId)) await wait(10);
}
