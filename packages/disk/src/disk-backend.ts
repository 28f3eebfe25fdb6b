import type { Backend, OperationOptions, PutEntry, PutOptions } from "@llmcache/core";
import { setImmediate, setTimeout } from "node:timers/promises";
import { type DiskOptions, type DiskSettings, parseDiskOptions } from "./disk-options.ts";
import { explainError } from "./explain-error.ts";
import { Reader } from "./reader.ts";
import { isCorruption, sqliteCodeOf, sqliteCodes } from "./sqlite-error.ts";
import { longestWaitMs } from "./wait-while-busy.ts";
import { errorOf, type Write, type WriteOutcome, type WriteReply } from "./write-batch.ts";
import { WriteQueue } from "./write-queue.ts";

/** SQLite refuses rows of 10^9 bytes; the rest is for the key and the row's numbers. */
const mostSqliteBytes = 999_990_000;

/** Keys of a batch that are read before the event loop gets a turn: about a millisecond. */
const keysPerTurn = 100;

/**
 * Keeps entries in one folder, in SQLite, for all processes on this machine.
 *
 * Reads happen at once, on the calling thread; writes in a thread of their own, grouped, and a write resolves when it is committed: from
 * then on it outlives the process, however that ends. Past `maxBytes` the entries that were used longest ago go, a few with each write.
 */
export class DiskBackend implements Backend {
  readonly name: string;
  /** An eighth of `maxBytes`, so that one answer cannot push out all others; at most about 1 GB, which is SQLite's own limit. */
  readonly maxValueBytes: number;

  readonly #settings: DiskSettings;
  readonly #queue: WriteQueue;
  #reader: Reader | undefined;
  #setAside: WriteReply["setAside"];
  #disposal: Promise<void> | undefined;

  /** Opens nothing: the folder is made, or found, by the first operation. @throws {TypeError} for an option that is missing, unknown or wrong. */
  constructor(options: DiskOptions) {
    this.#settings = parseDiskOptions(options);
    const { directory, maxBytes, name, clock } = this.#settings;
    this.name = name;
    this.maxValueBytes = Math.min(Math.ceil(maxBytes / 8), mostSqliteBytes);
    this.#queue = new WriteQueue({ directory, maxBytes, clock, onReply: (reply) => this.#notice(reply) });
  }

