import { expect, test } from "vitest";
import { type Backend, Cache, LlmCacheError, memory, tiered } from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { chat, ManualModel, settle } from "./support/model.ts";
import { forever, lyingBackend } from "./support/lying-backend.ts";

/** More than one time-out, less than two. */
const slack = 1900;

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}
const bare = (h: ReturnType<typeof memory>, over: Partial<Backend> = {}): Backend => ({
  name: "store",
  get: h.get,
  put: h.put,
  delete: h.delete,
  list: h.list,
  swap: h.swap,
  ...over,
});

async function unhandled(work: () => Promise<void>) {
  const seen: unknown[] = [];
  const on = (e: unknown) => seen.push(e);
  const old = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", on);
  try {
    await work();
    await settle();
  } finally {
    process.off("unhandledRejection", on);
    old.forEach((l) => process.on("unhandledRejection", l as never));
  }
  return seen;
}

test("a look-up that began during a delete is not shared with callers who come after it", async () => {
  const slow: { gate?: ReturnType<typeof gate> } = {};
  const del = gate();
  const backend = lyingBackend((h) => ({
    get: async (k, o) => {
      const v = await h.get(k, o);
      if (slow.gate) await slow.gate.promise;
      return v;
    },
    delete: async (k, o) => {
      await del.promise;
      return h.delete(k, o);
    },
  }));
  const cache = new Cache({ backend });
  await cache.put(chat("hi"), "old");
  const deleting = cache.delete(chat("hi"));
  await settle();
  slow.gate = gate();
  const during = cache.run(chat("hi"), () => "new");
  await settle();
  del.open();
  await deleting;
  const after = cache.run(chat("hi"), () => "new");
  await settle();
  slow.gate.open();
  await during;
  expect((await after).value).toBe("new");
});

test("a look-up that began during an invalidation is not shared with callers who come after it", async () => {
  const slow: { gate?: ReturnType<typeof gate> } = {};
  const put: { gate?: ReturnType<typeof gate> } = {};
  const backend = lyingBackend((h) => ({
    get: async (k, o) => {
      const v = await h.get(k, o);
      if (slow.gate) await slow.gate.promise;
      return v;
    },
    put: async (k, v, o) => {
      if (put.gate) await put.gate.promise;
      return h.put(k, v, o);
    },
  }));
  const cache = new Cache({ backend });
  await cache.put(chat("hi"), "old", { tags: ["t"] });
  put.gate = gate();
  const inv = cache.invalidate(["t"]);
  await settle();
  slow.gate = gate();
  const during = cache.run(chat("hi"), () => "new", { tags: ["t"] });
  await settle();
  put.gate.open();
  await inv;
  const after = cache.run(chat("hi"), () => "new", { tags: ["t"] });
  await settle();
  slow.gate.open();
  await during;
  expect((await after).value).toBe("new");
});

test("a look-up that began before a put is not shared with callers who come after it", async () => {
  const slow: { gate?: ReturnType<typeof gate> } = {};
  const backend = lyingBackend((h) => ({
    get: async (k, o) => {
      const v = await h.get(k, o);
      const held = slow.gate;
      delete slow.gate;
      await held?.promise;
      return v;
    },
  }));
  const cache = new Cache({ backend });
  await cache.put(chat("hi"), "v1");
  const held = gate();
  slow.gate = held;
  const before = cache.run(chat("hi"), () => "x");
  await settle();
  expect(await cache.put(chat("hi"), "v2")).toBe(true);
  const after = cache.run(chat("hi"), () => "x");
  await settle();
  held.open();
  await before;
  expect((await after).value).toBe("v2");
});

