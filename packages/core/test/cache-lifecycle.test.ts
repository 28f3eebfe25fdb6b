import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import {
  type Backend,
  type Bus,
  Cache,
  type CacheControls,
  type CacheEvent,
  guarded,
  localBus,
  memory,
  type MemoryBackend,
  tiered,
} from "../src/index.ts";
import { lyingBackend } from "./support/lying-backend.ts";
import { chat, ManualModel, settle } from "./support/model.ts";

/** A backend that tells when it is closed. */
function closable(name: string): Backend & { closed: boolean; readonly honest: MemoryBackend } {
  const honest = memory({ name });
  const backend = {
    ...honest,
    honest,
    closed: false,
    async [Symbol.asyncDispose]() {
      backend.closed = true;
    },
  };
  return backend;
}

test("disposal waits for what is being stored, then closes the backend, once", async () => {
  const backend = lyingBackend((honest) => ({
    put: async (key, value, options) => {
      await settle();
      await honest.put(key, value, options);
    },
  }));
  const order: string[] = [];
  const closing = Object.assign(backend, {
    async [Symbol.asyncDispose]() {
      order.push(`closed with ${backend.honest.usage().entries}`);
    },
  });
  const cache = new Cache({ backend: closing });
  await cache.run(chat("hi"), () => "answer");
  await Promise.all([cache[Symbol.asyncDispose](), cache[Symbol.asyncDispose]()]);
  expect(order).toEqual(["closed with 1"]);
  expect((await cache.run(chat("hi"), () => "past")).status).toBe("bypass");
});

test("flush resolves when everything that was answered is stored", async () => {
  const backend = memory();
  const cache = new Cache({ backend });
  await Promise.all(Array.from({ length: 50 }, (_, index) => cache.run(chat(`${index}`), () => "answer")));
  await cache.flush();
  expect(backend.usage().entries).toBe(50);
});

test("a backend that is to be kept open is left open", async () => {
  const backend = closable("shared");
  await new Cache({ backend, keepOpen: true })[Symbol.asyncDispose]();
  expect(backend.closed).toBe(false);
  await new Cache({ backend })[Symbol.asyncDispose]();
  expect(backend.closed).toBe(true);
});

test("disposing closes every tier, also through wrappers", async () => {
  const backends = [closable("one"), closable("two")];
  await new Cache({ backend: guarded(tiered(backends)) })[Symbol.asyncDispose]();
  expect(backends.map(({ closed }) => closed)).toEqual([true, true]);
});

test("calls under way finish with the backend that they began with, which is closed once they have", async () => {
  const [old, next] = [closable("old"), closable("new")];
  const cache = new Cache({ backend: old });
  const model = new ManualModel();
  const run = cache.run(chat("hi"), model.factory);
  await model.called();
  cache.update({ backend: next });
  expect((await cache.run(chat("hi"), () => "from the new")).value).toBe("from the new");
  await settle();
  expect(old.closed).toBe(false);
  model.calls[0]?.resolve("from the old");
  expect((await run).value).toBe("from the old");
  await cache.flush();
  await settle();
  expect([old.closed, old.honest.usage().entries]).toEqual([true, 1]);
  expect((await cache.get(chat("hi")))?.value).toBe("from the new");
});

test("a replaced backend that fails to close is an event", async () => {
  const events: CacheEvent[] = [];
  const failing = Object.assign(closable("old"), {
    async [Symbol.asyncDispose]() {
      throw new Error("will not close");
    },
  });
  const cache = new Cache({ backend: failing, onEvent: (event) => events.push(event) });
  cache.update({ backend: memory() });
  await settle();
  expect(events).toEqual([
    { type: "error", error: expect.objectContaining({ code: "BACKEND_FAILED", operation: "dispose" }) },
  ]);
});

test("an update that is refused changes nothing", async () => {
  const cache = new Cache({ backend: memory() });
  await cache.put(chat("hi"), "answer");
  expect(() => cache.update({ ttl: "soon" as never })).toThrow(TypeError);
  expect((await cache.get(chat("hi")))?.value).toBe("answer");
});

test.for<[string, CacheControls, (cache: Cache) => Promise<void>]>([
  ["delete", {}, (cache) => cache.delete(chat("hi"))],
  ["clear", {}, (cache) => cache.clear()],
  ["invalidate", { tags: ["x"] }, (cache) => cache.invalidate(["x"])],
])(
  "%s wins against a flight that began before it, and later callers do not join that flight",
  async ([, options, remove]) => {
    const cache = new Cache({ backend: memory() });
    const model = new ManualModel();
    const before = cache.run(chat("hi"), model.factory, options);
    await model.called();
    await remove(cache);
    const after = cache.run(chat("hi"), model.factory, options);
    await model.called(2);
    model.calls[0]?.resolve("before");
    expect((await before).value).toBe("before");
    await cache.flush();
    expect(await cache.get(chat("hi"))).toBeUndefined();
    model.calls[1]?.resolve("after");
    expect((await after).value).toBe("after");
    await cache.flush();
    expect((await cache.get(chat("hi")))?.value).toBe("after");
  },
);

