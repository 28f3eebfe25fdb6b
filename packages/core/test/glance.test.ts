import fc from "fast-check";
import { expect, test } from "vitest";
import { Cache, type CacheEvent, localBus, memory, prefixed, tiered } from "../src/index.ts";
import { anyJson } from "./support/arbitrary-values.ts";
import { fakeClock } from "./support/clock.ts";
import { chat, settle } from "./support/model.ts";

const notCalled = () => Promise.reject(new Error("the model was called"));

/** What a caller gets who takes the long way: `prefixed` does not let core look into the memory behind it. */
async function theLongWay(value: unknown): Promise<unknown> {
  const cache = new Cache({ backend: prefixed(memory(), "p/") });
  await cache.put(chat("hi"), value);
  return (await cache.get(chat("hi")))?.value;
}

test("whatever the answer, a hit in memory gives what the store's bytes would, the first time and every other", async () => {
  const answers = fc.oneof(anyJson, fc.float32Array({ noNaN: true }), fc.uint8Array());
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      const cache = new Cache({ backend: memory() });
      // What JSON does not carry is not stored.
      if (!(await cache.put(chat("hi"), answer))) return;
      const expected = await theLongWay(answer);
      for (let turn = 0; turn < 3; turn++) {
        const { value, status, source } = await cache.run(chat("hi"), notCalled);
        expect({ value, status, source }).toEqual({ value: expected, status: "hit", source: "memory" });
      }
    }),
    { numRuns: 500 },
  );
});

test("what a caller does to its answer is seen by no other", async () => {
  const cache = new Cache({ backend: memory() });
  await cache.put(chat("json"), { choices: [{ text: "a" }] });
  await cache.put(chat("vector"), Float32Array.of(1, 2));
  for (let turn = 0; turn < 3; turn++) {
    const { value } = await cache.run(chat("json"), (): { choices: { text: string }[] } => ({ choices: [] }));
    expect(value).toEqual({ choices: [{ text: "a" }] });
    Object.assign(value.choices[0] ?? {}, { text: "changed" });
    value.choices.push({ text: "more" });
    const vector = (await cache.run(chat("vector"), () => new Float32Array())).value;
    expect(vector).toEqual(Float32Array.of(1, 2));
    vector.fill(0);
  }
});

test("a member that every object inherits is in no answer", async () => {
  const cache = new Cache({ backend: memory() });
  const names: string[][] = [];
  await cache.put(chat("hi"), { own: 1 });
  // oxlint-disable-next-line no-extend-native -- programs do, and must not be given what they put there
  Object.defineProperty(Object.prototype, "inherited", { value: "bad", enumerable: true, configurable: true });
  try {
    for (let turn = 0; turn < 2; turn++) names.push(Object.keys((await cache.get<object>(chat("hi")))?.value ?? {}));
  } finally {
    Reflect.deleteProperty(Object.prototype, "inherited");
  }
  expect(names).toEqual([["own"], ["own"]]);
});

test("controls, expiry, replacement, deletion and tags count as they do on the long way", async () => {
  const clock = fakeClock();
  const cache = new Cache({ backend: memory({ clock }), clock, ttl: 60 });
  const ask = async (controls = {}) => (await cache.run(chat("hi"), () => "new", controls)).value;
  const put = (value: string) => cache.put(chat("hi"), value);
  await put("old");
  expect(await ask()).toBe("old");
  expect(await ask({ accepts: () => false, noStore: true })).toBe("new");
  expect(await ask({ maxAge: 0, noStore: true })).toBe("new");
  expect(await ask({ noCache: true, noStore: true })).toBe("new");
  expect(await ask({ minFresh: 61, noStore: true })).toBe("new");
  expect(await ask()).toBe("old");
  await put("replaced");
  expect(await ask()).toBe("replaced");
  clock.advance(61);
  expect(await ask({ noStore: true })).toBe("new");
  await put("deleted");
  await cache.delete(chat("hi"));
  expect(await ask({ noStore: true })).toBe("new");
  await cache.put(chat("hi"), "tagged", { tags: ["t"] });
  expect(await ask()).toBe("tagged");
  await cache.invalidate(["t"]);
  expect(await ask({ noStore: true })).toBe("new");
});

