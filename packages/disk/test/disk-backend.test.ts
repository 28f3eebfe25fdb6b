import type { BackendEvent } from "@llmcache/core";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { DiskBackend, type DiskOptions } from "@llmcache/disk";
import { storedBytes } from "../src/stored-bytes.ts";
import { databaseIn, temporaryDirectories } from "./temporary-directory.ts";

const nextDirectory = temporaryDirectories();
const entries = process.env["LLMCACHE_LONG"] === "1" ? 1_000_000 : 20_000;

const bytes = (text: string) => new TextEncoder().encode(text);
const keysOf = async (backend: DiskBackend, prefix = "") => Array.fromAsync(backend.list(prefix));
const day = 86_400_000;

describe("construction", () => {
  test("opens nothing before the first operation", async () => {
    const directory = nextDirectory();
    const backend = new DiskBackend({ directory });
    expect(existsSync(dirname(directory))).toBe(false);
    await backend[Symbol.asyncDispose]();
    expect(existsSync(dirname(directory))).toBe(false);
  });

  test.each<[string, unknown, RegExp]>([
    ["no options", undefined, /options must be an object, got undefined/],
    ["null", null, /options must be an object, got null/],
    ["no directory", {}, /directory must be the path of a folder, got undefined/],
    ["an empty directory", { directory: "" }, /directory must .* got an empty string/],
    ["a directory that is no string", { directory: new URL("file:///tmp") }, /directory must .* got an object/],
    ["a size of 0", { directory: "x", maxBytes: 0 }, /maxBytes must be a whole number above 0, got a number/],
    ["a size as text", { directory: "x", maxBytes: "1GB" }, /maxBytes .* got a string/],
    ["half a byte", { directory: "x", maxBytes: 1.5 }, /maxBytes .* got a number/],
    ["a name that is no string", { directory: "x", name: [] }, /name .* got an array/],
    ["a clock that is a time", { directory: "x", clock: 5 }, /clock must be a function, got a number/],
    [
      "an option that is not known",
      { directory: "x", maxbytes: 5 },
      /unknown option "maxbytes"; known are directory, maxBytes/,
    ],
  ])("refuses %s with a TypeError that says what is wrong", (_, options, message) => {
    const construct = () => new DiskBackend(options as DiskOptions);
    expect(construct).toThrow(TypeError);
    expect(construct).toThrow(message);
  });

  test("has no expiryGranularityMs, because it drops expired entries only when it writes", () => {
    expect("expiryGranularityMs" in new DiskBackend({ directory: nextDirectory() })).toBe(false);
  });
});

describe("the folder", () => {
  test.skipIf(process.platform === "win32")("is for its owner only, and so are the files in it", async () => {
    const directory = nextDirectory();
    await using backend = new DiskBackend({ directory });
    await backend.put("a", bytes("a"));
    await backend.get("a");
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const files = readdirSync(directory);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect([file, statSync(`${directory}/${file}`).mode & 0o777]).toEqual([file, 0o600]);
  });

  test("holds everything, whatever a key looks like", async () => {
    const directory = nextDirectory();
    await using backend = new DiskBackend({ directory });
    const keys = [
      "../../escaped",
      "/etc/llmcache",
      "..",
      "a/../../b",
      "c:\\windows",
      "'; DROP TABLE entries; --",
      "%2e%2e/x",
    ];
    for (const key of keys) await backend.put(key, bytes(key));
    for (const key of keys) expect(await backend.get(key)).toEqual(bytes(key));
    expect((await keysOf(backend)).toSorted()).toEqual(keys.toSorted());
    expect(readdirSync(dirname(directory))).toEqual(["cache"]);
    for (const file of readdirSync(directory)) expect(file).toMatch(/^entries[-.]/);
  });

  test("may be deleted while the cache is in use, which goes on empty", async () => {
    const directory = nextDirectory();
    await using backend = new DiskBackend({ directory });
    await backend.put("a", bytes("old"));
    expect(await backend.get("a")).toEqual(bytes("old"));
    rmSync(directory, { recursive: true });
    await backend.put("b", bytes("new"));
    expect(await backend.get("b")).toEqual(bytes("new"));
    expect(await backend.get("a")).toBeUndefined();
  });

  test("keeps its entries from one opening to the next", async () => {
    const directory = nextDirectory();
    for (const text of ["first", "second"]) {
      await using backend = new DiskBackend({ directory });
      expect(await backend.get("a")).toEqual(text === "first" ? undefined : bytes("first"));
      await backend.put("a", bytes(text));
    }
    expect(readdirSync(directory).toSorted()).toEqual([expect.stringMatching(/^entries-\d+\.db$/), "entries.lock"]);
  });

  test("answers from a large cache as soon as it is opened", async () => {
    const directory = nextDirectory();
    const value = bytes("an answer".repeat(10));
    {
      await using backend = new DiskBackend({ directory });
      for (let start = 0; start < entries; start += 20_000) {
        await backend.putMany(
          Array.from({ length: 20_000 }, (_, index) => ({ key: `large/_/${start + index}`, value })),
        );
      }
    }
    await using backend = new DiskBackend({ directory });
    expect(await backend.get(`large/_/${entries - 1}`)).toEqual(value);
    expect(await backend.get("large/_/missing")).toBeUndefined();
    await backend.put("large/_/one-more", value);
    expect(await backend.getMany(["large/_/0", "large/_/one-more"])).toEqual([value, value]);
  }, 300_000);
});

