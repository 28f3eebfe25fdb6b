import { describe, expect, test } from "vitest";
import {
  type Backend,
  Cache,
  type CacheEvent,
  decodeEntry,
  decorate,
  memory,
  type MemoryBackend,
  tiered,
} from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { forever, lyingBackend } from "./support/lying-backend.ts";
import { chat, settle } from "./support/model.ts";

/** Generous beside the time-outs of the caches in these tests, tiny beside a hang. */
const soon = 2000;

function observed(backend: Backend) {
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend, readTimeout: "50ms", onEvent: (event) => events.push(event) });
  const codes = () => events.flatMap((event) => (event.type === "error" ? [event.error.code] : []));
  return { cache, events, codes };
}

async function within<Result>(work: Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  const result = await work;
  expect(performance.now() - startedAt).toBeLessThan(soon);
  return result;
}

describe("whatever the store does, the caller gets the model's answer", () => {
  const rejects = async (): Promise<never> => {
    throw new Error("connection refused");
  };
  test.each<[string, Partial<Backend>, string]>([
    ["rejects reads", { get: rejects }, "BACKEND_FAILED"],
    ["rejects writes", { put: rejects }, "BACKEND_FAILED"],
    ["rejects everything", { get: rejects, put: rejects, delete: rejects }, "BACKEND_FAILED"],
    [
      "throws synchronously",
      {
        get: () => {
          throw new Error("sync");
        },
      },
      "BACKEND_FAILED",
    ],
    ["rejects with something that is no Error", { get: () => Promise.reject("text") }, "BACKEND_FAILED"],
    ["hangs in reads", { get: forever }, "BACKEND_TIMEOUT"],
  ])("a store that %s", async (_, lies, code) => {
    const { cache, codes } = observed(lyingBackend(() => lies));
    expect(await within(cache.run(chat("hi"), () => "answer"))).toMatchObject({ value: "answer", status: "miss" });
    await within(cache.flush());
    expect(codes()).toContain(code);
  });

  test("a store that hangs in writes keeps no caller waiting", async () => {
    const { cache } = observed(lyingBackend(() => ({ put: forever })));
    expect((await within(cache.run(chat("hi"), () => "answer"))).value).toBe("answer");
  });

  test("a store that answers late", async () => {
    const { cache, codes } = observed(
      lyingBackend((honest) => ({
        get: async (key) => (await new Promise((resolve) => setTimeout(resolve, 300)), honest.get(key)),
      })),
    );
    expect((await within(cache.run(chat("hi"), () => "answer"))).value).toBe("answer");
    expect(codes()).toEqual(["BACKEND_TIMEOUT"]);
  });
});