  get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    return this.#read("get", options, (reader) => this.#valueOf(reader, key, options));
  }

  async put(key: string, value: Uint8Array, options?: PutOptions): Promise<void> {
    this.#checkSize(value);
    await this.#write("put", { kind: "put", key, value, expiresAt: expiryOf(options) }, options);
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    await this.#write("delete", { kind: "delete", key }, options);
  }

  async swap(key: string, expected: Uint8Array | undefined, value: Uint8Array, options?: PutOptions): Promise<boolean> {
    this.#checkSize(value);
    const { wrote } = await this.#write(
      "swap",
      { kind: "swap", key, expected, value, expiresAt: expiryOf(options) },
      options,
    );
    return wrote;
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined | Error)[]> {
    const values: (Uint8Array | undefined)[] = [];
    for (let start = 0; start < keys.length || start === 0; start += keysPerTurn) {
      if (start > 0) await setImmediate();
      const part = keys.slice(start, start + keysPerTurn);
      values.push(
        ...(await this.#read("getMany", options, (reader) => part.map((key) => this.#valueOf(reader, key, options)))),
      );
    }
    return values;
  }

  async putMany(entries: readonly PutEntry[], options?: OperationOptions): Promise<void> {
    for (const { value } of entries) this.#checkSize(value);
    const writes = entries.map((entry): Write => ({
      kind: "put",
      key: entry.key,
      value: entry.value,
      expiresAt: expiryOf(entry.options),
    }));
    await this.#writeMany("putMany", writes, options);
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    const writes = keys.map((key): Write => ({ kind: "delete", key }));
    await this.#writeMany("deleteMany", writes, options);
  }

  /** In the order of the keys. What is written meanwhile may be in it or not. */
  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<string, void, undefined> {
    let from = prefix;
    for (;;) {
      const start = from;
      const keys = await this.#read("list", options, (reader) => reader.keysFrom(start, prefix));
      yield* keys;
      const last = keys.at(-1);
      if (last === undefined) return;
      // The first text after `last`.
      from = `${last}\0`;
    }
  }

  /** Resolves when the folder can be read and written. */
  async ping(options?: OperationOptions): Promise<void> {
    await this.#read("ping", options, () => undefined);
    await this.#write("ping", { kind: "nothing" }, options);
  }

  /** Waits for the writes that were begun, then closes the files. Operations that come later reject. */
  async [Symbol.asyncDispose](): Promise<void> {
    // The writer closes last: only then is its log merged and removed.
    this.#closeReader();
    this.#disposal ??= this.#queue.close();
    await this.#disposal;
  }

  /** Does the work with a reader that is open on the folder's database, and puts right what stands in its way. */
  async #read<Result>(
    operation: string,
    options: OperationOptions | undefined,
    work: (reader: Reader) => Result,
  ): Promise<Result> {
    const deadline = performance.now() + longestWaitMs;
    let replaced = false;
    for (;;) {
      this.#checkUsable(options);
      try {
        return work(this.#currentReader() ?? (await this.#openReader(operation, options)));
      } catch (error) {
        const path = this.#reader?.path;
        if (isCorruption(error) && path !== undefined && !replaced) {
          replaced = true;
          this.#closeReader();
          await this.#settled(this.#queue.replace(path, error, options?.signal), operation, options);
        } else if (sqliteCodeOf(error) === sqliteCodes.busy && performance.now() < deadline) {
          // Only while another process repairs the log of one that was killed, or closes the database for good.
          await setTimeout(1);
        } else {
          throw this.#explain(error, options);
        }
      }
    }
  }

  #currentReader(): Reader | undefined {
    if (this.#reader?.isCurrent() === false) this.#closeReader();
    return this.#reader;
  }

  async #openReader(operation: string, options: OperationOptions | undefined): Promise<Reader> {
    const { directory } = this.#settings;
    try {
      this.#reader = Reader.open(directory);
    } catch {
      // The writer finds the same, and sets it right or says what to do.
    }
    if (this.#reader === undefined) {
      await this.#settled(this.#queue.submit({ kind: "nothing" }, options?.signal), operation, options);
      this.#checkUsable(options);
      this.#reader ??= Reader.open(directory);
    }
    if (this.#reader === undefined) throw new Error(`The cache in ${directory} went away while it was opened`);
    return this.#reader;
  }

  #closeReader(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  #valueOf(reader: Reader, key: string, options: OperationOptions | undefined): Uint8Array | undefined {
    const entry = reader.read(key);
    if (entry === undefined) return undefined;
    if (entry.value === undefined) {
      const error = new Error("The entry was damaged on the disk and is removed");
      options?.report?.({ type: "dropped", backend: this.name, key, error });
      // Nothing depends on it: until it is gone, it is as good as missing.
      this.#queue.submit({ kind: "discard", key }).catch(() => undefined);
    } else if (entry.isOld) {
      this.#queue.touch(entry.id);
    }
    return entry.value;
  }

  async #write(operation: string, write: Write, options: OperationOptions | undefined): Promise<WriteOutcome> {
    this.#checkUsable(options);
    const outcome = await this.#settled(this.#queue.submit(write, options?.signal), operation, options);
    for (const key of outcome.evicted) options?.report?.({ type: "evicted", backend: this.name, key });
    return outcome;
  }

  async #writeMany(operation: string, writes: readonly Write[], options: OperationOptions | undefined): Promise<void> {
    this.#checkUsable(options);
    // Not `all`: the bytes are borrowed until the last of them has settled.
    const settled = await Promise.allSettled(writes.map((write) => this.#write(operation, write, options)));
    for (const result of settled) if (result.status === "rejected") throw result.reason;
  }

  /** Waits for the writer, makes its errors helpful, and passes on that it has set a database aside. */
  async #settled<Result>(
    promise: Promise<Result>,
    operation: string,
    options: OperationOptions | undefined,
  ): Promise<Result> {
    try {
      return await promise;
    } catch (error) {
      throw this.#explain(error, options);
    } finally {
      if (this.#setAside !== undefined && options?.report !== undefined) {
        const { path, failure } = this.#setAside;
        this.#setAside = undefined;
        const error = new Error(`The cache was damaged and goes on empty; the damaged database is now ${path}`, {
          cause: errorOf(failure),
        });
        options.report({ type: "failed", backend: this.name, operation, error });
      }
    }
  }

  #notice(reply: WriteReply): void {
    this.#setAside = reply.setAside ?? this.#setAside;
    if (reply.path !== undefined && reply.path !== this.#reader?.path) this.#closeReader();
    this.#reader?.forgetMiddle();
  }

  #explain(error: unknown, options: OperationOptions | undefined): unknown {
    const { signal } = options ?? {};
    return signal?.aborted === true && Object.is(error, signal.reason)
      ? error
      : explainError(error, this.#settings.directory);
  }

  #checkUsable(options: OperationOptions | undefined): void {
    options?.signal?.throwIfAborted();
    if (this.#disposal !== undefined) throw new Error(`${this.name} was disposed of`);
  }

  #checkSize({ byteLength }: Uint8Array): void {
    if (byteLength > this.maxValueBytes) {
      throw new RangeError(`${this.name} takes values of up to ${this.maxValueBytes} bytes, got ${byteLength}`);
    }
  }
}

/** As a whole number that SQLite and JavaScript agree on, never sooner than asked for; `null` for never. */
function expiryOf(options: PutOptions | undefined): number | null {
  const { expiresAt = Infinity } = options ?? {};
  return expiresAt < Number.MAX_SAFE_INTEGER ? Math.max(Math.ceil(expiresAt), Number.MIN_SAFE_INTEGER) : null;
}
