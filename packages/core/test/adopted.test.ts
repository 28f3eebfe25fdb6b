import { expect, test } from "vitest";
import { type Backend, Cache, memory } from "../src/index.ts";
import { isInternalKey } from "../src/key-segment.ts";
import { fakeClock } from "./support/clock.ts";
import { chat, ManualModel, settle } from "./support/model.ts";

/** Two caches that share a store as processes do. */
function processes(clock = fakeClock(), backend: Backend = memory({ clock })): [Cache, Cache] {
  const options = { backend, clock, coalesce: "distributed", keepOpen: true } as const;
  return [new Cache(options), new Cache(options)];
}

test("a stream that another process recorded is collected for a caller who wants the answer whole", async () => {
  const [theirs, ours] = processes();
  const streaming = theirs.runStream(chat("hi"), async function* () {
    yield "hel";
    await settle();
    yield "lo";
  });
  const read = streaming.then(({ stream }) => Array.fromAsync(stream));
  await settle();
  const collect = (chunks: readonly unknown[]) => chunks.join("");
  const runs = [1, 2].map(() => ours.run(chat("hi"), () => "own", { collect }));
  await read;
  expect((await Promise.all(runs)).map(({ value }) => value)).toEqual(["hello", "hello"]);
});

test("an answer that another process made is replayed for a caller who wants a stream", async () => {
  const [theirs, ours] = processes();
  const model = new ManualModel();
  const running = theirs.run(chat("hi"), model.factory);
  await model.called();
  const replay = (answer: unknown) => [...String(answer).matchAll(/../g)].map(([pair]) => pair);
  const own = async function* () {
    yield "own";
  };
  const runs = [1, 2].map(() => ours.runStream(chat("hi"), own, { replay }));
  await settle();
  model.calls[0]?.resolve("hello!");
  await running;
  const streams = await Promise.all(runs.map(async (run) => Array.fromAsync((await run).stream)));
  expect(streams).toEqual([1, 2].map(() => ["he", "ll", "o!"]));
});

/** The first look-up fails, so that an answer from long ago is found only when the lease has been taken. */
async function withLateFind(join: (cache: Cache, model: ManualModel) => Promise<string>): Promise<[string, number]> {
  const clock = fakeClock();
  const store = memory({ clock });
  let failing = false;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const backend: Backend = {
    ...store,
    get: async (key, options) => {
      if (failing && !isInternalKey(key)) throw new Error("down");
      return store.get(key, options);
    },
    swap: async (key, expected, value, options) => {
      await gate;
      return store.swap(key, expected, value, options);
    },
  };
  const [theirs, ours] = processes(clock, backend);
  await theirs.put(chat("hi"), "from long ago");
  clock.advance(3600);
  failing = true;
  const first = ours.run(chat("hi"), () => "unused");
  await settle();
  const model = new ManualModel();
  const joined = join(ours, model);
  await settle();
  failing = false;
  open();
  expect((await first).value).toBe("from long ago");
  await settle();
  for (const { resolve } of model.calls) resolve("new");
  return [await joined, model.calls.length];
}

test.each<[string, (cache: Cache, model: ManualModel) => Promise<string>]>([
  ["maxAge", async (cache, { factory }) => (await cache.run(chat("hi"), factory, { maxAge: 60 })).value],
  [
    "accepts",
    async (cache, { factory }) => (await cache.run(chat("hi"), factory, { accepts: (text) => text === "new" })).value,
  ],
])("who joined a flight that found another process's answer gets it only within its own %s", async (_, join) => {
  expect(await withLateFind(join)).toEqual(["new", 1]);
});

test("so does who joined it with a batch", async () => {
  const clock = fakeClock();
  const store = memory({ clock });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let failing = false;
  const backend: Backend = {
    ...store,
    get: async (key, options) =>
      failing && !isInternalKey(key) ? Promise.reject(new Error("down")) : store.get(key, options),
    swap: async (key, expected, value, options) => {
      await gate;
      return store.swap(key, expected, value, options);
    },
  };
  const [theirs, ours] = processes(clock, backend);
  const one = { operation: "embedding", params: { input: "a" } };
  await theirs.put(one, "from long ago");
  clock.advance(3600);
  failing = true;
  const first = ours.run(one, () => "unused");
  await settle();
  const batch = { operation: "embedding", params: {}, inputs: ["a"] };
  const joined = ours.runMany(batch, (missing) => missing.map(() => "new"), { maxAge: 60 });
  await settle();
  failing = false;
  open();
  expect((await first).value).toBe("from long ago");
  expect((await joined)[0]?.value).toBe("new");
});

test("the age of an answer counts from when it was made, however long the store is asked for it before it is written", async () => {
  const clock = fakeClock();
  const store = memory({ clock });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const backend: Backend = { ...store, get: async (key, options) => (await gate, store.get(key, options)) };
  const cache = new Cache({ backend, clock, readTimeout: "1m" });
  expect((await cache.run(chat("hi"), () => "made", { noCache: true })).value).toBe("made");
  clock.advance(30);
  open();
  await cache.flush();
  expect((await cache.get(chat("hi")))?.age).toBe(30);
});

test("an invalidation finds what was handed to the cache just before it", async () => {
  const cache = new Cache({ backend: memory() });
  const storing = cache.put(chat("hi"), "old", { tags: ["t"] });
  await cache.invalidate(["t"]);
  await storing;
  expect(await cache.get(chat("hi"), { tags: ["t"] })).toBeUndefined();
});