describe("disposal", () => {
  test("waits for the writes that were begun", async () => {
    const directory = nextDirectory();
    const backend = new DiskBackend({ directory });
    const writes = Array.from({ length: 2_000 }, (_, index) => backend.put(`n/_/${index}`, bytes(`${index}`)));
    await backend[Symbol.asyncDispose]();
    await Promise.all(writes);
    await using again = new DiskBackend({ directory });
    expect(await keysOf(again)).toHaveLength(2_000);
  });

  test("is followed by rejections that say so", async () => {
    const backend = new DiskBackend({ directory: nextDirectory(), name: "local" });
    await backend.put("a", bytes("a"));
    await backend[Symbol.asyncDispose]();
    await expect(backend.get("a")).rejects.toThrow("local was disposed of");
    await expect(backend.put("a", bytes("a"))).rejects.toThrow("local was disposed of");
  });
});

describe("eviction", () => {
  const value = bytes("x".repeat(2_000));
  const entrySize = storedBytes("n/_/000".length, value.length);
  const keyOf = (index: number) => `n/_/${`${index}`.padStart(3, "0")}`;

  test("drops what was used longest ago, and tells the put that caused it", async () => {
    await using backend = new DiskBackend({ directory: nextDirectory(), maxBytes: 10 * entrySize });
    for (let index = 0; index < 10; index++) await backend.put(keyOf(index), value);
    expect(await backend.get(keyOf(0))).toEqual(value);
    const events: BackendEvent[] = [];
    for (let index = 10; index < 13; index++)
      await backend.put(keyOf(index), value, { report: (event) => events.push(event) });
    expect(events).toEqual([1, 2, 3].map((index) => ({ type: "evicted", backend: "disk", key: keyOf(index) })));
    expect(await keysOf(backend)).toEqual([0, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(keyOf));
  });

  test("keeps what a process reads even if that process never writes", async () => {
    const directory = nextDirectory();
    const maxBytes = 10 * entrySize;
    await using writer = new DiskBackend({ directory, maxBytes });
    for (let index = 0; index < 10; index++) await writer.put(keyOf(index), value);
    {
      await using reader = new DiskBackend({ directory, maxBytes });
      await reader.get(keyOf(0));
    }
    for (let index = 10; index < 19; index++) await writer.put(keyOf(index), value);
    expect(await writer.get(keyOf(0))).toEqual(value);
    expect(await writer.get(keyOf(1))).toBeUndefined();
  });

  test("evicts no more with a put than it needs to come down step by step", async () => {
    const directory = nextDirectory();
    {
      await using backend = new DiskBackend({ directory, maxBytes: 1_000 * entrySize });
      await backend.putMany(Array.from({ length: 500 }, (_, index) => ({ key: keyOf(index), value })));
    }
    await using backend = new DiskBackend({ directory, maxBytes: 100 * entrySize });
    const evictedByPut: number[] = [];
    for (let index = 500; index < 600; index++) {
      let evicted = 0;
      await backend.put(keyOf(index), value, { report: () => evicted++ });
      evictedByPut.push(evicted);
    }
    expect(Math.max(...evictedByPut)).toBeLessThanOrEqual(10);
    expect(await keysOf(backend)).toHaveLength(100);
  });

  test("makes room for a large value among many small ones", async () => {
    const maxBytes = 8_000_000;
    const directory = nextDirectory();
    await using backend = new DiskBackend({ directory, maxBytes });
    await backend.putMany(Array.from({ length: 2_500 }, (_, index) => ({ key: keyOf(index), value })));
    for (let index = 0; index < 20; index++) await backend.put(`n/_/large-${index}`, new Uint8Array(900_000));
    expect(totalBytes(directory)).toBeLessThanOrEqual(maxBytes);
    expect(await backend.get("n/_/large-19")).toHaveLength(900_000);
  });

  test("keeps the file near maxBytes, however much is written, overwritten and deleted", async () => {
    const maxBytes = 4_000_000;
    const directory = nextDirectory();
    await using backend = new DiskBackend({ directory, maxBytes });
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 40; round++) {
      await backend.putMany(
        Array.from({ length: 100 }, () => ({ key: keyOf(random(3_000)), value: new Uint8Array(random(20_000)) })),
      );
      await backend.deleteMany(Array.from({ length: 20 }, () => keyOf(random(3_000))));
    }
    expect(totalBytes(directory)).toBeLessThanOrEqual(maxBytes);
    await backend[Symbol.asyncDispose]();
    expect(statSync(databaseIn(directory)).size).toBeLessThan(1.25 * maxBytes);
  });

  test("gives the space of deleted entries back to the disk", async () => {
    const directory = nextDirectory();
    await using backend = new DiskBackend({ directory });
    await backend.putMany(
      Array.from({ length: 120 }, (_, index) => ({ key: keyOf(index), value: new Uint8Array(1_000_000) })),
    );
    await backend.deleteMany(await keysOf(backend));
    for (let index = 0; index < 250; index++) await backend.delete("n/_/missing");
    expect(totalBytes(directory)).toBe(0);
    await backend[Symbol.asyncDispose]();
    // What it keeps for the entries to come: 32 MiB.
    expect(statSync(databaseIn(directory)).size).toBeLessThan(36_000_000);
  });

  test("refuses a value that would push out most others, and names the limit", async () => {
    await using backend = new DiskBackend({ directory: nextDirectory(), maxBytes: 80_000 });
    expect(backend.maxValueBytes).toBe(10_000);
    await expect(backend.put("a", new Uint8Array(10_001))).rejects.toThrow(/values of up to 10000 bytes, got 10001/);
    expect(new DiskBackend({ directory: "x", maxBytes: Infinity }).maxValueBytes).toBe(999_990_000);
  });

  /** What the database says it holds, after a check that this is what it does hold. */
  function totalBytes(directory: string): number {
    const database = new DatabaseSync(databaseIn(directory), { readOnly: true });
    const rows = database.prepare("SELECT key, length(value) AS size FROM entries").all() as unknown as {
      key: string;
      size: number;
    }[];
    const totals = database.prepare("SELECT bytes FROM totals").get() as { bytes: number };
    database.close();
    expect(totals.bytes).toBe(rows.reduce((sum, { key, size }) => sum + storedBytes(key.length, size), 0));
    return totals.bytes;
  }
});