test("plain runs over an expired entry never pay twice", async () => {
  let now = 1000;
  const slow: { gate?: ReturnType<typeof gate> } = {};
  const backend = lyingBackend(
    (h) => ({
      get: async (k, o) => {
        const v = await h.get(k, o);
        const s = slow.gate;
        if (s) await s.promise;
        return v;
      },
    }),
    { clock: () => 0 },
  );
  const cache = new Cache({ backend, clock: () => now, ttl: 10 });
  await cache.put(chat("hi"), "v1");
  now += 20_000;
  const model = new ManualModel();
  const first = cache.run(chat("hi"), model.factory);
  await model.called();
  slow.gate = gate();
  const second = cache.run(chat("hi"), model.factory);
  await settle();
  model.calls[0]?.resolve("v2");
  await first;
  await cache.flush();
  const third = cache.run(chat("hi"), model.factory);
  await settle();
  slow.gate.open();
  await settle();
  expect(model.calls.length).toBe(1);
  await Promise.all([second, third]);
});

test("who comes after a put is stored gets it, not the answer of an older flight", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const old = cache.run(chat("hi"), model.factory);
  await model.called();
  expect(await cache.put(chat("hi"), "corrected")).toBe(true);
  expect((await cache.get(chat("hi")))?.value).toBe("corrected");
  const after = cache.run(chat("hi"), model.factory);
  await settle();
  model.calls.forEach((c) => c.resolve("old"));
  await old;
  expect((await after).value).toBe("corrected");
});

test("delete wins against flights that began before an update of readTimeout", async () => {
  const backend = memory();
  const cache = new Cache({ backend });
  const model = new ManualModel();
  const run = cache.run(chat("hi"), model.factory);
  await model.called();
  cache.update({ readTimeout: "1s" });
  await cache.delete(chat("hi"));
  model.calls[0]?.resolve("deleted");
  await run;
  await cache.flush();
  expect(backend.usage().entries).toBe(0);
});

test("delete wins against flights that began before a tier was added", async () => {
  const shared = memory();
  const cache = new Cache({ backend: shared, keepOpen: true });
  const model = new ManualModel();
  const run = cache.run(chat("hi"), model.factory);
  await model.called();
  cache.update({ backend: tiered([memory(), shared]) });
  await cache.clear();
  model.calls[0]?.resolve("deleted");
  await run;
  await cache.flush();
  expect(await cache.get(chat("hi"))).toBeUndefined();
});

test("update of readTimeout pays once", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const run = cache.run(chat("hi"), model.factory);
  await model.called();
  cache.update({ readTimeout: "1s" });
  const again = cache.run(chat("hi"), model.factory);
  await settle();
  const n = model.calls.length;
  model.calls.forEach((c) => c.resolve("x"));
  await Promise.all([run, again]);
  expect(n).toBe(1);
});

test("tiered: a fill that began during a delete does not revive it", async () => {
  const upper = memory({ name: "upper" }),
    honest = memory({ name: "lower" });
  const del = gate();
  const lower = bare(honest, {
    delete: async (k, o) => {
      await del.promise;
      return honest.delete(k, o);
    },
  });
  const t = tiered([upper, lower]);
  const cache = new Cache({ backend: t });
  await cache.put(chat("hi"), "old");
  const deleting = cache.delete(chat("hi"));
  await settle();
  await cache.run(chat("hi"), () => "x"); // reads lower, fills upper
  await settle();
  del.open();
  await deleting;
  expect(await cache.get(chat("hi"))).toBeUndefined();
});

test("tiered: a fill that began during a put does not replace it", async () => {
  const u = memory({ name: "upper" }),
    honest = memory({ name: "lower" });
  const lowerPut = gate();
  let holdLower = false;
  const lower = bare(honest, {
    put: async (k, v, o) => {
      if (holdLower) await lowerPut.promise;
      return honest.put(k, v, o);
    },
  });
  let lose = false;
  const upper = bare(u, { name: "upper", get: async (k, o) => (lose ? undefined : u.get(k, o)) });
  const cache = new Cache({ backend: tiered([upper, lower]) });
  await cache.put(chat("hi"), "v1");
  holdLower = true;
  lose = true; // the upper tier forgets it (evicted) while the lower write is under way
  const putting = cache.put(chat("hi"), "v2");
  await settle();
  await cache.get(chat("hi")); // reads v1 below, fills
  await settle();
  lose = false;
  lowerPut.open();
  await putting;
  expect((await cache.get(chat("hi")))?.value).toBe("v2");
});