describe("bytes that are not the entry asked for", () => {
  const bytes = (backend: ReturnType<typeof lyingBackend>, key: string) => backend.honest.get(key);

  async function storedEntry() {
    const backend = lyingBackend(() => ({}));
    const { cache, events, codes } = observed(backend);
    const { key } = await cache.run(chat("hi"), () => "answer");
    await cache.flush();
    const entry = await bytes(backend, key ?? "");
    if (key === undefined || entry === undefined) throw new Error("the answer was not stored");
    return { backend, cache, events, codes, key, entry };
  }

  test.each<[string, (entry: Uint8Array) => Uint8Array]>([
    ["garbage", () => new Uint8Array([1, 2, 3])],
    ["nothing at all", () => new Uint8Array()],
    ["a truncated entry", (entry) => entry.slice(0, -1)],
    [
      "an entry with a flipped bit",
      (entry) => entry.map((byte, index) => (index === entry.length - 3 ? byte ^ 1 : byte)),
    ],
    ["text", () => new TextEncoder().encode('{"value":"forged"}')],
  ])("%s is a miss, an event, and gone", async (_, corrupt) => {
    const { backend, cache, codes, key, entry } = await storedEntry();
    await backend.honest.put(key, corrupt(entry));
    expect(await cache.run(chat("hi"), () => "new answer", { noStore: true })).toMatchObject({
      status: "miss",
      value: "new answer",
    });
    await cache.flush();
    expect(codes()).toEqual(["CORRUPT_ENTRY"]);
    expect(await bytes(backend, key)).toBeUndefined();
  });

  test("another key's entry is a miss, an event, and gone", async () => {
    const { backend, cache, codes, entry } = await storedEntry();
    const other = await cache.run(chat("other"), () => "other answer");
    await cache.flush();
    await backend.honest.put(other.key ?? "", entry);
    expect((await cache.run(chat("other"), () => "asked again")).value).toBe("asked again");
    await cache.flush();
    expect(codes()).toEqual(["CORRUPT_ENTRY"]);
    expect((await cache.run(chat("other"), () => "")).value).toBe("asked again");
  });

  test("an entry of a newer version is a miss and stays", async () => {
    const { backend, cache, codes, key, entry } = await storedEntry();
    const newer = entry.map((byte, index) => (index === 7 ? 2 : byte));
    await backend.honest.put(key, newer);
    expect((await cache.run(chat("hi"), () => "new answer")).value).toBe("new answer");
    await cache.flush();
    expect(codes()).toEqual(["UNREADABLE_ENTRY"]);
    expect(await bytes(backend, key)).toEqual(newer);
  });

  test("an entry of a codec that is not there is a miss and stays", async () => {
    const { backend, cache, codes, key, entry } = await storedEntry();
    const encrypted = entry.map((byte, index) => (index === 32 ? 9 : byte));
    await backend.honest.put(key, encrypted);
    expect((await cache.run(chat("hi"), () => "new answer")).status).toBe("miss");
    await cache.flush();
    expect(codes()).toEqual(["UNREADABLE_ENTRY"]);
    expect(await bytes(backend, key)).toEqual(encrypted);
  });

  test("a stored entry can be decoded outside the cache", async () => {
    const { entry } = await storedEntry();
    expect(decodeEntry(entry).digest).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("the breaker", () => {
  test("opens after two time-outs, costs nothing while it is open, and closes by itself", async () => {
    const clock = fakeClock();
    let hanging = true;
    let reads = 0;
    const lies = (honest: MemoryBackend) => ({
      get: (key: string) => (reads++, hanging ? forever() : honest.get(key)),
    });
    const backend = lyingBackend(lies, { clock });
    const states: string[] = [];
    const onEvent = (event: CacheEvent) => event.type === "breaker" && states.push(event.state);
    const cache = new Cache({ backend, readTimeout: "20ms", clock, onEvent, ttl: 600 });
    for (let call = 0; call < 5; call++)
      expect((await within(cache.run(chat(`${call}`), () => "answer"))).value).toBe("answer");
    expect(reads).toBe(2);
    expect(states).toEqual(["open"]);
    hanging = false;
    clock.advance(6);
    await cache.run(chat("probe"), () => "answer");
    expect(states).toEqual(["open", "half-open", "closed"]);
    await cache.flush();
    expect((await cache.run(chat("probe"), () => "")).status).toBe("hit");
  });

  test("of a tier leaves the other tiers in use: memory still hits when the shared store hangs", async () => {
    let hanging = false;
    const shared = lyingBackend((honest) => ({ get: (key) => (hanging ? forever() : honest.get(key)) }));
    const cache = new Cache({ backend: tiered([memory(), { backend: shared, timeout: "20ms" }]), readTimeout: "50ms" });
    await cache.run(chat("hi"), () => "answer");
    await cache.flush();
    hanging = true;
    for (let call = 0; call < 4; call++) await within(cache.run(chat(`${call}`), () => "answer", { noStore: true }));
    expect(await cache.run(chat("hi"), () => "")).toMatchObject({ status: "hit", source: "memory", value: "answer" });
  });
});

test("an observer that throws, or rejects, hurts nobody", async () => {
  for (const onEvent of [
    () => {
      throw new Error("observer");
    },
    async () => {
      throw new Error("observer");
    },
  ]) {
    const cache = new Cache({ backend: memory(), onEvent });
    expect((await cache.run(chat("hi"), () => "answer")).value).toBe("answer");
    await settle();
  }
});

test("delete, clear, invalidate and ping tell their caller of a store that fails", async () => {
  const rejects = async (): Promise<never> => {
    throw new Error("down");
  };
  const { cache } = observed(lyingBackend(() => ({ get: rejects, put: rejects, delete: rejects, swap: rejects })));
  for (const work of [() => cache.delete(chat("hi")), () => cache.invalidate(["tag"]), () => cache.ping()]) {
    await expect(work()).rejects.toMatchObject({ name: "LlmCacheError", code: "BACKEND_FAILED", backend: "store" });
  }
  const { list: _, ...unlistable } = memory();
  await expect(new Cache({ backend: unlistable }).clear()).rejects.toMatchObject({ code: "UNSUPPORTED" });
});

test("a ping makes a true round trip on a store that has none of its own", async () => {
  const operations: string[] = [];
  const backend = lyingBackend((honest) => ({
    get: (key) => (operations.push("get"), honest.get(key)),
    put: (key, value) => (operations.push("put"), honest.put(key, value)),
  }));
  await new Cache({ backend }).ping();
  expect(operations).toEqual(["put", "get"]);
  expect(backend.honest.usage().entries).toBe(0);
});

test("no prompt, parameter or model error text is in any event", async () => {
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend: memory(), onEvent: (event) => events.push(event), staleIfError: 60, ttl: 0.001 });
  const secret = "secret-prompt-text";
  await cache.run(chat(secret), () => ({ text: "secret-answer-text" }));
  await cache.run(chat(secret, { bad: () => 1 }), () => "x");
  await cache.flush();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await cache.run(chat(secret), () => Promise.reject(new Error(`cannot answer ${secret}`)));
  const text = JSON.stringify(events, (_, value: unknown) =>
    value instanceof Error ? [value.name, value.message, String(value.cause), Object.entries(value)] : value,
  );
  expect(text).not.toContain("secret");
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["miss", "stored", "bypass", "error", "hit"]));
});

test("a store that throws at once, where it should reject, is a store that fails", async () => {
  const codes: string[] = [];
  const broken = () => {
    throw new Error("at once");
  };
  // Marked as memory is, so that no guard makes rejections of what it throws.
  const backend = decorate(memory(), { get: broken, put: broken, delete: broken });
  const onEvent = (event: CacheEvent) => void (event.type === "error" && codes.push(event.error.code));
  const cache = new Cache({ backend, onEvent });
  expect((await cache.run(chat("hi"), () => "answer")).value).toBe("answer");
  await cache.flush();
  expect(codes).toEqual(["BACKEND_FAILED", "BACKEND_FAILED"]);
  await expect(cache.delete(chat("hi"))).rejects.toMatchObject({ code: "BACKEND_FAILED", operation: "delete" });
});
