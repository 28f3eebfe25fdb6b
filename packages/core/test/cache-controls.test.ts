import { expect, test } from "vitest";
import { Cache, type CacheEvent, type CacheOptions, isLlmCacheError, memory, type RunOptions } from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { lyingBackend } from "./support/lying-backend.ts";
import { chat, ManualModel, settle } from "./support/model.ts";

function timed(options: Partial<CacheOptions> = {}) {
  const clock = fakeClock();
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend: memory({ clock }), clock, onEvent: (event) => events.push(event), ...options });
  let answers = 0;
  /** Runs the same call, whose model gives 1, 2, 3, … */
  const ask = async (controls: RunOptions<number> = {}) => {
    const outcome = await cache.run(chat("hi"), () => ++answers, controls);
    await cache.flush();
    return outcome;
  };
  return { cache, clock, events, ask };
}

test("an answer is fresh for its time to live, and its age is told in seconds", async () => {
  const { ask, clock } = timed({ ttl: "1m" });
  await ask();
  clock.advance(59);
  expect(await ask()).toMatchObject({ status: "hit", value: 1, age: 59, source: "memory" });
  clock.advance(1);
  expect(await ask()).toMatchObject({ status: "miss", value: 2, age: 0 });
});

test("the call's time to live goes before the answer's, the answer's before the cache's", async () => {
  for (const [controls, ttlOf, fresh] of [
    [{}, undefined, 10],
    [{}, () => 20, 20],
    [{ ttl: 30 }, () => 20, 30],
    [{ ttl: 0.5 }, undefined, 0.5],
  ] as const) {
    const { ask, clock } = timed({ ttl: 10, ...(ttlOf && { ttlOf }) });
    await ask(controls);
    clock.advance(fresh - 0.1);
    expect((await ask()).status).toBe("hit");
    clock.advance(0.1);
    expect((await ask()).status).toBe("miss");
  }
});

test("noCache takes a new answer in place of the old; noStore leaves the old; both together go past the cache", async () => {
  const { ask } = timed();
  await ask();
  expect((await ask({ noCache: true })).value).toBe(2);
  expect((await ask()).value).toBe(2);
  expect(await ask({ noStore: true })).toMatchObject({ status: "hit", value: 2 });
  expect(await ask({ noStore: true, noCache: true })).toMatchObject({ status: "bypass", value: 3, key: undefined });
  expect((await ask()).value).toBe(2);
});

test("noStore and a time to live of 0 or less store nothing", async () => {
  for (const controls of [{ noStore: true }, { ttl: 0 }, { ttl: -1 }]) {
    const { ask } = timed();
    await ask(controls);
    expect((await ask()).status).toBe("miss");
  }
});

test("maxAge, minFresh and maxStale decide what a call accepts", async () => {
  const { ask, clock } = timed({ ttl: 100, staleIfError: 100 });
  await ask();
  clock.advance(50);
  expect((await ask({ maxAge: 50, noStore: true })).status).toBe("hit");
  expect((await ask({ maxAge: 49, noStore: true })).status).toBe("miss");
  expect((await ask({ maxAge: 0, noStore: true })).status).toBe("miss");
  expect((await ask({ minFresh: 50, noStore: true })).status).toBe("hit");
  expect((await ask({ minFresh: 51, noStore: true })).status).toBe("miss");
  clock.advance(60);
  expect((await ask({ noStore: true })).status).toBe("miss");
  expect((await ask({ maxStale: 10, noStore: true })).status).toBe("stale");
  expect((await ask({ maxStale: 9, noStore: true })).status).toBe("miss");
});

test("onlyIfCached never calls the model: a miss is CACHE_MISS", async () => {
  const { cache, ask } = timed();
  const model = new ManualModel();
  const miss = await cache.run(chat("hi"), model.factory, { onlyIfCached: true }).catch((error: unknown) => error);
  expect(isLlmCacheError(miss) && miss.code).toBe("CACHE_MISS");
  expect(model.calls).toHaveLength(0);
  const flying = cache.run(chat("hi"), model.factory);
  await model.called();
  await expect(cache.run(chat("hi"), model.factory, { onlyIfCached: true })).rejects.toMatchObject({
    code: "CACHE_MISS",
  });
  model.calls[0]?.resolve("answer");
  await flying;
  await cache.flush();
  expect((await ask({ onlyIfCached: true })).status).toBe("hit");
});

