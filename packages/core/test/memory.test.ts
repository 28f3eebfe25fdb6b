import { expect, test } from "vitest";
import { type BackendEvent, memory } from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";

const bytes = (length: number) => new Uint8Array(length);

test("entries that are read survive a scan of one-off prompts many times the cache's size", async () => {
  const backend = memory({ maxEntries: 100 });
  const hot = Array.from({ length: 20 }, (_, index) => `hot${index}`);
  for (const key of hot) await backend.put(key, bytes(10));
  for (const key of hot) await backend.get(key);
  for (let scan = 0; scan < 5000; scan++) await backend.put(`scan${scan}`, bytes(10));
  const kept = await Promise.all(hot.map(async (key) => (await backend.get(key)) !== undefined));
  expect(kept.filter(Boolean).length).toBe(20);
});

test("on a skewed load it keeps more hits than evicting the least recently used would", async () => {
  // Zipf-like requests with a scan between them, against a plain LRU of the same size.
  const capacity = 100;
  const backend = memory({ maxEntries: capacity });
  const lru = new Map<string, true>();
  let seed = 42;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const hits = { sieve: 0, lru: 0 };
  for (let request = 0; request < 20_000; request++) {
    const key = request % 2 === 0 ? `k${Math.floor(1000 ** random())}` : `scan${request}`;
    if ((await backend.get(key)) === undefined) await backend.put(key, bytes(1));
    else hits.sieve++;
    if (lru.delete(key)) hits.lru++;
    else if (lru.size >= capacity) lru.delete(lru.keys().next().value ?? "");
    lru.set(key, true);
  }
  expect(hits.sieve).toBeGreaterThan(hits.lru);
});

test("bytes are counted truly: values, keys and what lies beside them, through every way in and out", async () => {
  const backend = memory({ maxBytes: 10_000 });
  await backend.put("k", bytes(1000));
  const one = backend.usage().bytes;
  expect(one).toBeGreaterThan(1000);
  await backend.put("k", bytes(500));
  expect(backend.usage().bytes).toBe(one - 500);
  await backend.swap("k", bytes(500), bytes(700));
  expect(backend.usage().bytes).toBe(one - 300);
  for (let index = 0; index < 100; index++) {
    await backend.put(`k${index}`, bytes(index * 7));
    expect(backend.usage().bytes).toBeLessThanOrEqual(10_000);
  }
  for await (const key of backend.list("")) await backend.delete(key);
  expect(backend.usage()).toEqual({ entries: 0, bytes: 0 });
});

test("the process's memory stays near what is counted", async () => {
  const backend = memory({ maxBytes: 40e6 });
  globalThis.gc?.();
  const before = process.memoryUsage();
  for (let index = 0; index < 40_000; index++)
    await backend.put(`default/-unscoped/${index}`.padEnd(82, "0"), bytes(2048));
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.external - before.heapUsed - before.external;
  expect(backend.usage().bytes).toBeLessThanOrEqual(40e6);
  expect(grown, "with room for what is not collected yet").toBeLessThan(4 * 40e6);
});

test("a value above maxEntryBytes is refused and leaves what was there", async () => {
  const backend = memory({ maxEntryBytes: 100 });
  await backend.put("k", bytes(100));
  await expect(backend.put("k", bytes(101))).rejects.toThrow("memory takes values of up to 100 bytes, got 101");
  expect((await backend.get("k"))?.length).toBe(100);
});

test("it never holds more than maxBytes, and loses nothing for a value that cannot fit", async () => {
  const backend = memory({ maxBytes: 1000, maxEntryBytes: 1000 });
  await backend.put("a", bytes(100));
  await expect(backend.put("b", bytes(1000))).rejects.toThrow("memory has no room for a value of 1000 bytes");
  expect(backend.usage().bytes).toBeLessThanOrEqual(1000);
  expect(await backend.get("a")).toBeDefined();
});

test("expired entries go first, and are not found", async () => {
  const clock = fakeClock();
  const backend = memory({ maxEntries: 2, clock });
  await backend.put("expiring", bytes(1), { expiresAt: clock() + 1000 });
  for (let read = 0; read < 5; read++) await backend.get("expiring");
  await backend.put("lasting", bytes(1));
  clock.advance(1.001);
  await backend.put("new", bytes(1));
  expect(await backend.get("expiring")).toBeUndefined();
  expect(await backend.get("lasting")).toBeDefined();
});

test("an eviction is reported with its key", async () => {
  const events: BackendEvent[] = [];
  const backend = memory({ maxEntries: 1, name: "small" });
  await backend.put("a", bytes(1));
  await backend.put("b", bytes(1), { report: (event) => events.push(event) });
  expect(events).toEqual([{ type: "evicted", backend: "small", key: "a" }]);
});

test.each<[string, object, RegExp]>([
  ["an unknown option", { max: 5 }, /unknown option "max"/],
  ["maxBytes of 0", { maxBytes: 0 }, /maxBytes must be a whole number above 0, got a number/],
  ["maxEntries as a text", { maxEntries: "5" }, /maxEntries must be a whole number above 0, got a string/],
  ["an entry above all", { maxBytes: 10, maxEntryBytes: 11 }, /maxEntryBytes must not be more than maxBytes/],
])("%s is a TypeError that names it", (_, options, message) => {
  expect(() => memory(options)).toThrow(message);
});
