import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "./transaction.ts";

/**
 * What each version adds to the one before. The numbers come before the value, so that they are read and changed without the pages of
 * a long value. `used` is the number of the transaction that last wrote or touched the entry: an order that no clock can disturb.
 */
const migrations: readonly string[] = [
  `
    CREATE TABLE entries (
      id INTEGER PRIMARY KEY,
      used INTEGER NOT NULL,
      expires_at INTEGER,
      checksum INTEGER NOT NULL,
      key TEXT NOT NULL UNIQUE,
      value BLOB NOT NULL
    ) STRICT;
    CREATE INDEX entries_by_use ON entries (used);
    CREATE INDEX entries_by_expiry ON entries (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE totals (bytes INTEGER NOT NULL, transactions INTEGER NOT NULL) STRICT;
    INSERT INTO totals VALUES (0, 0);
  `,
];

/** The version that this package reads and writes. */
export const schemaVersion: number = migrations.length;

/** The version of an open database. 0: it is empty. */
export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

/** Brings a database to `schemaVersion`, once, whoever else tries at the same time. @throws for one of a newer version, which is left alone. */
export function migrate(database: DatabaseSync, path: string): void {
  const version = versionOf(database);
  if (version > schemaVersion) throw newerSchemaError(path, version);
  if (version === schemaVersion) return;
  // The first two count only while the file is empty. 8 KiB pages hold most answers without an overflow page.
  database.exec("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
  inTransaction(database, () => {
    for (const migration of migrations.slice(versionOf(database))) database.exec(migration);
    database.exec(`PRAGMA user_version = ${schemaVersion}`);
  });
}

/** Says what to do about a database that a newer release has written. */
export function newerSchemaError(path: string, version: number): Error {
  return new Error(
    `${path} was written by a newer release of @llmcache/disk (its schema is version ${version}, this release knows ${schemaVersion}) ` +
      "and was left as it is: install that release here too, or give this one another directory",
  );
}
