import type { BackendEvent } from "@llmcache/core";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { DiskBackend } from "@llmcache/disk";
import { runProcess } from "./run-process.ts";
import { databaseIn, setAsideIn, temporaryDirectories } from "./temporary-directory.ts";

const nextDirectory = temporaryDirectories();
const bytes = (text: string) => new TextEncoder().encode(text);
const value = bytes("an answer ".repeat(200));

async function filledDirectory(count = 200): Promise<string> {
  const directory = nextDirectory();
  await using backend = new DiskBackend({ directory });
  await backend.putMany(Array.from({ length: count }, (_, index) => ({ key: `n/_/${index}`, value })));
  return directory;
}

/** Overwrites a part of a file from another process: in this one, closing the file would release the locks that SQLite holds on it. */
function overwriteFromOutside(path: string, start: number, length: number): void {
  const script = `const f = require("fs"), d = f.openSync(process.argv[1], "r+"); f.writeSync(d, Buffer.alloc(+process.argv[3], 0xa5), 0, +process.argv[3], +process.argv[2]); f.closeSync(d)`;
  execFileSync(process.execPath, ["-e", script, path, `${start}`, `${length}`]);
}

const damages: Record<string, (path: string) => void> = {
  "was overwritten by something else": (path) => writeFileSync(path, "this is no database ".repeat(1_000)),
  "lost its second half": (path) => truncateSync(path, Math.floor(statSync(path).size / 16_384) * 8_192),
  "has a damaged schema": (path) => overwriteFromOutside(path, 100, 4_000),
};