test("a stale answer is served while one new answer is made behind the callers", async () => {
  const { cache, clock } = timed({ ttl: 10, staleWhileRevalidate: 10 });
  const model = new ManualModel();
  await cache.put(chat("hi"), "old");
  clock.advance(15);
  const served = await Promise.all([1, 2, 3].map(() => cache.run(chat("hi"), model.factory)));
  expect(served.map(({ status, value }) => [status, value])).toEqual([1, 2, 3].map(() => ["stale", "old"]));
  await settle();
  expect(model.calls).toHaveLength(1);
  model.calls[0]?.resolve("new");
  await cache.flush();
  expect(await cache.run(chat("hi"), model.factory)).toMatchObject({ status: "hit", value: "new" });
});

test("a refresh behind the caller that fails is an event, and the stale answer stays", async () => {
  const { cache, clock, events } = timed({ ttl: 10, staleWhileRevalidate: 10 });
  await cache.put(chat("hi"), "old");
  clock.advance(15);
  const fails = () => Promise.reject(new RangeError("model down"));
  expect((await cache.run(chat("hi"), fails)).value).toBe("old");
  await cache.flush();
  expect(events).toContainEqual({
    type: "error",
    error: expect.objectContaining({ code: "CALL_FAILED", message: expect.stringContaining("RangeError") }),
  });
  expect((await cache.run(chat("hi"), fails)).status).toBe("stale");
  await cache.flush();
});

test("the caller's abort does not end the refresh behind it, and onlyIfCached begins none", async () => {
  const { cache, clock } = timed({ ttl: 10, staleWhileRevalidate: 10 });
  const model = new ManualModel();
  await cache.put(chat("hi"), "old");
  clock.advance(15);
  expect((await cache.run(chat("hi"), model.factory, { onlyIfCached: true })).status).toBe("stale");
  await settle();
  expect(model.calls).toHaveLength(0);
  const controller = new AbortController();
  await cache.run(chat("hi"), model.factory, { signal: controller.signal });
  controller.abort();
  await model.called();
  expect(model.calls[0]?.signal.aborted).toBe(false);
  model.calls[0]?.resolve("new");
  await cache.flush();
  expect((await cache.run(chat("hi"), model.factory)).value).toBe("new");
});

test("when the model fails a stale answer is served, to each waiter by its own window", async () => {
  const { cache, clock, events } = timed({ ttl: 10, staleIfError: 100 });
  await cache.put(chat("hi"), "old");
  clock.advance(50);
  const model = new ManualModel();
  const run = (controls: RunOptions<string>) => cache.run(chat("hi"), model.factory, controls);
  const [byCache, byCall, none, bound, again] = [
    run({}),
    run({ staleIfError: 50 }),
    run({ staleIfError: 0 }),
    run({ maxAge: 20 }),
    run({ noCache: true }),
  ];
  const results = Promise.allSettled([byCache, byCall, none, bound, again]);
  await model.called();
  await settle();
  for (const { reject } of model.calls) reject(new Error("model down"));
  expect(
    (await results).map((result) =>
      result.status === "fulfilled" ? result.value.status : (result.reason as Error).message,
    ),
  ).toEqual(["stale", "stale", "model down", "model down", "model down"]);
  expect(events.filter(({ type }) => type === "error")).toHaveLength(2);
  clock.advance(61);
  await expect(cache.run(chat("hi"), () => Promise.reject(new Error("model down")))).rejects.toThrow("model down");
});

test("an entry is kept for the longer of the cache's windows and the call's; a reader cannot ask for more", async () => {
  const { ask, clock } = timed({ ttl: 10, staleIfError: 20 });
  await ask({ staleWhileRevalidate: 50 });
  clock.advance(60);
  expect((await ask({ maxStale: "1h", noStore: true })).status).toBe("stale");
  clock.advance(1);
  expect((await ask({ maxStale: "1h", noStore: true })).status).toBe("miss");
});