test("async admit that rejects while another says no: no unhandled rejection", async () => {
  const a = await unhandled(async () => {
    const cache = new Cache({ backend: memory(), admit: () => false });
    await cache.run(chat("hi"), () => "a", {
      admit: async () => {
        throw new Error("admit");
      },
    });
  });
  const b = await unhandled(async () => {
    const cache = new Cache({
      backend: memory(),
      admit: async () => {
        throw new Error("admit");
      },
    });
    await cache.run(chat("hi"), () => "a", { ttl: 0 });
  });
  const c = await unhandled(async () => {
    const cache = new Cache({
      backend: memory(),
      admit: () => {
        throw new Error("sync");
      },
    });
    await cache.run(chat("hi"), () => "a", {
      admit: async () => {
        throw new Error("admit");
      },
    });
  });
  expect([a.length, b.length, c.length]).toEqual([0, 0, 0]);
});

test("an admit that says undefined does not admit", async () => {
  const cache = new Cache({ backend: memory(), admit: ((answer: { complete?: true }) => answer.complete) as never });
  await cache.run(chat("hi"), () => ({ text: "trunc" }));
  await cache.flush();
  expect(await cache.get(chat("hi"))).toBeUndefined();
});

test("runMany takes a copy of its inputs", async () => {
  const cache = new Cache({ backend: memory() });
  const inputs = ["a", "b"];
  const p = cache.runMany({ operation: "embedding", params: {}, inputs }, (m) => m.map((x) => `e(${x})`));
  inputs[0] = "other";
  await p;
  await cache.flush();
  expect((await cache.get({ operation: "embedding", params: { input: "a" } }))?.value).toBe("e(a)");
});

test("accepts that throws is not accepted", async () => {
  const cache = new Cache({ backend: memory() });
  await cache.put(chat("hi"), "x");
  expect(
    (
      await cache.run(chat("hi"), () => "y", {
        accepts: () => {
          throw new Error("accepts");
        },
      })
    ).value,
  ).toBe("y");
});

test("accepts that throws in a batch leaves no unhandled rejection", async () => {
  const seen = await unhandled(async () => {
    const cache = new Cache({ backend: memory() });
    await cache.put({ operation: "embedding", params: { input: "b" } }, "x");
    await cache
      .runMany(
        { operation: "embedding", params: {}, inputs: ["a", "b"] },
        () => {
          throw new Error("model");
        },
        {
          accepts: () => {
            throw new Error("accepts");
          },
        },
      )
      .catch(() => 0);
  });
  expect(seen).toEqual([]);
});

test("batch refresh asks for distinct inputs only", async () => {
  let now = 0;
  const cache = new Cache({
    backend: memory({ clock: () => 0 }),
    clock: () => now,
    ttl: 10,
    staleWhileRevalidate: 100,
  });
  const asked: unknown[] = [];
  const factory = (m: string[]) => {
    asked.push([...m]);
    return m;
  };
  const batch = { operation: "embedding", params: {}, inputs: ["a", "a", "b"] };
  await cache.runMany(batch, factory);
  await cache.flush();
  now = 20_000;
  await cache.runMany(batch, factory);
  await cache.flush();
  expect(asked).toEqual([
    ["a", "b"],
    ["a", "b"],
  ]);
});

test.for([
  ["UNREADABLE_ENTRY", "keeps its entry", []],
  ["CORRUPT_ENTRY", "loses it", ["delete", "put"]],
] as const)("a store that rejects with %s %s", async ([code, , expected]) => {
  const changes: string[] = [];
  const backend = lyingBackend(() => ({
    get: async () => {
      throw new LlmCacheError(code, "what is there cannot be read");
    },
    put: async () => void changes.push("put"),
    delete: async () => void changes.push("delete"),
  }));
  const cache = new Cache({ backend });
  await cache.run(chat("hi"), () => "new");
  await cache.flush();
  expect(changes.toSorted()).toEqual(expected);
});

