import { existsSync } from "node:fs";
import { EntryTable } from "./entry-table.ts";
import { openDatabaseFile, setDatabaseFileAside } from "./database-file.ts";
import { isCorruption, sqliteCodeOf, sqliteCodes } from "./sqlite-error.ts";
import { type Failure, failureOf, type WriteBatch, type WriteOutcome, type WriteReply } from "./write-batch.ts";

/** What the writer of one folder needs to know. */
export interface WriterOptions {
  readonly directory: string;
  readonly maxBytes: number;
}

/** Commits batches of writes. Lives in the writer's thread, where it may block. */
export class Writer {
  readonly #options: WriterOptions;
  #open: { readonly database: EntryTable; readonly path: string } | undefined;
  #setAside: WriteReply["setAside"];

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Never throws: what fails is in the reply. */
  commit(batch: WriteBatch): WriteReply {
    this.#setAside = undefined;
    let outcomes: readonly WriteOutcome[];
    try {
      if (batch.damaged !== undefined) this.#leave(batch.damaged.path, batch.damaged.failure);
      outcomes = this.#commitOrStartAnew(batch);
    } catch (error) {
      outcomes = batch.writes.map(() => failed(error));
    }
    return { outcomes, path: this.#open?.path, setAside: this.#setAside };
  }

  close(): void {
    this.#open?.database.close();
    this.#open = undefined;
  }

  #commitOrStartAnew(batch: WriteBatch): readonly WriteOutcome[] {
    try {
      return this.#commit(batch);
    } catch (error) {
      if (!isCorruption(error) || this.#open === undefined) throw error;
      this.#leave(this.#open.path, failureOf(error));
      return this.#commit(batch);
    }
  }

  #commit(batch: WriteBatch): readonly WriteOutcome[] {
    const table = this.#table();
    try {
      return table.commit(batch);
    } catch (error) {
      if (sqliteCodeOf(error) !== sqliteCodes.full || batch.writes.length < 2) throw error;
      // What is too large for the space that is left must not take down what is small enough.
      return batch.writes.map((write) => {
        try {
          return table.commit({ ...batch, writes: [write], touched: [] })[0] ?? failed(error);
        } catch (ownError) {
          return failed(ownError);
        }
      });
    }
  }

  #table(): EntryTable {
    // Another process may have set the database aside, or somebody has deleted the folder: what is written to it now would be lost.
    if (this.#open !== undefined && !existsSync(this.#open.path)) this.close();
    if (this.#open === undefined) {
      const { directory, maxBytes } = this.#options;
      const { setAside, ...opened } = openDatabaseFile(
        directory,
        (database, path) => new EntryTable(database, path, maxBytes),
      );
      this.#open = opened;
      if (setAside !== undefined) this.#setAside = { path: setAside.path, failure: failureOf(setAside.cause) };
    }
    return this.#open.database;
  }

  #leave(path: string, failure: Failure): void {
    const aside = setDatabaseFileAside(this.#options.directory, path);
    if (aside !== undefined) this.#setAside = { path: aside, failure };
    if (this.#open?.path === path) this.close();
  }
}

function failed(error: unknown): WriteOutcome {
  return { wrote: false, evicted: [], failure: failureOf(error) };
}
