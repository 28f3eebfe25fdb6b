import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Backend, Cache, type CacheEvent, type CacheOptions, localBus, memory } from "../src/index.ts";
import { forever, lyingBackend } from "./support/lying-backend.ts";
import { chat, ManualModel, settle, until } from "./support/model.ts";

/** Caches that share a store as processes do: nothing else is common to them. */
function processes(count: number, backend: Backend, options: Partial<CacheOptions> = {}) {
  const events: CacheEvent[] = [];
  const caches = Array.from({ length: count }, () => {
    return new Cache({
      backend,
      coalesce: "distributed",
      keepOpen: true,
      onEvent: (event) => events.push(event),
      ...options,
    });
  });
  return { caches, events };
}

test("many processes with many identical misses each call the model once", async () => {
  for (const bus of [undefined, localBus()]) {
    const { caches } = processes(4, memory(), { bus });
    let calls = 0;
    const factory = async () => {
      await settle();
      return { call: ++calls };
    };
    const runs = caches.flatMap((cache) => Array.from({ length: 250 }, () => cache.run(chat("hi"), factory)));
    const outcomes = await Promise.all(runs);
    expect(calls).toBe(1);
    expect(outcomes.every(({ value }) => value.call === 1)).toBe(true);
    expect(outcomes.filter(({ status }) => status === "miss")).toHaveLength(1);
  }
});

test("streams too: other processes wait for the finished recording", async () => {
  const { caches } = processes(3, memory());
  let calls = 0;
  const factory = async function* () {
    calls++;
    for (let index = 0; index < 5; index++) {
      await settle();
      yield index;
    }
  };
  const all = await Promise.all(
    caches.map(async (cache) => {
      const { stream, status } = await cache.runStream(chat("hi"), factory);
      return { status, chunks: await Array.fromAsync(stream) };
    }),
  );
  expect(calls).toBe(1);
  expect(all.map(({ chunks }) => chunks)).toEqual([1, 2, 3].map(() => [0, 1, 2, 3, 4]));
  expect(all.map(({ status }) => status).toSorted()).toEqual(["coalesced", "coalesced", "miss"]);
});

describe("an answer that is not stored lets all waiters go on at once", () => {
  test.each<[string, Partial<CacheOptions>, () => Promise<string>]>([
    ["rejected", { admit: () => false }, async () => "answer"],
    ["not to be kept", { ttl: 0 }, async () => "answer"],
    ["failed", {}, () => Promise.reject(new Error("model"))],
  ])("%s", async (_, options, first) => {
    const { caches } = processes(3, memory(), { ...options, leaseDuration: "1h" });
    const model = new ManualModel();
    const [leader, ...waiters] = caches as [Cache, Cache, Cache];
    const leading = leader.run(chat("hi"), () => settle().then(first));
    leading.catch(() => undefined);
    await settle();
    const waiting = waiters.map((cache) => cache.run(chat("hi"), model.factory));
    await model.called(2);
    for (const { resolve } of model.calls) resolve("own answer");
    expect((await Promise.all(waiting)).map(({ value }) => value)).toEqual(["own answer", "own answer"]);
  });
});

test("a holder that falls silent is replaced after its lease, and overwrites nothing when it wakes", async () => {
  // The first process freezes: from some moment on, none of its store operations go out until it is woken.
  const store = memory();
  const frozen: { until?: Promise<void> } = {};
  const freezing: Backend = {
    ...store,
    get: async (key, options) => (await frozen.until, store.get(key, options)),
    put: async (key, value, options) => (await frozen.until, store.put(key, value, options)),
    swap: async (key, expected, value, options) => (await frozen.until, store.swap(key, expected, value, options)),
  };
  const shared = { coalesce: "distributed", leaseDuration: "60ms", keepOpen: true } as const;
  const events: CacheEvent[] = [];
  const holder = new Cache({ ...shared, backend: freezing, readTimeout: 60, onEvent: (event) => events.push(event) });
  const successor = new Cache({ ...shared, backend: store });
  const [first, second] = [new ManualModel(), new ManualModel()];
  const held = holder.run(chat("hi"), first.factory);
  await first.called();
  const { promise, resolve: wake } = Promise.withResolvers<void>();
  frozen.until = promise;
  const taken = successor.run(chat("hi"), second.factory);
  await second.called();
  second.calls[0]?.resolve("successor's");
  expect((await taken).value).toBe("successor's");
  await successor.flush();
  first.calls[0]?.resolve("holder's");
  wake();
  expect((await held).value).toBe("holder's");
  await holder.flush();
  expect((await successor.get(chat("hi")))?.value).toBe("successor's");
  expect(events).toContainEqual(expect.objectContaining({ type: "rejected", reason: "superseded" }));
});

