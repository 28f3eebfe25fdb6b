import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { sqliteCodeOf, sqliteCodes } from "./sqlite-error.ts";
import { longestWaitMs } from "./wait-while-busy.ts";

/**
 * Does some work while no other process of this user on this machine does work under the lock of the same file. The lock is SQLite's own: unlike a lock
 * file, it is gone with the process that held it. It lies in the system's temporary folder, not beside the file.
 *
 * @throws where another process holds it for 10 s, and what `work` throws
 */
export async function withFileLock<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const digest = createHash("sha256").update(file).digest("hex").slice(0, 32);
  const lock = new DatabaseSync(join(tmpdir(), `llmcache-${process.getuid?.() ?? ""}-${digest}.lock`));
  try {
    await acquire(lock, file);
    return await work();
  } finally {
    lock.close();
  }
}

async function acquire(lock: DatabaseSync, file: string): Promise<void> {
  const deadline = performance.now() + longestWaitMs;
  for (;;) {
    try {
      return lock.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      if (sqliteCodeOf(error) !== sqliteCodes.busy) throw error;
      if (performance.now() > deadline) {
        const seconds = longestWaitMs / 1000;
        throw new Error(`Another process has held ${file} locked for ${seconds} s: see whether one hangs`, {
          cause: error,
        });
      }
    }
    // Of random length, so that of two busy processes none starves.
    await setTimeout(1 + 4 * Math.random());
  }
}