test("a cache that is defaultOff caches only the calls that opt in", async () => {
  const { ask } = timed({ defaultOff: true });
  expect((await ask()).status).toBe("bypass");
  expect((await ask({ use: true })).status).toBe("miss");
  expect((await ask({ use: true })).status).toBe("hit");
  expect((await ask()).status).toBe("bypass");
});

test("only the operations that are named are cached", async () => {
  expect((await timed({ operations: ["embedding"] }).ask()).status).toBe("bypass");
  expect((await timed({ operations: [] }).ask()).status).toBe("bypass");
  expect((await timed({ operations: ["chat"] }).ask()).status).toBe("miss");
});

test("each mode reads and writes what it says", async () => {
  const { cache, ask } = timed();
  await ask();
  cache.update({ mode: "read-only" });
  expect(await ask()).toMatchObject({ status: "hit", value: 1 });
  expect(await ask({ noCache: true })).toMatchObject({ status: "miss", value: 2 });
  cache.update({ mode: "refresh" });
  expect((await cache.get(chat("hi")))?.value).toBe(1);
  expect(await ask()).toMatchObject({ status: "miss", value: 3 });
  expect((await cache.get(chat("hi")))?.value).toBe(3);
  cache.update({ mode: "write-only" });
  expect(await ask()).toMatchObject({ status: "miss", value: 4 });
  expect(await cache.get(chat("hi"))).toBeUndefined();
  cache.update({ mode: "off" });
  expect(await ask()).toMatchObject({ status: "bypass", value: 5 });
  expect(await cache.put(chat("hi"), 9)).toBe(false);
  cache.update({ mode: "live" });
  expect(await ask()).toMatchObject({ status: "hit", value: 4 });
});

test("a disabled cache neither reads nor writes nor joins, but deletes", async () => {
  const { cache, ask } = timed();
  await ask();
  cache.disable();
  expect((await ask()).status).toBe("bypass");
  await cache.delete(chat("hi"));
  cache.enable();
  expect((await ask()).status).toBe("miss");
});

test.each<[string, RunOptions, string]>([
  [
    "a boolean ttl",
    { ttl: true as never },
    'ttl must be seconds or a text such as "250ms", "30s", "5m", "12h" or "7d", got a boolean',
  ],
  ["a negative maxAge", { maxAge: -1 }, "maxAge must not be negative"],
  ["noCache as a text", { noCache: "yes" as never }, "noCache must be a boolean, got a string"],
  ["tags as a text", { tags: "a" as never }, "tags must be an array of strings, got a string"],
  ["a scope that is a number", { scope: 1 as never }, "scope must be a string, got a number"],
])("%s is a TypeError that names the field", async (_, controls, message) => {
  await expect(new Cache({ backend: memory() }).run(chat("hi"), () => 1, controls as never)).rejects.toThrow(
    new TypeError(message),
  );
});

test.each<[string, object, RegExp]>([
  ["an unknown option", { backend: memory(), tll: 5 }, /unknown option "tll"/],
  ["no backend", {}, /backend must be a Backend, got undefined/],
  ["a wrong mode", { backend: memory(), mode: "on" }, /mode must be one of live/],
  ["a wrong ttl", { backend: memory(), ttl: "soon" }, /ttl must be seconds/],
  ["an admit that is no function", { backend: memory(), admit: true }, /admit must be a function, got a boolean/],
  ["a model in two groups", { backend: memory(), modelGroups: [["a", "b"], ["b"]] }, /modelGroups/],
])("%s is a TypeError that names it", (_, options, message) => {
  expect(() => new Cache(options as CacheOptions)).toThrow(message);
});

test("waitUntil is handed the work behind the callers", async () => {
  const work: Promise<unknown>[] = [];
  const backend = lyingBackend(() => ({}));
  const cache = new Cache({ backend, waitUntil: (promise) => work.push(promise) });
  await cache.run(chat("hi"), () => "answer");
  expect(work).toHaveLength(1);
  await Promise.all(work);
  expect(backend.honest.usage().entries).toBe(1);
});
