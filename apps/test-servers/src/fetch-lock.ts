import { DatabaseSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";

const betweenTries = 200;

/**
 * Runs a task while no other process runs one with the same lock file. The lock is one on a database file: when a process is killed the
 * system takes it back, so that none is ever left behind.
 */
export async function withFetchLock<Result>(file: string, task: () => Promise<Result>): Promise<Result> {
  const database = new DatabaseSync(file);
  try {
    while (!tryToLock(database)) await wait(betweenTries);
    return await task();
  } finally {
    database.close();
  }
}

function tryToLock(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === busy) return false;
    throw error;
  }
}

/** SQLITE_BUSY: https://www.sqlite.org/rescode.html#busy */
const busy = 5;
