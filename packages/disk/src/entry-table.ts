import type { DatabaseSync } from "node:sqlite";
import { checksumOf, isIntact } from "./checksum.ts";
import { newerSchemaError, schemaVersion } from "./schema.ts";
import { storedBytes } from "./stored-bytes.ts";
import { inTransaction } from "./transaction.ts";
import type { Write, WriteBatch, WriteOutcome } from "./write-batch.ts";

/** More rows than a put adds, so that what has piled up goes away; few enough that no put pays for it alone. */
const sparePerWrite = 8;

/** Pages given back to the file system with each transaction: half a mebibyte, so that a folder that was cleared shrinks in a while. */
const pagesGivenBack = 64;

/** Free pages up to this many (32 MiB) stay for the entries to come. */
const pagesKept = 4096;

interface Held {
  readonly id: number;
  readonly key: string;
  readonly bytes: number;
}

/** The running totals of a transaction. */
interface Totals {
  bytes: number;
  readonly now: number;
  readonly transaction: number;
}

/** The entries of one open database: what the writer does to them. */
export class EntryTable {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #statements: Statements;

  constructor(database: DatabaseSync, path: string, maxBytes: number) {
    this.#database = database;
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#statements = prepareStatements(database);
  }

  /** Does all of it in one transaction, or throws and has done none. */
  commit(batch: WriteBatch): readonly WriteOutcome[] {
    return inTransaction(this.#database, () => this.#apply(batch));
  }

  close(): void {
    this.#database.close();
  }

  #apply({ writes, touched, now }: WriteBatch): readonly WriteOutcome[] {
    // A newer release may have migrated it meanwhile.
    const version = Number(this.#statements.version.get()?.["user_version"]);
    if (version !== schemaVersion) throw newerSchemaError(this.#path, version);
    const { bytes = 0, transactions = 0 } = this.#statements.totals.get() as { bytes?: number; transactions?: number };
    const totals: Totals = { bytes, now, transaction: transactions + 1 };
    for (const id of touched) this.#statements.touch.run(totals.transaction, id);
    const outcomes = writes.map((write) => this.#write(write, totals));
    if (touched.length > 0 || writes.some(({ kind }) => kind !== "nothing")) {
      this.#removeExpired(totals, writes.length + 1);
      this.#giveBackPages();
      this.#statements.setTotals.run(totals.bytes, totals.transaction);
    }
    return outcomes;
  }

  #write(write: Write, totals: Totals): WriteOutcome {
    switch (write.kind) {
      case "put":
        return { wrote: true, evicted: this.#store(write, totals) };
      case "swap":
        if (!this.#holds(write.key, write.expected)) return { wrote: false, evicted: [] };
        return { wrote: true, evicted: this.#store(write, totals) };
      case "delete":
        this.#remove(this.#find(write.key), totals);
        break;
      case "discard":
        if (this.#valueOf(write.key) === undefined) this.#remove(this.#find(write.key), totals);
        break;
      case "nothing":
        break;
    }
    return { wrote: false, evicted: [] };
  }

  #store(
    { key, value, expiresAt }: { key: string; value: Uint8Array; expiresAt: number | null },
    totals: Totals,
  ): string[] {
    const { insert, update } = this.#statements;
    const held = this.#find(key);
    const checksum = checksumOf(key, value);
    if (held === undefined) insert.run(totals.transaction, expiresAt, checksum, key, value);
    else update.run(totals.transaction, expiresAt, checksum, value, held.id);
    const added = storedBytes(key.length, value.length);
    totals.bytes += added - (held?.bytes ?? 0);
    return this.#evict(key, added, totals);
  }

  /** Removes what was used longest ago, never `justWritten`: as much as was added, and a few more rows while there is too much. */
  #evict(justWritten: string, added: number, totals: Totals): string[] {
    const evicted: string[] = [];
    const target = totals.bytes - added;
    while (totals.bytes > this.#maxBytes && (totals.bytes > target || evicted.length < sparePerWrite)) {
      const oldest = heldIn(this.#statements.oldest.get());
      if (oldest === undefined || oldest.key === justWritten) break;
      this.#remove(oldest, totals);
      evicted.push(oldest.key);
    }
    return evicted;
  }

  #removeExpired(totals: Totals, writes: number): void {
    for (const row of this.#statements.expired.all(totals.now, writes * sparePerWrite))
      this.#remove(heldIn(row), totals);
  }

  #remove(held: Held | undefined, totals: Totals): void {
    if (held === undefined) return;
    this.#statements.remove.run(held.id);
    totals.bytes -= held.bytes;
  }

  #giveBackPages(): void {
    const free = Number(this.#statements.freePages.get()?.["freelist_count"]);
    if (free > pagesKept) this.#database.exec(`PRAGMA incremental_vacuum(${pagesGivenBack})`);
  }

  #find(key: string): Held | undefined {
    return heldIn(this.#statements.find.get(key));
  }

  #holds(key: string, expected: Uint8Array | undefined): boolean {
    const value = this.#valueOf(key);
    if (value === undefined || expected === undefined) return value === expected;
    return Buffer.compare(value, expected) === 0;
  }

  /** What a `get` would find: a damaged value is none. */
  #valueOf(key: string): Uint8Array | undefined {
    const row = this.#statements.read.get(key);
    return row !== undefined && isIntact(key, row["value"], row["checksum"]) ? row["value"] : undefined;
  }
}

/** What a row counts. The lengths are asked of SQLite, which has a number for them even where the row is damaged. */
const heldColumns = "id, key, coalesce(length(key), 0) AS keyLength, coalesce(length(value), 0) AS valueLength";

function heldIn(row: Record<string, unknown> | undefined): Held | undefined {
  if (row === undefined) return undefined;
  const { id, key, keyLength, valueLength } = row;
  return { id: Number(id), key: String(key), bytes: storedBytes(Number(keyLength), Number(valueLength)) };
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(database: DatabaseSync) {
  return {
    version: database.prepare("PRAGMA user_version"),
    totals: database.prepare("SELECT bytes, transactions FROM totals"),
    setTotals: database.prepare("UPDATE totals SET bytes = ?, transactions = ?"),
    touch: database.prepare("UPDATE entries SET used = ? WHERE id = ?"),
    find: database.prepare(`SELECT ${heldColumns} FROM entries WHERE key = ?`),
    read: database.prepare("SELECT value, checksum FROM entries WHERE key = ?"),
    // Node 22 binds no bytes as NULL.
    insert: database.prepare(
      "INSERT INTO entries (used, expires_at, checksum, key, value) VALUES (?, ?, ?, ?, coalesce(?, x''))",
    ),
    update: database.prepare(
      "UPDATE entries SET used = ?, expires_at = ?, checksum = ?, value = coalesce(?, x'') WHERE id = ?",
    ),
    remove: database.prepare("DELETE FROM entries WHERE id = ?"),
    oldest: database.prepare(`SELECT ${heldColumns} FROM entries ORDER BY used, id LIMIT 1`),
    expired: database.prepare(`SELECT ${heldColumns} FROM entries WHERE expires_at < ? ORDER BY expires_at LIMIT ?`),
    freePages: database.prepare("PRAGMA freelist_count"),
  };
}
