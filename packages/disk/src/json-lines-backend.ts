import { type Backend, checkOptions, describeType, type OperationOptions, type PutEntry } from "@llmcache/core";
import { resolve } from "node:path";
import { formatLine, valueOf } from "./json-line.ts";
import { LinesFile } from "./lines-file.ts";

/** What `new JsonLinesBackend` takes. */
export interface JsonLinesOptions {
  /** The file, for the cache alone. Made when it is missing, with the folders above it; a relative path is resolved at once. */
  readonly file: string;
  /** Tells it from others in outcomes and events. @default "json-lines" */
  readonly name?: string | undefined;
}

/**
 * Keeps entries in one file, a line of JSON for each, in the order of their keys: for recordings that are kept with a project and read in its reviews.
 *
 * The whole file is read into memory, and written anew with each group of changes, so it is for hundreds of answers, not for thousands. Nothing is
 * ever removed but by `delete`: a recording does not expire.
 */
export class JsonLinesBackend implements Backend {
  readonly name: string;
  readonly #file: LinesFile;
  #disposed = false;

  /** Opens nothing. @throws {TypeError} for an option that is missing, unknown or wrong. */
  constructor(options: JsonLinesOptions) {
    checkOptions("JsonLinesBackend", options, ["file", "name"]);
    const { file, name = "json-lines" } = options;
    for (const [option, value] of Object.entries({ file, name })) {
      if (typeof value !== "string" || value === "" || value.includes("\0"))
        throw new TypeError(
          `JsonLinesBackend: ${option} must be a string of at least one character, got ${describeType(value)}`,
        );
    }
    this.name = name;
    this.#file = new LinesFile(resolve(file));
  }

  async get(key: string, options?: OperationOptions): Promise<Uint8Array | undefined> {
    const line = (await this.#read(options)).get(key);
    return line === undefined ? undefined : valueOf(line);
  }

  async getMany(keys: readonly string[], options?: OperationOptions): Promise<(Uint8Array | undefined)[]> {
    const lines = await this.#read(options);
    return keys.map((key) => {
      const line = lines.get(key);
      return line === undefined ? undefined : valueOf(line);
    });
  }

  async put(key: string, value: Uint8Array, options?: OperationOptions): Promise<void> {
    await this.putMany([{ key, value }], options);
  }

  async putMany(entries: readonly PutEntry[], options?: OperationOptions): Promise<void> {
    const made = entries.map(({ key, value }) => [key, formatLine(key, value)] as const);
    await this.#change(options, (lines) => {
      for (const [key, line] of made) lines.set(key, line);
    });
  }

  async delete(key: string, options?: OperationOptions): Promise<void> {
    await this.deleteMany([key], options);
  }

  async deleteMany(keys: readonly string[], options?: OperationOptions): Promise<void> {
    await this.#change(options, (lines) => {
      for (const key of keys) lines.delete(key);
    });
  }

  async swap(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
    options?: OperationOptions,
  ): Promise<boolean> {
    const made = formatLine(key, value);
    const before = expected?.slice();
    return this.#change(options, (lines) => {
      const line = lines.get(key);
      const held = line === undefined ? undefined : Buffer.from(valueOf(line));
      if (held === undefined || before === undefined ? held !== before : !held.equals(before)) return false;
      lines.set(key, made);
      return true;
    });
  }

  /** As the keys were when it began. */
  async *list(prefix: string, options?: OperationOptions): AsyncGenerator<string, void, undefined> {
    for (const key of (await this.#read(options)).keys()) {
      options?.signal?.throwIfAborted();
      if (key.startsWith(prefix)) yield key;
    }
  }

  /** Resolves when the file can be read. */
  async ping(options?: OperationOptions): Promise<void> {
    await this.#read(options);
  }

  /** Waits for the changes that were begun. Operations that come later reject. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#file.settled();
  }

  async #read(options: OperationOptions | undefined): Promise<ReadonlyMap<string, string>> {
    this.#checkUsable(options);
    const lines = await this.#file.read();
    options?.signal?.throwIfAborted();
    return lines;
  }

  /** A change that has begun is made, also where its caller has left. */
  async #change<Result>(
    options: OperationOptions | undefined,
    make: (lines: Map<string, string>) => Result,
  ): Promise<Result> {
    this.#checkUsable(options);
    return this.#file.change(make);
  }

  #checkUsable(options: OperationOptions | undefined): void {
    options?.signal?.throwIfAborted();
    if (this.#disposed) throw new Error(`${this.name} was disposed of`);
  }
}
