import { existsSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { isIntact } from "./checksum.ts";
import { findDatabaseFile } from "./database-file.ts";
import { schemaVersion, versionOf } from "./schema.ts";

/** An entry as it was read. `value` is `undefined` where its bytes are damaged. */
export interface ReadEntry {
  readonly id: number;
  readonly value: Uint8Array | undefined;
  /** Whether it is among those that would go before most others. */
  readonly isOld: boolean;
}

/** Enough for most caches in whole; it reserves addresses, not memory. */
const mappedBytes = 2 ** 31;

/** How many reads the middle of the order of use is good for: other processes move it along. */
const readsPerMiddle = 1024;

/** To look with each read would make it an eighth slower, for what hardly ever happens. */
const lookAgainMs = 20;

/** Keys read at once by a listing: some tenths of a millisecond. */
const keysPerPage = 500;

/** Reads the database on the thread it is asked on. Never writes, so it waits for nobody and makes nobody wait. */
export class Reader {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #entry: StatementSync;
  readonly #keys: StatementSync;
  readonly #middle: StatementSync;
  #middleOfUse = 0;
  #readsLeft = 0;
  #lookAgainAt = 0;

  private constructor(database: DatabaseSync, path: string) {
    this.path = path;
    this.#database = database;
    this.#entry = database.prepare("SELECT id, used, checksum, value FROM entries WHERE key = ?");
    this.#keys = database.prepare(
      `SELECT key FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ${keysPerPage}`,
    );
    this.#middle = database.prepare(
      "SELECT (transactions + (SELECT min(used) FROM entries)) / 2 AS middle FROM totals",
    );
  }

  /** `undefined` when there is no database yet that is ready to be read. */
  static open(directory: string): Reader | undefined {
    const path = findDatabaseFile(directory);
    if (path === undefined) return undefined;
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      if (versionOf(database) === schemaVersion) {
        database.exec(`PRAGMA mmap_size = ${mappedBytes}`);
        return new Reader(database, path);
      }
    } catch (error) {
      database.close();
      throw error;
    }
    database.close();
    return undefined;
  }

  /** Whether this is still the database of the folder, or was until just now: it may have been set aside by another process, or deleted. */
  isCurrent(): boolean {
    const now = performance.now();
    if (now < this.#lookAgainAt) return true;
    this.#lookAgainAt = now + lookAgainMs;
    return existsSync(this.path);
  }

  /** Makes the next read look again which entries are old, as it should after a write. */
  forgetMiddle(): void {
    this.#readsLeft = 0;
  }

  read(key: string): ReadEntry | undefined {
    const row = this.#entry.get(key) as { id: number; used: number; checksum: number; value: unknown } | undefined;
    if (row === undefined) return undefined;
    if (this.#readsLeft-- <= 0) {
      this.#middleOfUse = Number(this.#middle.get()?.["middle"] ?? 0);
      this.#readsLeft = readsPerMiddle;
    }
    const { id, used, checksum, value } = row;
    return { id, value: isIntact(key, value, checksum) ? value : undefined, isOld: used < this.#middleOfUse };
  }

  /** A page of the keys that start with `prefix`, in order, from `from` on. Empty: there are no more. */
  keysFrom(from: string, prefix: string): readonly string[] {
    // The last of all characters comes after any that a key may have.
    const rows = this.#keys.all(from, `${prefix}\u{10ffff}`) as unknown as { key: string }[];
    return rows.map(({ key }) => key);
  }

  close(): void {
    this.#database.close();
  }
}
