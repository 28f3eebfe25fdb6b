import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { migrate } from "./schema.ts";
import { isCorruption } from "./sqlite-error.ts";
import { waitWhileBusy } from "./wait-while-busy.ts";

const pattern = /^entries-([1-9]\d{0,14})\.db$/;

/**
 * The database that is in use: the one with the highest number. A name is never used twice, because a process that still has a
 * database open which was set aside removes that one's log by its name when it closes it.
 */
export function findDatabaseFile(directory: string): string | undefined {
  let newest = -1;
  for (const file of filesIn(directory)) newest = Math.max(newest, Number(pattern.exec(file)?.[1] ?? -1));
  return newest < 0 ? undefined : join(directory, `entries-${newest}.db`);
}

/** A database that was set aside: what it is called now, and what was wrong with it. */
export interface SetAside {
  readonly path: string;
  readonly cause: unknown;
}

/** An open database, as `prepare` made it. */
export interface OpenDatabaseFile<Database> {
  readonly database: Database;
  readonly path: string;
  readonly setAside: SetAside | undefined;
}

/**
 * Opens the database of a folder for writing. Makes the folder and the database where they are missing, brings an older one up to
 * date, and sets a damaged one aside. One process at a time does so. `prepare` is the first use of it, which may find damage too.
 */
export function openDatabaseFile<Database>(
  directory: string,
  prepare: (database: DatabaseSync, path: string) => Database,
): OpenDatabaseFile<Database> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // Says why not, where SQLite would only say that it cannot open a file.
  accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  return withFolderLock(directory, () => {
    const found = findDatabaseFile(directory);
    const path = found ?? createDatabaseFile(directory);
    try {
      return { database: open(path, prepare), path, setAside: undefined };
    } catch (error) {
      if (found === undefined || !isCorruption(error)) throw error;
      const setAside = { path: rename(path), cause: error };
      const fresh = createDatabaseFile(directory);
      return { database: open(fresh, prepare), path: fresh, setAside };
    }
  });
}

/** Renames a damaged database, so that the next `openDatabaseFile` begins a new one. `undefined`: another process has done so already. */
export function setDatabaseFileAside(directory: string, path: string): string | undefined {
  return withFolderLock(directory, () => (existsSync(path) ? rename(path) : undefined));
}

function createDatabaseFile(directory: string): string {
  // Also past the names of those set aside, in case the clock was set back.
  const taken = filesIn(directory).map((file) => Number(/^entries-(\d+)/.exec(file)?.[1] ?? 0));
  const path = join(directory, `entries-${Math.max(Date.now(), ...taken.map((number) => number + 1))}.db`);
  createPrivateFile(path);
  return path;
}

function open<Database>(path: string, prepare: (database: DatabaseSync, path: string) => Database): Database {
  const database = new DatabaseSync(path);
  try {
    waitWhileBusy(() => migrate(database, path));
    // NORMAL: a commit outlives the process; after a power cut the last ones may be gone, and nothing is damaged.
    // The log is cut back to 64 MiB after something (a very large value, a stopped reader) has made it longer.
    database.exec("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 67108864");
    return prepare(database, path);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite's own file lock: unlike a lock file, it is gone with the process that held it. */
function withFolderLock<Result>(directory: string, work: () => Result): Result {
  const path = join(directory, "entries.lock");
  createPrivateFile(path);
  const lock = new DatabaseSync(path);
  try {
    waitWhileBusy(() => lock.exec("BEGIN EXCLUSIVE"));
    return work();
  } finally {
    lock.close();
  }
}

/** Leaves a file that is there alone: to open and close it would release the locks that this process holds on it. */
function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

function rename(path: string): string {
  const aside = `${path}.corrupt-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    try {
      renameSync(path + suffix, aside + suffix);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
  }
  return aside;
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
