import type { DatabaseSync } from "node:sqlite";
import { waitWhileBusy } from "./wait-while-busy.ts";

/** Does the work in one transaction that has the write lock from its start, or none of it. Blocks: only for the writer's thread. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  waitWhileBusy(() => database.exec("BEGIN IMMEDIATE"));
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      database.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back itself, as it does when the disk is full. What went wrong first is what counts.
    }
    throw error;
  }
}
