import type { NearestEntry } from "@llmcache/core";
import type { EntryRecord } from "./record.ts";
import type { Before } from "./write-script.ts";

/** What finds the entries of a backend by their vectors. Keys are those in Redis. */
export interface VectorIndex {
  /** Sees that it is there, and for vectors like ours. @throws {Error} that says what is wrong with it */
  prepare(): Promise<void>;
  /** What the hash of an entry has for it. */
  fieldsOf(record: EntryRecord): EntryRecord["fields"];
  /** Takes in an entry that was written, in place of what its key had. */
  follow(key: string, record: EntryRecord, before: Before): Promise<void>;
  /** Removes entries, and what it has of them. */
  remove(keys: readonly string[]): Promise<void>;
  /** The nearest that have not expired, in no particular order. */
  nearest(scope: string, vector: Float32Array, limit: number): Promise<NearestEntry[]>;
}