test("a hung store costs a tagged call one readTimeout", async () => {
  const backend = lyingBackend(() => ({ get: forever, put: forever, swap: forever, delete: forever }));
  const cache = new Cache({ backend, readTimeout: "1s" });
  const t = performance.now();
  await cache.run(chat("hi"), () => "new", { tags: ["a"] });
  const run = performance.now() - t;
  const cache2 = new Cache({
    backend: lyingBackend(() => ({ get: forever, put: forever, swap: forever })),
    readTimeout: "1s",
  });
  const t2 = performance.now();
  await cache2.runMany({ operation: "embedding", params: {}, inputs: ["a", "b"] }, (m) => m, { tags: ["a"] });
  expect(run).toBeLessThan(slack);
  expect(performance.now() - t2).toBeLessThan(slack);
});

test("generations of a batch are read once, also when they fail", async () => {
  let reads = 0;
  const errors: unknown[] = [];
  const backend = lyingBackend((h) => ({
    get: async (k, o) => {
      if (k.includes("_tag")) {
        reads++;
        throw new Error("no");
      }
      return h.get(k, o);
    },
  }));
  const cache = new Cache({ backend, onEvent: (e) => e.type === "error" && errors.push(e) });
  await cache.runMany(
    { operation: "embedding", params: {}, inputs: Array.from({ length: 100 }, (_, i) => `${i}`) },
    (m) => m,
    { tags: ["a"] },
  );
  expect(reads).toBeLessThan(10);
});

test("a caller who leaves does not abort a refresh behind another", async () => {
  let now = 0;
  const cache = new Cache({
    backend: memory({ clock: () => 0 }),
    clock: () => now,
    ttl: 10,
    staleWhileRevalidate: 100,
  });
  await cache.put(chat("hi"), "v1");
  now = 20_000;
  const model = new ManualModel();
  await cache.run(chat("hi"), model.factory);
  await model.called();
  const c = new AbortController();
  const joined = cache.run(chat("hi"), model.factory, { signal: c.signal, maxAge: 1 });
  joined.catch(() => 0);
  await settle();
  c.abort();
  await settle();
  expect(model.calls.length).toBe(1);
  expect(model.calls[0]?.signal.aborted).toBe(false);
});

test("a call abandoned before the model is called never calls it", async () => {
  const g = gate();
  const backend = lyingBackend((h) => ({
    swap: async (...a) => {
      await g.promise;
      return h.swap(...a);
    },
  }));
  const cache = new Cache({ backend });
  let calls = 0;
  const c = new AbortController();
  const run = cache.run(chat("hi"), () => ++calls, { tags: ["a"], signal: c.signal });
  run.catch(() => 0);
  await settle();
  c.abort("left");
  g.open();
  await expect(run).rejects.toBe("left");
  await settle();
  expect(calls).toBe(0);
});

test("one null from a tier does not lose what another holds", async () => {
  const lower = memory();
  const cache0 = new Cache({ backend: lower });
  await cache0.put(chat("hi"), "v");
  const upper = { name: "bad", get: async () => null, put: async () => {}, delete: async () => {} } as never as Backend;
  const cache = new Cache({ backend: tiered([upper, lower]) });
  expect((await cache.get(chat("hi")))?.value).toBe("v");
});

test("what memory holds of a batch is served though the lower tier is slow", async () => {
  const honest = memory({ name: "lower" });
  const lower = bare(honest, {
    get: async (k, o) => {
      await new Promise((r) => setTimeout(r, 60));
      return honest.get(k, o);
    },
  });
  const cache = new Cache({ backend: tiered([memory(), lower]) });
  const call = { operation: "embedding", params: {} };
  const inputs = Array.from({ length: 300 }, (_, i) => `${i}`);
  await cache.runMany({ ...call, inputs: inputs.slice(0, 100) }, (m) => m, { noCache: true });
  await cache.flush();
  let asked = 0;
  await cache.runMany({ ...call, inputs }, (m) => {
    asked = m.length;
    return m;
  });
  expect(asked).toBe(200);
});