test("a delete comes after the write that is under way", async () => {
  const backend = lyingBackend((honest) => ({
    put: async (key, value, options) => {
      await settle();
      await honest.put(key, value, options);
    },
  }));
  const cache = new Cache({ backend });
  await cache.run(chat("hi"), () => "answer");
  await cache.delete(chat("hi"));
  await cache.flush();
  expect(backend.honest.usage().entries).toBe(0);
});

test("a stream that began before a clear is not stored", async () => {
  const backend = memory();
  const cache = new Cache({ backend });
  const { stream } = await cache.runStream(chat("hi"), async function* () {
    yield 1;
    yield 2;
  });
  const reader = stream.getReader();
  await reader.read();
  await cache.clear();
  while (!(await reader.read()).done);
  await cache.flush();
  expect(backend.usage().entries).toBe(0);
});

test("writes of one tick go to the store as one batch, each with its own expiry", async () => {
  const batches: number[][] = [];
  const honest = memory();
  const backend: Backend = {
    name: "batching",
    get: honest.get,
    put: honest.put,
    delete: honest.delete,
    async putMany(entries) {
      batches.push(entries.map(({ options }) => options?.expiresAt ?? 0));
    },
  };
  const cache = new Cache({ backend, clock: () => 1000 });
  await cache.runMany({ operation: "embedding", params: {}, inputs: ["a", "b", "c"] }, (missing) => missing, {
    ttl: 5,
  });
  await cache.flush();
  expect(batches).toEqual([[6000, 6000, 6000]]);
});

test("stats count what happened", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const runs = [cache.run(chat("hi"), model.factory), cache.run(chat("hi"), model.factory)];
  await model.called();
  expect(cache.stats().inFlight).toBe(1);
  model.calls[0]?.resolve("answer");
  await Promise.all(runs);
  await cache.flush();
  await cache.run(chat("hi"), model.factory);
  await cache.run(chat("hi"), () => "", { noCache: true, noStore: true });
  expect(cache.stats()).toEqual({
    hits: 1,
    stale: 0,
    semantic: 0,
    misses: 1,
    coalesced: 1,
    bypassed: 1,
    stored: 1,
    rejected: 0,
    errors: 0,
    evicted: 0,
    billed: { inputTokens: 0, outputTokens: 0, cost: 0 },
    saved: { inputTokens: 0, outputTokens: 0, cost: 0 },
    inFlight: 0,
  });
});

test("nothing keeps the process alive", async () => {
  const script = `
    import { Cache, memory, tiered } from "@llmcache/core";
    const cache = new Cache({ backend: tiered([memory(), memory()]), staleWhileRevalidate: 60, ttl: 60 });
    await cache.run({ operation: "chat", params: {} }, () => "answer");
    await cache.runStream({ operation: "chat", params: { other: 1 } }, async function* () { yield 1; });
    const paced = { operation: "chat", params: { paced: 1 } };
    const slow = async function* () { yield 1; await new Promise((resolve) => setTimeout(resolve, 1500)); yield 2; };
    for await (const _ of (await cache.runStream(paced, slow)).stream);
    await cache.flush();
    const { stream } = await cache.runStream(paced, slow, { pace: "recorded" });
    for await (const _ of stream) break;
    const hanging = { ...memory(), put: () => new Promise(() => {}) };
    delete hanging[Symbol.for("llmcache.self-guarded")];
    await new Cache({ backend: hanging }).run({ operation: "chat", params: {} }, () => "answer");
    globalThis.endedAt = performance.now();
    process.on("exit", () => console.log(performance.now() - endedAt < 1000 ? "at once" : "held"));
    console.log("done");
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@llmcache/source", "--input-type=module", "--eval", script],
    { cwd: join(import.meta.dirname, ".."), timeout: 20_000 },
  );
  expect(stdout).toBe("done\nat once\n");
});

test("a bus is listened to by the cache as it is set now, and by none that was disposed of", async () => {
  const { bus, listeners } = countedBus();
  const cache = new Cache({ backend: memory(), bus, keepOpen: true });
  expect(listeners()).toBe(1);
  cache.update({ backend: memory() });
  await settle();
  expect(listeners()).toBe(1);
  const other = countedBus();
  cache.update({ bus: other.bus });
  await settle();
  expect([listeners(), other.listeners()]).toEqual([0, 1]);
  await cache[Symbol.asyncDispose]();
  expect(other.listeners()).toBe(0);
});

function countedBus(): { readonly bus: Bus; listeners(): number } {
  const { publish, subscribe } = localBus();
  let count = 0;
  const counted: Bus["subscribe"] = (listener) => {
    const stop = subscribe(listener);
    count++;
    return () => {
      count--;
      stop();
    };
  };
  return { bus: { publish, subscribe: counted }, listeners: () => count };
}
