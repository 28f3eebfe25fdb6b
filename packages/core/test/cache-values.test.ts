import fc from "fast-check";
import { expect, test } from "vitest";
import { Cache, type CacheEvent, memory } from "../src/index.ts";
import { lyingBackend } from "./support/lying-backend.ts";
import { chat, ManualModel, settle } from "./support/model.ts";

test.each<[string, unknown]>([
  ["the empty string", ""],
  ["null", null],
  ["0", 0],
  ["false", false],
  ["an empty array", []],
  ["an empty object", {}],
  ["empty bytes", new Uint8Array()],
  ["an empty vector", new Float32Array()],
  ["bytes", new Uint8Array([0, 1, 255])],
  ["a vector", new Float32Array([0.1, -2, 3e38])],
  ["nested JSON", { a: [{ b: null }, "c\u2028\ud800", 1e-300] }],
])("%s is an answer that comes back equal", async (_, value) => {
  const cache = new Cache({ backend: memory() });
  expect((await cache.run(chat("hi"), () => value)).value).toBe(value);
  await cache.flush();
  const hit = await cache.run(chat("hi"), () => "not called");
  expect(hit.status).toBe("hit");
  expect(hit.value).toEqual(value);
});

test("any JSON comes back equal", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const cache = new Cache({ backend: memory() });
      await cache.run(chat("hi"), () => value);
      await cache.flush();
      expect((await cache.run(chat("hi"), () => "not called")).value).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test.each<[string, unknown]>([
  ["undefined", undefined],
  ["a Date", new Date(0)],
  ["a Map inside", { map: new Map() }],
  ["NaN", Number.NaN],
  ["a bigint", 1n],
  ["a function", () => 1],
  [
    "a class instance",
    new (class Answer {
      text = "t";
    })(),
  ],
])("%s is no answer that can be kept: it is passed on, and an event says why", async (_, value) => {
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend: memory(), onEvent: (event) => events.push(event) });
  expect((await cache.run(chat("hi"), () => value)).value).toBe(value);
  await cache.flush();
  expect(events).toContainEqual(
    expect.objectContaining({ type: "rejected", reason: "no-content", detail: expect.stringContaining("answer") }),
  );
  expect((await cache.run(chat("hi"), () => value)).status).toBe("miss");
});

test("mutating an answer changes nobody else's, on a miss, a hit and a join", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel<{ list: number[] }>();
  const runs = [1, 2, 3].map(() => cache.run(chat("hi"), model.factory));
  await model.called();
  model.calls[0]?.resolve({ list: [1] });
  for (const run of runs) {
    const { value } = await run;
    expect(value).toEqual({ list: [1] });
    value.list.push(2);
  }
  await cache.flush();
  for (let round = 0; round < 2; round++) {
    const { value } = await cache.run(chat("hi"), model.factory);
    expect(value).toEqual({ list: [1] });
    value.list.push(3);
  }
});

test("mutating bytes changes nobody else's", async () => {
  const cache = new Cache({ backend: memory() });
  const bytes = new Uint8Array([1, 2, 3]);
  const first = await cache.run(chat("hi"), () => bytes);
  first.value[0] = 9;
  await cache.flush();
  const second = await cache.run(chat("hi"), () => bytes);
  expect([...second.value]).toEqual([1, 2, 3]);
  second.value[0] = 8;
  expect([...(await cache.run(chat("hi"), () => bytes)).value]).toEqual([1, 2, 3]);
});

test("a call without a key is answered past the cache, with an event that names the path", async () => {
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend: memory(), onEvent: (event) => events.push(event) });
  const outcome = await cache.run(chat("hi", { tools: [{ run: () => 1 }] }), () => "answer");
  expect(outcome).toEqual({ value: "answer", status: "bypass", source: undefined, key: undefined, age: 0 });
  expect(events).toEqual([
    {
      type: "bypass",
      operation: "chat",
      reason: "no-key",
      detail: "call.params.tools[0].run is a function and cannot be part of a key",
    },
    { type: "answered", operation: "chat", durationMs: expect.any(Number) as number },
  ]);
});

test("put stores and get finds, and both say so", async () => {
  const cache = new Cache({ backend: memory() });
  expect(await cache.get(chat("hi"))).toBeUndefined();
  expect(await cache.put(chat("hi"), { text: "answer" })).toBe(true);
  expect(await cache.get(chat("hi"))).toMatchObject({ value: { text: "answer" }, status: "hit", source: "memory" });
  expect(await cache.put(chat("hi"), undefined)).toBe(false);
  expect(await cache.put(chat("hi"), "x", { ttl: 0 })).toBe(false);
  expect((await cache.get<unknown>(chat("hi")))?.value).toEqual({ text: "answer" });
});

test("a put is newer than a flight that began before it", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const run = cache.run(chat("hi"), model.factory);
  await model.called();
  await cache.put(chat("hi"), "put");
  model.calls[0]?.resolve("flight");
  expect((await run).value).toBe("flight");
  await cache.flush();
  expect((await cache.get(chat("hi")))?.value).toBe("put");
});

test("an answer larger than the store takes is passed on and not stored", async () => {
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend: memory({ maxEntryBytes: 500 }), onEvent: (event) => events.push(event) });
  const value = "x".repeat(1000);
  expect((await cache.run(chat("hi"), () => value)).value).toBe(value);
  await cache.flush();
  expect(events).toContainEqual(expect.objectContaining({ type: "rejected", reason: "too-large" }));
});

test("an answer that is not admitted is passed on and not stored, by the cache's rule or the call's, also asynchronously", async () => {
  const cache = new Cache({ backend: memory(), admit: async (answer) => answer !== "bad" });
  for (const [answer, admit, status] of [
    ["bad", undefined, "miss"],
    ["good", () => false, "miss"],
    [
      "good",
      () => {
        throw new Error("admit");
      },
      "miss",
    ],
    ["good", () => true, "hit"],
  ] as const) {
    const call = chat(`${answer} ${String(admit)}`);
    expect((await cache.run<string>(call, () => answer, { admit })).value).toBe(answer);
    await cache.flush();
    expect((await cache.run<string>(call, () => answer)).status).toBe(status);
  }
});

test("a stored answer that a call does not accept is a miss for it", async () => {
  const cache = new Cache({ backend: memory() });
  await cache.run(chat("hi"), () => ({ usage: false }));
  await cache.flush();
  const outcome = await cache.run(chat("hi"), () => ({ usage: true }), { accepts: ({ usage }) => usage });
  expect(outcome).toMatchObject({ status: "miss", value: { usage: true } });
});

test("what a caller does to its value after a put is not stored", async () => {
  const cache = new Cache({ backend: memory() });
  const value = { text: "answer" };
  const stored = cache.put(chat("hi"), value);
  value.text = "changed";
  expect(await stored).toBe(true);
  expect((await cache.get(chat("hi")))?.value).toEqual({ text: "answer" });
});

test("admit and ttlOf see the answer before its caller does, also where the store is asked first what it holds", async () => {
  const backend = lyingBackend((honest) => ({
    get: async (key, options) => (await settle(), honest.get(key, options)),
  }));
  const cache = new Cache({ backend });
  const seen: string[] = [];
  const look = ({ text }: { text: string }) => void seen.push(text);
  const rules = { admit: (answer: { text: string }) => (look(answer), true), ttlOf: look as () => undefined };
  const { value } = await cache.run(chat("hi"), () => ({ text: "answer" }), { ...rules, noCache: true });
  value.text = "changed";
  await cache.flush();
  expect(seen).toEqual(["answer", "answer"]);
});
