import { type Backend, Cache, memory } from "@llmcache/core";
import type { Histogram } from "@opentelemetry/sdk-metrics";
import { describe, expect, test } from "vitest";
import { instrument } from "../src/index.ts";
import { ask, cost, prices, start, usage } from "./start.ts";

const usageOf = () => usage;

test("calls are counted by how they were answered, concurrent ones included", async () => {
  const { cache, measured } = start();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const all = Array.from({ length: 5 }, () => cache.run(ask("hi"), () => held.then(() => "answer")));
  release();
  await Promise.all(all);
  await cache.flush();
  await cache.run(ask("hi"), () => "not called");
  await cache.run(ask("hi"), () => "past", { noCache: true, noStore: true });
  const counted = (await measured("llmcache.calls")).map(({ attributes, value }) => [
    attributes["llmcache.status"],
    attributes["llmcache.source"] ?? attributes["llmcache.miss.reason"] ?? attributes["llmcache.bypass.reason"],
    value,
  ]);
  expect(counted).toEqual([
    ["miss", "absent", 1],
    ["coalesced", undefined, 4],
    ["hit", "memory", 1],
    ["bypass", "controls", 1],
  ]);
});

test("what was saved and what was paid add up, in tokens and in money", async () => {
  const { cache, measured } = start({ cache: { usageOf, prices } });
  const both = [cache.run(ask("hi"), async () => "answer"), cache.run(ask("hi"), async () => "answer")];
  await Promise.all(both);
  await cache.flush();
  await cache.run(ask("hi"), () => "not called");
  const model = { "gen_ai.operation.name": "chat", "gen_ai.response.model": "m" };
  const tokens = (value: number, type: string) => ({ attributes: { ...model, "gen_ai.token.type": type }, value });
  expect(await measured("llmcache.billed.tokens")).toEqual([tokens(100, "input"), tokens(20, "output")]);
  expect(await measured("llmcache.saved.tokens")).toEqual([tokens(200, "input"), tokens(40, "output")]);
  expect(await measured("llmcache.billed.cost")).toEqual([{ attributes: model, value: cost }]);
  expect(await measured("llmcache.saved.cost")).toEqual([{ attributes: model, value: cost * 2 }]);
});

test("look-ups, waits, calls of the model and entries are measured, calls that fail by their error", async () => {
  const { cache, measured } = start();
  const slow = async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return "answer";
  };
  await Promise.all([cache.run(ask("hi"), slow), cache.run(ask("hi"), slow)]);
  await cache.flush();
  await cache.run(ask("hi"), slow);
  await cache.run(ask("?"), () => Promise.reject(new RangeError("secret"))).catch(() => undefined);
  const histogram = async (name: string) => (await measured(name)).map(({ value }) => value as Histogram);
  const [miss, hit] = await histogram("llmcache.lookup.duration");
  expect([miss?.count, hit?.count]).toEqual([2, 1]);
  expect(hit?.sum).toBeLessThan(0.03);
  const [waited] = await histogram("llmcache.wait.duration");
  expect(waited?.sum).toBeGreaterThan(0.02);
  const calls = await measured("llmcache.call.duration");
  expect(calls.map(({ attributes }) => attributes["error.type"])).toEqual([undefined, "RangeError"]);
  const [answered] = await histogram("llmcache.call.duration");
  expect(answered?.sum).toBeGreaterThan(0.02);
  const [size] = await histogram("llmcache.entry.size");
  expect([size?.count, (size?.sum ?? 0) > 76]).toEqual([1, true]);
});

test("a store that fails is counted by its name and code, and its breaker is told while it lasts", async () => {
  const broken: Backend = {
    name: "broken",
    get: () => Promise.reject(new Error("refused: secret")),
    put: () => Promise.reject(new Error("refused: secret")),
    delete: async () => undefined,
  };
  const { cache, measured, everything, instrumentation } = start({ cache: { backend: broken } });
  expect(await measured("llmcache.breaker.state")).toEqual([]);
  for (let index = 0; index < 6; index++) await cache.run(ask(`${index}`), () => "answer");
  await cache.flush();
  const failed = (await measured("llmcache.errors")).find(
    ({ attributes }) => attributes["llmcache.store.operation"] === "get",
  );
  expect(failed?.attributes).toMatchObject({ "llmcache.source": "broken", "error.type": "BACKEND_FAILED" });
  expect(await measured("llmcache.breaker.state")).toContainEqual({
    attributes: { "llmcache.source": "broken", "llmcache.store.operations": "reads" },
    value: 2,
  });
  expect(await everything()).not.toContain("secret");
  const tell = (state: "half-open" | "closed") =>
    instrumentation.onEvent({ type: "breaker", backend: "broken", operations: "reads", state });
  const states = async () => (await measured("llmcache.breaker.state")).map(({ value }) => value);
  tell("half-open");
  expect(await states()).toEqual([1, 2]);
  instrumentation[Symbol.dispose]();
  tell("closed");
  expect(await states(), "nobody asks any more").toEqual([1, 2]);
});

test("what is not stored, and what makes room, is counted", async () => {
  const { cache, measured } = start({
    cache: { backend: memory({ maxEntries: 1 }), admit: (answer) => answer !== "no" },
  });
  await cache.run(ask("1"), () => "no");
  await cache.run(ask("2"), () => "yes");
  await cache.run(ask("3"), () => "yes");
  await cache.flush();
  expect(
    (await measured("llmcache.rejected")).map(({ attributes, value }) => [attributes["llmcache.reject.reason"], value]),
  ).toEqual([["not-admitted", 1]]);
  expect(await measured("llmcache.evicted")).toEqual([{ attributes: { "llmcache.source": "memory" }, value: 1 }]);
});

test("what the caller says of all of them is on each", async () => {
  const attributes = { "llmcache.namespace": "support" };
  const { cache, measured, spans } = start({ instrument: { attributes, currency: "EUR" } });
  await cache.run(ask("hi"), () => "answer");
  expect((await measured("llmcache.calls"))[0]?.attributes).toMatchObject(attributes);
  expect(spans().every((span) => span.attributes["llmcache.namespace"] === "support")).toBe(true);
});

test("without providers it tells the global ones, which tell nobody, and the cache goes on", async () => {
  const cache = new Cache({ backend: memory(), onEvent: instrument().onEvent });
  expect((await cache.run(ask("hi"), () => "answer")).value).toBe("answer");
});

describe("options of a wrong kind are refused by name:", () => {
  test.each([
    [{ key: true }, 'unknown option "key"'],
    [{ keys: "yes" }, "keys must be of type boolean, got a string"],
    [{ attributes: null }, "attributes must be of type object, got null"],
    [{ currency: 7 }, "currency must be of type string, got a number"],
  ])("%j", (options, message) => {
    expect(() => instrument(options as never)).toThrow(message);
  });
});
