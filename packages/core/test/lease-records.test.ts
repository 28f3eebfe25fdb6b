import { expect, test } from "vitest";
import { type Backend, Cache, deriveKey, memory } from "../src/index.ts";
import { leaseKeyOf } from "../src/key-segment.ts";
import { chat } from "./support/model.ts";
import { inputs, Random } from "./support/seeded.ts";

/** Far more than the 20 ms of a lease here, far less than what the records claim. */
const patienceMs = 5000;

/** What a call gets where the store holds a lease that nobody renews. */
async function runWithLease(record: string | Uint8Array, overrides: Partial<Backend> = {}): Promise<string> {
  const store = memory();
  const options = { coalesce: "distributed", leaseDuration: "20ms", keepOpen: true } as const;
  const cache = new Cache({ ...options, backend: { ...store, ...overrides } });
  const bytes = typeof record === "string" ? new TextEncoder().encode(record) : record;
  await store.put(leaseKeyOf((await deriveKey(chat("hi"))).key), bytes);
  const { promise: patience, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(resolve, patienceMs, "still waiting");
  const value = await Promise.race([cache.run(chat("hi"), () => "answer").then((outcome) => outcome.value), patience]);
  clearTimeout(timer);
  return value;
}

const claim = (durationMs: unknown, rest: object = {}) =>
  JSON.stringify({ owner: "x", sequence: 0, durationMs, ...rest });

test.each([
  "",
  "{",
  "null",
  "7",
  '"text"',
  "[]",
  "{}",
  claim("20"),
  claim(null),
  claim({}),
  claim(-1),
  claim(0),
  claim(20),
  claim(1e12),
  '{"owner":"x","sequence":0,"durationMs":1e999}',
  claim(20, { outcome: "stored" }),
  claim(20, { outcome: 7 }),
  claim(20, { outcome: null }),
  claim(1e12, { sequence: "x", owner: null }),
])("the lease record %j of a dead process keeps nobody waiting for long", async (record) => {
  expect(await runWithLease(record)).toBe("answer");
});

test("nor does any other damage to one", { timeout: 30_000 + inputs(0) }, async () => {
  const count = Math.max(200, Math.ceil(inputs(0) / 200));
  const damaged = Array.from({ length: count }, (_, seed) => {
    const random = new Random(seed);
    const bytes = new TextEncoder().encode(claim(random.pick([20, 1e12]), random.pick([{}, { outcome: "stored" }])));
    const at = random.below(bytes.length);
    if (random.chance(0.3)) return bytes.slice(0, at);
    bytes[at] = random.chance(0.5) ? random.below(256) : 48 + random.below(10);
    return bytes;
  });
  // Some at a time: those that look alive are waited for.
  for (let start = 0; start < count; start += 100) {
    const values = await Promise.all(damaged.slice(start, start + 100).map((record) => runWithLease(record)));
    expect(new Set(values)).toEqual(new Set(["answer"]));
  }
});

test("a lease that is longer than a timer can be set for is not renewed all the time", async () => {
  let swaps = 0;
  const store = memory();
  const backend: Backend = { ...store, swap: (...given) => (swaps++, store.swap(...given)) };
  const cache = new Cache({ backend, coalesce: "distributed", leaseDuration: "90d" });
  await cache.run(chat("hi"), () => new Promise((resolve) => setTimeout(resolve, 50, "answer")));
  await cache.flush();
  // Taken, renewed before the answer is stored, released.
  expect(swaps).toBe(3);
});

test("a store that refuses every swap lets those who wait go on once the lease has run out", async () => {
  expect(await runWithLease(claim(20), { swap: async () => false })).toBe("answer");
});