test("put tells for each entry whether it was stored", async () => {
  const backend = lyingBackend((h) => ({
    put: async (k, v, o) => {
      if (v.length > 1000) throw new Error("too big");
      return h.put(k, v, o);
    },
  }));
  const cache = new Cache({ backend });
  const [a, b] = await Promise.all([cache.put(chat("a"), "a"), cache.put(chat("b"), "b".repeat(2000))]);
  expect([a, b, (await cache.get(chat("a")))?.value]).toEqual([true, false, "a"]);
});

test("update in the tick of a run: it finishes with an open backend", async () => {
  const honest = memory();
  let closed = false;
  const usedAfter: string[] = [];
  const old = bare(honest, {
    get: async (k, o) => {
      if (closed) usedAfter.push("get");
      return honest.get(k, o);
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
    },
  });
  const cache = new Cache({ backend: old });
  const run = cache.run(chat("hi"), () => "x");
  cache.update({ backend: memory() });
  await run;
  await cache.flush();
  expect(usedAfter).toEqual([]);
});

test("cancelling the last reader cancels a ReadableStream source at once", async () => {
  const cache = new Cache({ backend: memory() });
  let cancelled = false;
  const { stream } = await cache.runStream(
    chat("hi"),
    () =>
      new ReadableStream<number>({
        start(c) {
          c.enqueue(1);
        },
        cancel() {
          cancelled = true;
        },
      }),
  );
  const reader = stream.getReader();
  await reader.read();
  const pending = reader.read();
  await settle();
  await reader.cancel();
  await pending;
  await settle();
  expect(cancelled).toBe(true);
});

test("a factory that hangs after everyone left holds no slot", async () => {
  const cache = new Cache({ backend: memory() });
  const c = new AbortController();
  const run = cache.run(chat("hi"), forever, { signal: c.signal });
  run.catch(() => 0);
  await settle();
  c.abort();
  await settle();
  expect(cache.stats().inFlight).toBe(0);
});

test("clear deletes nothing outside its prefix, whatever list says", async () => {
  const backend = lyingBackend((h) => ({ list: (_, o) => h.list("", o) }));
  const cache = new Cache({ backend });
  await cache.scoped("a").put(chat("hi"), "a");
  await cache.scoped("b").put(chat("hi"), "b");
  await cache.scoped("a").clear();
  expect((await cache.scoped("b").get(chat("hi")))?.value).toBe("b");
});

test("bypassed run rejects at the abort", async () => {
  const cache = new Cache({ backend: memory(), mode: "off" });
  const c = new AbortController();
  const run = cache.run(chat("hi"), forever, { signal: c.signal });
  let rejected: unknown;
  run.catch((error: unknown) => (rejected = error));
  await settle();
  c.abort("left");
  await settle();
  expect(rejected).toBe("left");
});

test("get sees what is being written", async () => {
  const g = gate();
  const backend = lyingBackend((h) => ({
    put: async (k, v, o) => {
      await g.promise;
      return h.put(k, v, o);
    },
  }));
  const cache = new Cache({ backend });
  await cache.run(chat("hi"), () => "a");
  const got = await cache.get(chat("hi"));
  g.open();
  expect(got?.value).toBe("a");
});
test("a hung store with getMany costs a tagged call one readTimeout", async () => {
  const make = () => lyingBackend(() => ({ get: forever, put: forever, swap: forever, delete: forever }));
  const withMany = () => Object.assign({}, make(), { getMany: forever }) as Backend;
  const cache = new Cache({ backend: withMany(), readTimeout: "1s" });
  const t = performance.now();
  await cache.run(chat("hi"), () => "new", { tags: ["a"] });
  const run = performance.now() - t;
  const cache2 = new Cache({ backend: withMany(), readTimeout: "1s" });
  const t2 = performance.now();
  await cache2.runMany({ operation: "embedding", params: {}, inputs: ["a", "b"] }, (m) => m, { tags: ["a"] });
  expect(run).toBeLessThan(slack);
  expect(performance.now() - t2).toBeLessThan(slack);
});

