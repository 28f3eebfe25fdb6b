import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A folder of its own for each call, not yet made, below one that is removed when the tests of the file are over. */
export function temporaryDirectories(): () => string {
  const root = mkdtempSync(join(tmpdir(), "llmcache-disk-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let made = 0;
  return () => join(root, `${made++}`, "cache");
}

/** The database in use in a folder of the cache. */
export function databaseIn(directory: string): string {
  const files = readdirSync(directory).filter((file) => /^entries-\d+\.db$/.test(file));
  if (files.length !== 1) throw new Error(`expected one database, found ${files.join(", ")}`);
  return join(directory, files[0] ?? "");
}

/** The databases that were set aside, without their logs. */
export function setAsideIn(directory: string): readonly string[] {
  return readdirSync(directory).filter((file) => /\.corrupt-[^.]*Z$/.test(file));
}
