// What `cache-*.test.ts` checks by counting turns of the event loop, checked without: so that it holds wherever a hash takes its time.
import { expect, test } from "vitest";
import { Cache, isLlmCacheError, memory, tiered } from "../../src/index.ts";
import { fakeClock } from "../support/clock.ts";
import { chat } from "../support/model.ts";

test("a thousand identical runs pay for one call of the model, and each gets a copy of its own", async () => {
  const cache = new Cache({ backend: memory() });
  let calls = 0;
  const runs = Array.from({ length: 1000 }, () => cache.run(chat("hi"), async () => ({ call: ++calls })));
  const values = (await Promise.all(runs)).map(({ value }) => value);
  expect(values).toEqual(values.map(() => ({ call: 1 })));
  expect(new Set(values).size).toBe(1000);
  expect(calls).toBe(1);
});

test("a stream is joined half-way from its start, and replayed when it is over", async () => {
  const cache = new Cache({ backend: memory() });
  const gate = Promise.withResolvers<void>();
  const model = async function* chunks() {
    yield "a";
    await gate.promise;
    yield "b";
  };
  const first = await cache.runStream(chat("hi"), model);
  const reader = first.stream[Symbol.asyncIterator]();
  expect(await reader.next()).toEqual({ done: false, value: "a" });
  const second = await cache.runStream(chat("hi"), model);
  gate.resolve();
  expect(await Array.fromAsync(second.stream)).toEqual(["a", "b"]);
  expect(await reader.next()).toEqual({ done: false, value: "b" });
  expect(await reader.next()).toMatchObject({ done: true });
  await cache.flush();
  const third = await cache.runStream(chat("hi"), model);
  expect(await Array.fromAsync(third.stream as ReadableStream<string>)).toEqual(["a", "b"]);
  expect([first.status, second.status, third.status]).toEqual(["miss", "coalesced", "hit"]);
});

test("a batch pays for the inputs that are missing, each once, and for no other", async () => {
  const cache = new Cache({ backend: memory() });
  const asked: string[][] = [];
  const embed = (missing: readonly string[]) => {
    asked.push([...missing]);
    return missing.map((input) => Float32Array.of(input.length, 0.5));
  };
  const batch = (...inputs: string[]) =>
    cache.runMany({ operation: "embedding", params: { model: "e" }, inputs }, embed);
  await batch("a", "bb");
  const outcomes = await batch("ccc", "bb", "ccc", "a");
  expect(outcomes.map(({ value }) => value)).toEqual([3, 2, 3, 1].map((length) => Float32Array.of(length, 0.5)));
  expect(asked).toEqual([["a", "bb"], ["ccc"]]);
});

test("processes that share a store pay once, by a lease", async () => {
  const backend = memory();
  const [one, other] = [0, 1].map(() => new Cache({ backend, coalesce: "distributed", keepOpen: true })) as [
    Cache,
    Cache,
  ];
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<string>();
  const leading = one.run(chat("hi"), () => (begun.resolve(), gate.promise));
  await begun.promise;
  const waiting = other.run(chat("hi"), () => "paid twice");
  gate.resolve("paid once");
  expect([(await leading).value, (await waiting).value]).toEqual(["paid once", "paid once"]);
});

test("one caller's abort leaves the others their answer, and the last one's reaches the model", async () => {
  const cache = new Cache({ backend: memory() });
  const signals: AbortSignal[] = [];
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const hanging = ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
    signals.push(signal);
    begun[signals.length - 1]?.resolve();
    return new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
  const controllers = [new AbortController(), new AbortController()];
  const calls = controllers.map(({ signal }) => cache.run(chat("hi"), hanging, { signal }));
  calls.forEach((call) => void call.catch(() => undefined));
  await begun[0]?.promise;
  controllers[0]?.abort("first left");
  await expect(calls[0]).rejects.toBe("first left");
  controllers[1]?.abort("last left");
  await expect(calls[1]).rejects.toBe("last left");
  expect(signals.map(({ aborted }) => aborted)).not.toContain(false);
});

test("a stale answer is served when the model fails, for as long as was said", async () => {
  const clock = fakeClock();
  const cache = new Cache({ backend: memory({ clock }), clock, ttl: 10, staleIfError: 60 });
  const failing = () => Promise.reject(new Error("the model is down"));
  await cache.run(chat("hi"), () => "old");
  clock.advance(11);
  expect(await cache.run(chat("hi"), failing)).toMatchObject({ value: "old", status: "stale", age: 11 });
  clock.advance(100);
  await expect(cache.run(chat("hi"), failing)).rejects.toThrow("the model is down");
});

test("an invalidated tag, a deletion and another scope are misses", async () => {
  const cache = new Cache({ backend: tiered([memory(), memory()]) });
  const ask = async (on: Cache) => (await on.run(chat("hi"), () => "answer", { tags: ["t"] })).status;
  const statuses = [await ask(cache), await ask(cache), await ask(cache.scoped("tenant"))];
  await cache.invalidate(["t"]);
  statuses.push(await ask(cache));
  await cache.delete(chat("hi"));
  statuses.push(await ask(cache));
  await cache.clear();
  statuses.push(await ask(cache));
  expect(statuses).toEqual(["miss", "hit", "miss", "miss", "miss", "miss"]);
});

test.each([
  ["JSON", { text: "Grüße", lone: "\ud800", list: [1, null, true] }],
  ["a string", "answer"],
  ["bytes", Uint8Array.of(0, 255)],
  ["a vector", Float32Array.of(0.25, -0)],
])("%s comes back as it was", async (_, value) => {
  const cache = new Cache({ backend: memory() });
  await cache.put(chat("hi"), value);
  expect((await cache.get(chat("hi")))?.value).toStrictEqual(value);
});

test("a replay answers from what was recorded and names the difference of what was not", async () => {
  const backend = memory();
  const recorder = new Cache({ backend, mode: "refresh", storeCalls: true, keepOpen: true });
  await recorder.run(chat("hi", { temperature: 0 }), () => "recorded");
  await recorder.flush();
  const replay = new Cache({ backend, mode: "replay" });
  expect((await replay.run(chat("hi", { temperature: 0 }), () => "called")).value).toBe("recorded");
  const miss: unknown = await replay
    .run(chat("hi", { temperature: 1 }), () => "called")
    .catch((error: unknown) => error);
  expect(isLlmCacheError(miss) && miss.code).toBe("REPLAY_MISS");
  expect(String(miss)).toContain("params.temperature");
});