test("a delete that is called after a put wins, however long the put's key takes", async () => {
  const cache = new Cache({ backend: memory() });
  const [stored] = await Promise.all([cache.put(chat("hi"), "v", { tags: ["t"] }), cache.delete(chat("hi"))]);
  expect(stored).toBe(false);
  expect(await cache.get(chat("hi"))).toBeUndefined();
});

test("however many wait for one signal, it has one listener of ours", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (...parameters: Parameters<typeof add>) => {
    listeners++;
    add(...parameters);
  };
  const cache = new Cache({ backend: memory() });
  const inputs = Array.from({ length: 1000 }, (_, index) => `${index}`);
  await cache.runMany({ operation: "embedding", params: {}, inputs }, (missing) => missing, { signal });
  await Promise.all(inputs.map((input) => cache.run(chat(input), () => input, { signal })));
  expect(listeners).toBe(1);
});

test("disposal does not wait for a model that hangs behind a caller", async () => {
  const clock = fakeClock();
  const cache = new Cache({ backend: memory({ clock }), clock, ttl: 10, staleWhileRevalidate: 100 });
  await cache.put(chat("hi"), "old");
  clock.advance(20);
  expect((await cache.run(chat("hi"), forever)).status).toBe("stale");
  await cache[Symbol.asyncDispose]();
});

test("noCache does not store over an entry of a newer version", async () => {
  const store = memory();
  const cache = new Cache({ backend: store });
  const { key = "" } = await cache.run(chat("hi"), () => "v1");
  await cache.flush();
  const newer = (await store.get(key))?.map((byte, index) => (index === 7 ? 9 : byte)) ?? new Uint8Array();
  await store.put(key, newer);
  expect((await cache.run(chat("hi"), () => "v2", { noCache: true })).value).toBe("v2");
  await cache.flush();
  expect(await store.get(key)).toEqual(newer);
});

test("a wrong number of answers is an error also where a stale answer could take its place", async () => {
  const clock = fakeClock();
  const cache = new Cache({ backend: memory({ clock }), clock, ttl: 10, staleIfError: 100 });
  const batch = { operation: "embedding", params: {}, inputs: ["a"] };
  await cache.runMany(batch, (missing) => missing);
  await cache.flush();
  clock.advance(20);
  await expect(cache.runMany(batch, () => [])).rejects.toMatchObject({ code: "WRONG_COUNT" });
});

test("a time-out of 30 days does not fire at once", async () => {
  const backend = lyingBackend((honest) => ({
    get: async (key) => {
      await settle();
      return honest.get(key);
    },
  }));
  const cache = new Cache({ backend, readTimeout: "30d" });
  await cache.put(chat("hi"), "v");
  expect((await cache.get(chat("hi")))?.value).toBe("v");
});

test("a cache that only reads leaves a corrupt entry where it is", async () => {
  const store = memory();
  const cache = new Cache({ backend: store });
  const { key = "" } = await cache.run(chat("hi"), () => "v1");
  await cache.flush();
  await store.put(key, new Uint8Array([1]));
  cache.update({ mode: "read-only" });
  expect(await cache.get(chat("hi"))).toBeUndefined();
  await cache.flush();
  expect(await store.get(key)).toEqual(new Uint8Array([1]));
});

test("a stream's factory that gives no stream is told so", async () => {
  const cache = new Cache({ backend: memory() });
  for (const source of [undefined, "text", 42, [1]]) {
    await expect(cache.runStream(chat("hi"), () => source as never)).rejects.toThrow(
      "a stream's factory must give an AsyncIterable",
    );
  }
  expect(cache.stats().inFlight).toBe(0);
});