describe("a damaged database", () => {
  test.each(Object.entries(damages))(
    "that %s is set aside as it is, and the cache goes on empty",
    async (_, damage) => {
      const directory = await filledDirectory();
      const path = databaseIn(directory);
      damage(path);
      const damaged = readFileSync(path);
      const events: BackendEvent[] = [];
      await using backend = new DiskBackend({ directory });
      expect(await backend.get("n/_/1", { report: (event) => events.push(event) })).toBeUndefined();
      await backend.put("n/_/1", bytes("new"));
      expect(await backend.get("n/_/1")).toEqual(bytes("new"));
      const [aside = "", ...more] = setAsideIn(directory);
      expect(more).toEqual([]);
      expect(readFileSync(`${directory}/${aside}`).equals(damaged)).toBe(true);
      expect(events).toEqual([{ type: "failed", backend: "disk", operation: "get", error: expect.any(Error) }]);
      const [event] = events;
      expect(String(event?.type === "failed" && event.error)).toContain(
        `the damaged database is now ${directory}/${aside}`,
      );
    },
  );

  test.each(["get", "put", "getMany", "list", "swap"] as const)(
    "is replaced by a %s that finds the damage in mid-life",
    async (operation) => {
      const directory = await filledDirectory(2_000);
      await using backend = new DiskBackend({ directory });
      await backend.put("n/_/0", value);
      expect(await backend.get("n/_/0")).toEqual(value);
      const path = databaseIn(directory);
      // All but the first page, so that it opens.
      overwriteFromOutside(path, 8_192, statSync(path).size - 8_192);
      const events: BackendEvent[] = [];
      const options = { report: (event: BackendEvent) => events.push(event) };
      const operations = {
        get: () => backend.get("n/_/1500", options),
        put: () => backend.put("n/_/1500", value, options),
        getMany: () => backend.getMany(["n/_/1500", "n/_/1501"], options),
        list: () => Array.fromAsync(backend.list("n/", options)),
        swap: () => backend.swap("n/_/1500", undefined, value, options),
      };
      const expected = { get: undefined, put: undefined, getMany: [undefined, undefined], list: [], swap: true };
      expect(await operations[operation]()).toEqual(expected[operation]);
      expect(events.map((event) => event.type === "failed" && event.operation)).toEqual([operation]);
      expect(setAsideIn(directory)).toHaveLength(1);
      await backend.put("n/_/2", bytes("new"));
      expect(await backend.get("n/_/2")).toEqual(bytes("new"));
    },
  );

  test("is set aside once, however many find it at the same time", async () => {
    const directory = await filledDirectory();
    writeFileSync(databaseIn(directory), "this is no database ".repeat(1_000));
    const backends = Array.from({ length: 4 }, () => new DiskBackend({ directory }));
    const processes = [0, 1].map((index) => runProcess("put-one.ts", [directory, `p/_/${index}`]));
    await Promise.all(backends.map((backend, index) => backend.put(`b/_/${index}`, bytes(`${index}`))));
    await Promise.all(processes);
    expect(setAsideIn(directory)).toHaveLength(1);
    for (const backend of backends) {
      expect(await Array.fromAsync(backend.list(""))).toEqual(["b/_/0", "b/_/1", "b/_/2", "b/_/3", "p/_/0", "p/_/1"]);
      await backend[Symbol.asyncDispose]();
    }
  });

  test("is left by all who have it open, once one has set it aside", async () => {
    const directory = await filledDirectory(2_000);
    await using first = new DiskBackend({ directory });
    await using second = new DiskBackend({ directory });
    for (const backend of [first, second]) {
      await backend.put("n/_/0", value);
      expect(await backend.get("n/_/0")).toEqual(value);
    }
    const path = databaseIn(directory);
    overwriteFromOutside(path, 8_192, statSync(path).size - 8_192);
    expect(await first.get("n/_/1500")).toBeUndefined();
    await second.put("n/_/1", bytes("by the second"));
    expect(await first.get("n/_/1")).toEqual(bytes("by the second"));
    await first.put("n/_/1", bytes("by the first"));
    expect(await second.get("n/_/1")).toEqual(bytes("by the first"));
    expect(setAsideIn(directory)).toHaveLength(1);
  });

  test("never gives its name to another one, even when the clock was set back", async () => {
    const directory = nextDirectory();
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${directory}/entries-9000000000000.db`, "this is no database ".repeat(1_000));
    await using backend = new DiskBackend({ directory });
    await backend.put("a", value);
    expect(databaseIn(directory)).toBe(`${directory}/entries-9000000000001.db`);
  });
});

describe("a damaged entry", () => {
  test("is a miss, is told, and is removed, while the others stay", async () => {
    const directory = await filledDirectory();
    const marked = bytes("the answer to look for ".repeat(50));
    {
      await using backend = new DiskBackend({ directory });
      await backend.put("n/_/marked", marked);
    }
    const path = databaseIn(directory);
    overwriteFromOutside(path, readFileSync(path).indexOf("answer to look"), 3);
    await using backend = new DiskBackend({ directory });
    const events: BackendEvent[] = [];
    expect(await backend.get("n/_/marked", { report: (event) => events.push(event) })).toBeUndefined();
    expect(events).toEqual([{ type: "dropped", backend: "disk", key: "n/_/marked", error: expect.any(Error) }]);
    await backend.ping();
    expect(await Array.fromAsync(backend.list("n/_/marked"))).toEqual([]);
    expect(await backend.get("n/_/1")).toEqual(value);
    expect(setAsideIn(directory)).toEqual([]);
  });

  test("is as good as missing for a swap", async () => {
    const directory = await filledDirectory(1);
    change(directory, "UPDATE entries SET value = x'00'");
    await using backend = new DiskBackend({ directory });
    expect(await backend.swap("n/_/0", Uint8Array.of(0), value)).toBe(false);
    expect(await backend.swap("n/_/0", undefined, value)).toBe(true);
    expect(await backend.get("n/_/0")).toEqual(value);
  });

  test("is never another key's value", async () => {
    const directory = await filledDirectory(2);
    change(directory, "UPDATE entries SET key = 'n/_/mine' WHERE key = 'n/_/1'");
    await using backend = new DiskBackend({ directory });
    expect(await backend.getMany(["n/_/0", "n/_/mine"])).toEqual([value, undefined]);
  });
});

describe("the version of the schema", () => {
  test("is left alone when it is newer, with an error that says what to do", async () => {
    const directory = await filledDirectory();
    change(directory, "PRAGMA user_version = 2");
    const before = readFileSync(databaseIn(directory));
    await using backend = new DiskBackend({ directory });
    for (const operation of [() => backend.get("n/_/1"), () => backend.put("n/_/1", value), () => backend.ping()]) {
      await expect(operation()).rejects.toThrow(
        /written by a newer release .*version 2.* install that release here too, or give this one another directory/,
      );
    }
    expect(setAsideIn(directory)).toEqual([]);
    await backend[Symbol.asyncDispose]();
    expect(readFileSync(databaseIn(directory)).equals(before)).toBe(true);
  });

  test("is respected also when a newer release raises it while this one runs", async () => {
    const directory = await filledDirectory();
    await using backend = new DiskBackend({ directory });
    await backend.put("n/_/1", value);
    change(directory, "PRAGMA user_version = 2");
    await expect(backend.put("n/_/1", bytes("new"))).rejects.toThrow(/newer release/);
  });

  test("is brought up from nothing, as after a crash between making the file and filling it", async () => {
    const directory = nextDirectory();
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${directory}/entries-1.db`, "");
    await using backend = new DiskBackend({ directory });
    expect(await backend.get("a")).toBeUndefined();
    await backend.put("a", value);
    expect(readdirSync(directory)).toContain("entries-1.db");
    expect(setAsideIn(directory)).toEqual([]);
  });
});

function change(directory: string, sql: string): void {
  const database = new DatabaseSync(databaseIn(directory));
  database.exec(sql);
  database.close();
}
