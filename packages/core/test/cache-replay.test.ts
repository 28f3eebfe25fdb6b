import { describe, expect, test } from "vitest";
import { Cache, type CacheOptions, encrypted, isLlmCacheError, memory, type MemoryBackend } from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { chat } from "./support/model.ts";

const never = (): never => {
  throw new Error("the model must not be called");
};

async function recorded(store: MemoryBackend, options: Partial<CacheOptions> = {}): Promise<void> {
  const cache = new Cache({ backend: store, mode: "refresh", storeCalls: true, keepOpen: true, ...options });
  await cache.run(chat("What is a cache?", { temperature: 0 }), () => "A memory.");
  await cache.run(chat("What is a key?", { temperature: 1 }), () => "A name.");
  await cache.flush();
}

describe("replay", () => {
  test("answers from the recordings, however old, and never calls a model", async () => {
    const clock = fakeClock();
    const store = memory({ clock });
    await recorded(store, { clock, ttl: 10, staleIfError: 1e9 });
    clock.advance(1e6);
    const cache = new Cache({ backend: store, mode: "replay", clock });
    const outcome = await cache.run(chat("What is a cache?", { temperature: 0 }), never);
    expect(outcome).toMatchObject({ status: "hit", value: "A memory." });
    expect((await cache.run(chat("What is a cache?", { temperature: 0 }), never, { noCache: true })).status).toBe(
      "hit",
    );
  });

  test("a miss names the nearest recorded call and what is different, and no value", async () => {
    const store = memory();
    await recorded(store);
    const cache = new Cache({ backend: store, mode: "replay" });
    const miss: unknown = await cache
      .run(chat("What is a cache?", { temperature: 0.5 }), never)
      .catch((error: unknown) => error);
    expect(isLlmCacheError(miss) && miss.code).toBe("REPLAY_MISS");
    expect(String(miss)).toMatch(
      /no recording answers this chat call, the nearest is \S+, which differs in params\.temperature$/,
    );
    const other: unknown = await cache
      .run(chat("Why a secret?", { temperature: 1 }), never)
      .catch((error: unknown) => error);
    expect(String(other)).toMatch(/differs in params\.messages\[0\]\.content$/);
    expect(String(other)).not.toContain("secret");
  });

  test("without recorded calls a miss says what to do", async () => {
    const cache = new Cache({ backend: memory(), mode: "replay" });
    await expect(cache.run(chat("hi"), never)).rejects.toThrow("were they recorded with storeCalls?");
  });

  test("streams and batches replay too, and a batch names the input that is missing", async () => {
    const store = memory();
    const batch = { operation: "embedding", params: { model: "e" } };
    const recorder = new Cache({ backend: store, mode: "refresh", storeCalls: true, keepOpen: true });
    await recorder.runMany({ ...batch, inputs: ["a", "b"] }, (missing) => missing.map((input) => `of ${input}`));
    const { stream } = await recorder.runStream(chat("hi"), async function* () {
      yield "one";
      yield "two";
    });
    await Array.fromAsync(stream);
    await recorder.flush();
    const cache = new Cache({ backend: store, mode: "replay" });
    const outcomes = await cache.runMany({ ...batch, inputs: ["b", "a"] }, never);
    expect(outcomes.map(({ value }) => value)).toEqual(["of b", "of a"]);
    expect(await Array.fromAsync((await cache.runStream(chat("hi"), never)).stream)).toEqual(["one", "two"]);
    await expect(cache.runMany({ ...batch, inputs: ["b", "c"] }, never)).rejects.toThrow(
      /embedding call, the nearest is \S+, which differs in params\.input$/,
    );
  });

  test("changes nothing, not even a recording that is damaged", async () => {
    const backend = memory();
    await new Cache({ backend }).put(chat("hi"), "answer");
    const [key = ""] = await Array.fromAsync(backend.list(""));
    const bytes = await backend.get(key);
    await backend.put(key, bytes?.fill(0, -1) ?? new Uint8Array());
    const cache = new Cache({ backend, mode: "replay" });
    await expect(cache.run(chat("hi"), never)).rejects.toThrow("no recording answers");
    await cache.flush();
    expect(await backend.get(key)).toEqual(bytes);
  });

  test("a call that goes past the cache has no model to go to", async () => {
    const cache = new Cache({ backend: memory(), mode: "replay", operations: ["embedding"] });
    await expect(cache.run(chat("hi"), never)).rejects.toMatchObject({ code: "REPLAY_MISS" });
  });

  test("calls are kept inside what is encrypted, and only on request", async () => {
    const store = memory();
    const secret = { keys: { a: new Uint8Array(32).fill(1) }, current: "a" };
    await recorded(encrypted(store, secret) as MemoryBackend);
    await new Cache({ backend: store, namespace: "plain" }).put(chat("no call is kept"), "answer");
    for await (const key of store.list("")) {
      const text = new TextDecoder("latin1").decode(await store.get(key));
      expect(text).not.toMatch(/What is a|no call is kept/);
    }
    const cache = new Cache({ backend: encrypted(store, secret), mode: "replay" });
    await expect(cache.run(chat("What is a cache?"), never)).rejects.toThrow("differs in params.temperature");
  });
});

describe("a stream and a whole answer", () => {
  const collect = (chunks: readonly unknown[]) => (chunks.includes("usage") ? undefined : { text: chunks.join("") });
  const replay = (answer: unknown) => [...(answer as { text: string }).text];

  test("share an entry where the caller says how one becomes the other", async () => {
    const cache = new Cache({ backend: memory() });
    const { stream } = await cache.runStream(chat("hi"), async function* () {
      yield "he";
      yield "llo";
    });
    await Array.fromAsync(stream);
    await cache.flush();
    expect(await cache.run<{ text: string }>(chat("hi"), never, { collect })).toMatchObject({
      status: "hit",
      value: { text: "hello" },
    });
    expect((await cache.get(chat("hi"), { collect }))?.value).toEqual({ text: "hello" });
    await cache.put(chat("whole"), { text: "abc" });
    const replayed = await cache.runStream<string>(chat("whole"), never, { replay });
    expect([replayed.status, await Array.fromAsync(replayed.stream)]).toEqual(["hit", ["a", "b", "c"]]);
  });

  test("are misses for one another where they do not become one another", async () => {
    const cache = new Cache({ backend: memory() });
    const { stream } = await cache.runStream(chat("hi"), async function* () {
      yield "usage";
    });
    await Array.fromAsync(stream);
    await cache.flush();
    expect((await cache.run(chat("hi"), () => ({ text: "new" }), { collect })).status).toBe("miss");
  });

  test("are misses for one another where the caller's way from one to the other throws, and stay as they are", async () => {
    const cache = new Cache({ backend: memory() });
    const broken = () => {
      throw new Error("a bug of the caller's");
    };
    const source = (chunk: string) =>
      async function* () {
        yield chunk;
      };
    await Array.fromAsync((await cache.runStream(chat("hi"), source("a"))).stream);
    await cache.put(chat("whole"), { text: "abc" });
    await cache.flush();
    expect((await cache.run(chat("hi"), () => "new", { collect: broken, noStore: true })).status).toBe("miss");
    const streamed = await cache.runStream(chat("whole"), source("new"), { replay: broken, noStore: true });
    expect(await Array.fromAsync(streamed.stream)).toEqual(["new"]);
    await cache.flush();
    expect((await cache.get<{ text: string }>(chat("hi"), { collect }))?.value).toEqual({ text: "a" });
    expect((await cache.get(chat("whole")))?.value).toEqual({ text: "abc" });
  });
});
