import { readFileSync } from "node:fs";

/** Whether a process runs. One that has ended, and whose parent has not asked how, does not. */
export function isRunning(processId: number): boolean {
  try {
    return !readFileSync(`/proc/${processId}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
