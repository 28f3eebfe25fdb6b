import { SpanStatusCode } from "@opentelemetry/api";
import { Cache, memory } from "@llmcache/core";
import { expect, test } from "vitest";
import { ask, cost, parentOf, prices, start, usage } from "./start.ts";

const options = { cache: { usageOf: () => usage, prices } };
const charge = (prefix: string) => ({
  [`${prefix}.input_tokens`]: 100,
  [`${prefix}.output_tokens`]: 20,
  [`${prefix}.cost`]: cost,
});
const about = { "gen_ai.operation.name": "chat", "gen_ai.response.model": "m" };

test("a miss is a look-up and a call of the model, with what it used; a hit is a look-up, with what it saved", async () => {
  const { cache, spans } = start(options);
  await cache.run(ask("hi"), () => "answer");
  await cache.flush();
  await cache.run(ask("hi"), () => "not called");
  expect(spans().map(({ name, attributes }) => [name, attributes])).toEqual([
    [
      "llmcache.lookup",
      { "gen_ai.operation.name": "chat", "llmcache.status": "miss", "llmcache.miss.reason": "absent" },
    ],
    [
      "llmcache.call",
      {
        ...about,
        "llmcache.status": "miss",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 40,
        ...charge("llmcache.billed"),
      },
    ],
    [
      "llmcache.lookup",
      {
        ...about,
        "llmcache.status": "hit",
        "llmcache.source": "memory",
        "llmcache.age": expect.any(Number) as number,
        ...charge("llmcache.saved"),
      },
    ],
  ]);
});

test("each span lies within what its caller was doing, of concurrent callers as well", async () => {
  const { cache, spans, within } = start(options);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const call = (name: string) => within(name, () => cache.run(ask("hi"), () => held.then(() => "answer")));
  const both = Promise.all([call("first"), call("second")]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  release();
  await both;
  await cache.flush();
  await within("third", () => cache.run(ask("hi"), () => "not called"));
  const all = spans();
  const ours = all.filter(({ name }) => name.startsWith("llmcache."));
  expect(ours.map((span) => [span.name, span.attributes["llmcache.status"], parentOf(span, all)])).toEqual([
    ["llmcache.lookup", "miss", "first"],
    ["llmcache.call", "miss", "first"],
    ["llmcache.wait", "coalesced", "second"],
    ["llmcache.lookup", "hit", "third"],
  ]);
});

test("a span takes as long as what it stands for", async () => {
  const { cache, spans } = start(options);
  const before = Date.now();
  await cache.run(ask("hi"), () => new Promise((resolve) => setTimeout(() => resolve("answer"), 50)));
  const call = spans().find(({ name }) => name === "llmcache.call");
  const msOf = ([seconds, nanoseconds]: readonly [number, number]) => seconds * 1000 + nanoseconds / 1e6;
  expect(msOf(call?.duration ?? [0, 0])).toBeGreaterThan(45);
  expect(Math.abs(msOf(call?.startTime ?? [0, 0]) - before)).toBeLessThan(2000);
});

test("a stream is told when it is at its end, to each who read it", async () => {
  const { cache, spans, within } = start(options);
  const open = (name: string) =>
    within(name, async () => {
      const { stream } = await cache.runStream(ask("hi"), async function* () {
        yield 1;
        yield 2;
      });
      return Array.fromAsync(stream);
    });
  expect(await Promise.all([open("first"), open("second")])).toEqual([
    [1, 2],
    [1, 2],
  ]);
  await cache.flush();
  await open("third");
  const all = spans();
  const ours = all.filter(({ name }) => name.startsWith("llmcache."));
  expect(ours.map(({ name, attributes }) => [name, attributes["llmcache.status"]])).toEqual([
    ["llmcache.lookup", "miss"],
    ["llmcache.call", "miss"],
    ["llmcache.wait", "coalesced"],
    ["llmcache.lookup", "hit"],
  ]);
  expect(ours[2]?.attributes).toMatchObject(charge("llmcache.saved"));
});

test("a call that fails is an error by its class; one that everyone left is none", async () => {
  const { cache, spans } = start(options);
  await cache.run(ask("hi"), () => Promise.reject(new RangeError("secret"))).catch(() => undefined);
  const controller = new AbortController();
  const left = cache.run(
    ask("?"),
    ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    {
      signal: controller.signal,
    },
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort();
  await left.catch(() => undefined);
  await cache.flush();
  const calls = spans().filter(({ name }) => name === "llmcache.call");
  expect(calls.map(({ attributes, status }) => [attributes["error.type"], status.code])).toEqual([
    ["RangeError", SpanStatusCode.ERROR],
    ["AbortError", SpanStatusCode.UNSET],
  ]);
});

test("neither prompt nor answer nor key is told, and the key where it is asked for", async () => {
  const call = ask("the secret prompt");
  const { cache, everything } = start(options);
  const { key = "" } = await cache.run(call, () => "the secret answer");
  await cache.flush();
  await cache.run(call, () => "not called");
  expect(await everything()).not.toMatch(/secret/);
  expect(await everything()).not.toContain(key);
  const open = start({ ...options, instrument: { keys: true } });
  await open.cache.run(call, () => "the secret answer");
  expect(open.spans().map(({ attributes }) => attributes["llmcache.key"])).toEqual([key, key]);
});

test("on a hit nothing is told as used, so that a sum of what was used is what was paid", async () => {
  const { cache, spans } = start(options);
  for (let index = 0; index < 3; index++) {
    await cache.run(ask("hi"), () => "answer");
    await cache.flush();
  }
  const used = spans().flatMap(({ attributes }) => attributes["gen_ai.usage.input_tokens"] ?? []);
  expect(used).toEqual([100]);
  const hits = spans().filter(({ attributes }) => attributes["llmcache.status"] === "hit");
  expect(hits.flatMap(({ attributes }) => Object.keys(attributes).filter((name) => name.includes("cache_")))).toEqual(
    [],
  );
});

test("either kind of span can be left out", async () => {
  const without = async (instrument: object) => {
    const { cache, spans } = start({ ...options, instrument });
    await cache.run(ask("hi"), () => "answer");
    return spans().map(({ name }) => name);
  };
  expect(await without({ callSpans: false })).toEqual(["llmcache.lookup"]);
  expect(await without({ lookUpSpans: false })).toEqual(["llmcache.call"]);
});

test("one instrumentation observes several caches", async () => {
  const { instrumentation, spans } = start();
  const caches = [memory(), memory()].map((backend) => new Cache({ backend, onEvent: instrumentation.onEvent }));
  for (const cache of caches) await cache.run(ask("hi"), () => "answer");
  expect(spans()).toHaveLength(4);
});