describe("expiry", () => {
  test("removes expired entries a few at a time, with each put", async () => {
    let now = 1_000_000;
    await using backend = new DiskBackend({ directory: nextDirectory(), clock: () => now });
    await backend.putMany(
      Array.from({ length: 100 }, (_, index) => ({
        key: `n/_/${index}`,
        value: bytes("x"),
        options: { expiresAt: 1_000_500 },
      })),
    );
    expect(await keysOf(backend)).toHaveLength(100);
    now += 501;
    await backend.put("m/_/first", bytes("x"));
    const left = (await keysOf(backend, "n/")).length;
    expect(left).toBeLessThan(100);
    expect(left).toBeGreaterThan(50);
    for (let index = 0; index < 12; index++) await backend.put("m/_/more", bytes("x"));
    expect(await keysOf(backend)).toEqual(["m/_/first", "m/_/more"]);
  });

  test("loses nothing and drops nothing too soon when the clock is set back", async () => {
    let now = Date.UTC(2030, 0, 2);
    const value = bytes("x".repeat(2_000));
    const maxBytes = 20 * storedBytes("n/_/before-0".length, value.length);
    await using backend = new DiskBackend({ directory: nextDirectory(), clock: () => now, maxBytes });
    for (let index = 0; index < 10; index++) await backend.put(`n/_/before-${index}`, value, { expiresAt: now + day });
    now -= 2 * day;
    for (let index = 0; index < 10; index++) await backend.put(`n/_/after-${index}`, value, { expiresAt: now + day });
    expect(await keysOf(backend)).toHaveLength(20);
    // What came after still counts as newer, by whatever the clock said.
    for (let index = 0; index < 10; index++) await backend.put(`n/_/later-${index}`, value, { expiresAt: now + day });
    expect(await keysOf(backend, "n/_/before-")).toEqual([]);
    expect(await keysOf(backend, "n/_/after-")).toHaveLength(10);
  });
});

test("reports an eviction that a batch caused", async () => {
  const value = new Uint8Array(1_000);
  await using backend = new DiskBackend({ directory: nextDirectory(), maxBytes: 20_000 });
  const evicted: string[] = [];
  const report = (event: BackendEvent) => event.type === "evicted" && evicted.push(event.key);
  await backend.putMany(
    Array.from({ length: 30 }, (_, index) => ({ key: `n/_/${index}`, value })),
    { report },
  );
  expect(new Set([...evicted, ...(await keysOf(backend))]).size).toBe(30);
  expect(evicted.length).toBeGreaterThan(10);
});
