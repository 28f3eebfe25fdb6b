import type { BackendEvent } from "@llmcache/core";
import { memorySemantic, type MemorySemanticOptions } from "@llmcache/semantic";
import { expect, test } from "vitest";

const bytes = (length: number) => new Uint8Array(length);
const along = (axis: number) => Float32Array.from({ length: 16 }, (_, index) => (index === axis ? 1 : 0));

test("stays within maxBytes, vectors included, and evicts what was not read", async () => {
  const backend = memorySemantic({ dimensions: 16, maxBytes: 40_000 });
  const evicted: BackendEvent[] = [];
  const report = (event: BackendEvent) => void evicted.push(event);
  for (let index = 0; index < 200; index++) {
    await backend.put(`key-${index}`, bytes(100), {
      embedding: { scope: `${index % 7}`, vector: along(index % 16) },
      report,
    });
    await backend.get("key-0");
    expect(backend.usage().bytes).toBeLessThanOrEqual(40_000);
  }
  expect(await backend.get("key-0")).toEqual(bytes(100));
  expect(evicted.length).toBe(200 - backend.usage().entries);
  expect(evicted[0]).toEqual({ type: "evicted", backend: "memory-semantic", key: "key-1" });
  expect(await backend.get("key-1")).toBeUndefined();
  const found = await backend.nearest("1", along(1), { limit: 500 });
  for (const { key } of found) expect(await backend.get(key)).toBeDefined();
});

test("stays within maxEntries", async () => {
  const backend = memorySemantic({ dimensions: 16, maxEntries: 3 });
  for (let index = 0; index < 9; index++) {
    await backend.put(`key-${index}`, bytes(1), { embedding: { scope: "s", vector: along(index) } });
  }
  expect(backend.usage().entries).toBe(3);
  expect((await backend.nearest("s", along(0), { limit: 10 })).map(({ key }) => key)).toEqual([
    "key-6",
    "key-7",
    "key-8",
  ]);
});

test("counts nothing once everything is deleted, and nothing twice when a key is written again", async () => {
  const backend = memorySemantic({ dimensions: 16 });
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 20; index++) {
      await backend.put(`key-${index}`, bytes(10), { embedding: { scope: `${round}`, vector: along(1) } });
    }
  }
  const again = memorySemantic({ dimensions: 16 });
  for (let index = 0; index < 20; index++) {
    await again.put(`key-${index}`, bytes(10), { embedding: { scope: "2", vector: along(1) } });
  }
  expect(backend.usage()).toEqual(again.usage());
  for (let index = 0; index < 20; index++) await backend.delete(`key-${index}`);
  expect(backend.usage()).toMatchObject({ entries: 0, bytes: 0 });
});

test("refuses a value that is too large, and keeps what was there", async () => {
  const backend = memorySemantic({ dimensions: 16, maxBytes: 40_000, maxEntryBytes: 100 });
  await backend.put("key", bytes(100));
  await expect(backend.put("key", bytes(101))).rejects.toThrow(RangeError);
  expect(await backend.get("key")).toEqual(bytes(100));
});

test("drops what has expired by the clock that it is given", async () => {
  let now = 1_000;
  const backend = memorySemantic({ dimensions: 16, clock: () => now });
  await backend.put("key", bytes(1), { expiresAt: 2_000, embedding: { scope: "s", vector: along(0) } });
  now = 2_000;
  expect(await backend.nearest("s", along(0), { limit: 1 })).toHaveLength(1);
  now = 2_001;
  expect(await backend.nearest("s", along(0), { limit: 1 })).toEqual([]);
  expect(await backend.get("key")).toBeUndefined();
  expect(backend.usage()).toMatchObject({ entries: 0, bytes: 0 });
});

test("refuses options that are unknown or out of range, and a limit that is none", async () => {
  const refused = (options: object) => () => memorySemantic(options as MemorySemanticOptions);
  expect(refused({})).toThrow(new TypeError("dimensions must be a whole number above 0, got undefined"));
  expect(refused({ dimensions: 1.5 })).toThrow("dimensions must be a whole number above 0");
  expect(refused({ dimensions: Infinity })).toThrow("dimensions");
  expect(refused({ dimensions: 3, max: 1 })).toThrow('unknown option "max"');
  expect(refused({ dimensions: 3, maxBytes: 10, maxEntryBytes: 20 })).toThrow("maxEntryBytes");
  await expect(memorySemantic({ dimensions: 16 }).nearest("s", along(0), { limit: 0 })).rejects.toThrow("limit");
});