test("a holder keeps its lease for as long as its model takes", async () => {
  const { caches } = processes(2, memory(), { leaseDuration: "1s" });
  const [holder, waiter] = caches as [Cache, Cache];
  const [first, second] = [new ManualModel(), new ManualModel()];
  const holding = holder.run(chat("hi"), first.factory);
  await first.called();
  const waiting = waiter.run(chat("hi"), second.factory);
  // Longer than the lease, which is long enough for a busy machine to renew it in time.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(second.calls).toHaveLength(0);
  first.calls[0]?.resolve("answer");
  expect((await holding).status).toBe("miss");
  expect(await waiting).toMatchObject({ status: "coalesced", value: "answer", source: "memory" });
});

test("a delete in one process keeps a flight of another from storing its answer", async () => {
  for (const work of [(cache: Cache) => cache.delete(chat("hi")), (cache: Cache) => cache.clear()]) {
    const { caches } = processes(2, memory());
    const [ours, theirs] = caches as [Cache, Cache];
    const model = new ManualModel();
    const run = ours.run(chat("hi"), model.factory);
    await model.called();
    await work(theirs);
    model.calls[0]?.resolve("deleted");
    expect((await run).value).toBe("deleted");
    await ours.flush();
    expect(await theirs.get(chat("hi"))).toBeUndefined();
  }
});

test("without leases the bus tells other processes' flights of a delete", async () => {
  const backend = memory();
  const bus = localBus();
  const [ours, theirs] = [new Cache({ backend, bus }), new Cache({ backend, bus })];
  const model = new ManualModel();
  const run = ours.run(chat("hi"), model.factory);
  await model.called();
  await theirs.delete(chat("hi"));
  model.calls[0]?.resolve("deleted");
  await run;
  await ours.flush();
  expect(await theirs.get(chat("hi"))).toBeUndefined();
});

test("the bus tells other processes' flights of an invalidation", async () => {
  const backend = memory();
  const bus = localBus();
  const [ours, theirs] = [new Cache({ backend, bus }), new Cache({ backend, bus })];
  const model = new ManualModel();
  const before = ours.run(chat("hi"), model.factory, { tags: ["x"] });
  await model.called();
  await theirs.invalidate(["x"]);
  const after = ours.run(chat("hi"), model.factory, { tags: ["x"] });
  await model.called(2);
  for (const [index, { resolve }] of model.calls.entries()) resolve(`${index}`);
  expect([(await before).value, (await after).value]).toEqual(["0", "1"]);
});

test("a lease that never ends, or has no time at all, is a TypeError", () => {
  for (const leaseDuration of [0, Infinity]) {
    expect(() => new Cache({ backend: memory(), coalesce: "distributed", leaseDuration })).toThrow(
      /leaseDuration must be/,
    );
  }
});

test.each<[string, Partial<Backend>]>([
  ["hangs in swap", { swap: forever }],
  ["rejects swap", { swap: () => Promise.reject(new Error("down")) }],
  ["hangs in everything", { get: forever, put: forever, swap: forever }],
])("a store that %s grants no lease, and keeps nobody longer than the time-out", async (_, lies) => {
  const { caches } = processes(
    1,
    lyingBackend(() => lies),
    { readTimeout: "30ms" },
  );
  const startedAt = performance.now();
  expect((await caches[0]?.run(chat("hi"), () => "answer"))?.value).toBe("answer");
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test("a waiter's abort ends its waiting, and noCache waits for nobody", async () => {
  const { caches } = processes(2, memory());
  const [holder, waiter] = caches as [Cache, Cache];
  const model = new ManualModel();
  const held = holder.run(chat("hi"), model.factory);
  await model.called();
  const controller = new AbortController();
  const waiting = waiter.run(chat("hi"), () => "never", { signal: controller.signal });
  waiting.catch(() => undefined);
  await settle();
  controller.abort("left");
  await expect(waiting).rejects.toBe("left");
  expect((await waiter.run(chat("hi"), () => "new", { noCache: true })).value).toBe("new");
  model.calls[0]?.resolve("answer");
  await held;
});

test("leases need a store that can swap", () => {
  const { swap: _, ...unswappable } = memory();
  expect(() => new Cache({ backend: unswappable, coalesce: "distributed" })).toThrow(/needs a backend with swap/);
});

test("under any interleaving of store operations the model is called once, unless a lease ran out", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 4 }), async (scheduler, count) => {
      const store = memory();
      const step = <Result>(name: string, work: () => Promise<Result>) =>
        scheduler.schedule(Promise.resolve(), name).then(work);
      const backend: Backend = {
        ...store,
        get: (key, options) => step("get", () => store.get(key, options)),
        put: (key, value, options) => step("put", () => store.put(key, value, options)),
        swap: (key, expected, value, options) => step("swap", () => store.swap(key, expected, value, options)),
      };
      const { caches } = processes(count, backend, { readTimeout: Infinity, leaseDuration: "1h" });
      let calls = 0;
      const runs = caches.map((cache) => cache.run(chat("hi"), () => step("model", async () => ++calls)));
      let done = false;
      const all = Promise.all(runs).finally(() => (done = true));
      await until(() => {
        if (scheduler.count() > 0) void scheduler.waitNext(1);
        return done;
      });
      expect((await all).map(({ value }) => value)).toEqual(Array(count).fill(1));
      expect(calls).toBe(1);
    }),
    { numRuns: 60 },
  );
});
