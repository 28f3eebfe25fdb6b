import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { withFileLock } from "./file-lock.ts";
import { keyOf } from "./json-line.ts";

/** A change to the lines. Returns what whoever asked for it is told. */
type Change<Result> = (lines: Map<string, string>) => Result;

interface QueuedChange {
  readonly make: Change<unknown>;
  readonly done: (result: unknown) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * A file of lines, each under its key, that several processes may change. Who changes it holds its lock, reads what is there by then, and puts the whole
 * file in place of the old one at once: so that changes are merged key by key, and readers see one state or the next.
 */
export class LinesFile {
  readonly #path: string;
  #seen: { readonly version: string; readonly lines: ReadonlyMap<string, string> } | undefined;
  readonly #queue: QueuedChange[] = [];
  #writing: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The lines as they are now, by their keys. @throws {SyntaxError} for a line that is none, by its number */
  async read(): Promise<ReadonlyMap<string, string>> {
    const version = await this.#version();
    if (version !== undefined && this.#seen?.version === version) return this.#seen.lines;
    const lines = version === undefined ? new Map<string, string>() : this.#parse(await readFile(this.#path, "utf8"));
    this.#seen = version === undefined ? undefined : { version, lines };
    return lines;
  }

  /** Changes the lines. Resolves when the file on the disk is changed; what is asked for meanwhile is done together. */
  change<Result>(make: Change<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#queue.push({ make, done: resolve, failed: reject });
    this.#writing ??= this.#write();
    return promise as Promise<Result>;
  }

  /** Waits for the changes that were asked for. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // All that is asked for in one go.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      try {
        await withFileLock(this.#path, () => this.#makeQueued());
      } catch (error) {
        for (const { failed } of this.#queue.splice(0)) failed(error);
      }
    }
    // At once, so that no change is left in a queue that nobody works on.
    this.#writing = undefined;
  }

  async #makeQueued(): Promise<void> {
    const before = await this.read();
    const lines = new Map(before);
    const made = this.#queue.splice(0).map(({ make, done, failed }) => {
      try {
        const result = make(lines);
        return { failed, done: () => done(result) };
      } catch (error) {
        return { failed, done: () => failed(error) };
      }
    });
    try {
      if (!sameLines(before, lines)) await this.#replace(lines);
      for (const { done } of made) done();
    } catch (error) {
      for (const { failed } of made) failed(error);
    }
  }

  /** In the order of the keys, so that the same entries are the same file. */
  async #replace(lines: ReadonlyMap<string, string>): Promise<void> {
    const keys = [...lines.keys()].toSorted((left, right) => (left < right ? -1 : 1));
    const text = keys.map((key) => `${lines.get(key)}\n`).join("");
    await mkdir(dirname(this.#path), { recursive: true });
    const temporary = `${this.#path}.${randomUUID()}.tmp`;
    try {
      const file = await open(temporary, "wx");
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    const version = await this.#version();
    this.#seen = version === undefined ? undefined : { version, lines };
  }

  /** Another one for each state of the file: it is replaced, never changed. `undefined`: there is none. */
  async #version(): Promise<string | undefined> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#path, { bigint: true });
      return `${ino} ${mtimeNs} ${size}`;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Of two lines with one key, as a merge of two branches leaves them, the later counts. */
  #parse(text: string): Map<string, string> {
    const lines = new Map<string, string>();
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (line.trim() === "") continue;
      try {
        lines.set(keyOf(line), line);
      } catch (cause) {
        throw new SyntaxError(`line ${index + 1} of ${this.#path} is no entry`, { cause });
      }
    }
    return lines;
  }
}

function sameLines(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([key, line]) => right.get(key) === line);
}