test("a caller who is aborted already is not served", async () => {
  const cache = new Cache({ backend: memory() });
  await cache.put(chat("hi"), "answer");
  await expect(cache.run(chat("hi"), notCalled, { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
});

test("one hit is one event, and a cache that is off, or disposed of, looks nowhere", async () => {
  const events: CacheEvent[] = [];
  const backend = memory();
  const cache = new Cache({ backend, onEvent: (event) => events.push(event), keepOpen: true });
  await cache.put(chat("hi"), "answer");
  await cache.run(chat("hi"), notCalled);
  await cache.get(chat("hi"));
  expect(events.map(({ type }) => type)).toEqual(["stored", "hit", "hit"]);
  expect(cache.stats().hits).toBe(2);
  cache.disable();
  expect((await cache.run(chat("hi"), () => "model")).status).toBe("bypass");
  cache.enable();
  await cache[Symbol.asyncDispose]();
  expect((await cache.run(chat("hi"), () => "model")).status).toBe("bypass");
});

test("what is kept beside entries is counted, and goes before any entry does", async () => {
  const backend = memory({ maxBytes: 40_000 });
  const cache = new Cache({ backend });
  const answer = (index: number) => ({ index, text: "x".repeat(1000) });
  for (let index = 0; index < 10; index++) await cache.put(chat(`${index}`), answer(index));
  const before = backend.usage().bytes;
  for (let index = 0; index < 10; index++) await cache.get(chat(`${index}`));
  expect(backend.usage().bytes).toBeGreaterThan(before + 10 * 1000);
  for (let index = 10; index < 25; index++) await cache.put(chat(`${index}`), answer(index));
  expect(backend.usage().entries).toBe(25);
  expect(backend.usage().bytes).toBeLessThanOrEqual(40_000);
  for (let index = 0; index < 25; index++) expect((await cache.get(chat(`${index}`)))?.value).toEqual(answer(index));
  await cache.clear();
  expect(backend.usage()).toEqual({ entries: 0, bytes: 0 });
});

test("a first tier in memory serves under its own name, within its own cap, and only while it is trusted", async () => {
  const clock = fakeClock();
  const bus = localBus();
  const shared = memory({ name: "shared", clock });
  const open = () => {
    const local = memory({ name: "local", clock });
    const backend = tiered(
      [
        { backend: local, maxTtl: 10 },
        { backend: shared, local: false },
      ],
      { bus, clock },
    );
    return new Cache({ backend, clock, keepOpen: true });
  };
  const [ours, theirs] = [open(), open()];
  const sourceFor = async (cache: Cache) => (await cache.get(chat("hi")))?.source;
  await ours.put(chat("hi"), "answer");
  expect(await sourceFor(ours)).toBe("local");
  clock.advance(11);
  expect(await sourceFor(ours), "past the cap").toBe("shared");
  await settle();
  expect(await sourceFor(theirs)).toBe("shared");
  await settle();
  expect(await sourceFor(theirs)).toBe("local");
  await ours.put(chat("hi"), "newer");
  await settle();
  expect((await theirs.get(chat("hi")))?.value).toBe("newer");
  await ours.delete(chat("hi"));
  await settle();
  expect(await theirs.get(chat("hi"))).toBeUndefined();
});

test("what a hit says of its usage is nobody's to change", async () => {
  const cache = new Cache({ backend: memory(), usageOf: () => ({ inputTokens: 3, outputTokens: 4 }) });
  await cache.run(chat("hi"), () => "answer");
  await cache.flush();
  for (let turn = 0; turn < 3; turn++) {
    const { accounting } = await cache.run(chat("hi"), notCalled);
    expect(accounting?.usage.inputTokens).toBe(3);
    expect(() => Object.assign(accounting?.usage ?? {}, { inputTokens: 0 })).toThrow(TypeError);
  }
});
