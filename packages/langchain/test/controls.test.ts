import { ChatPromptTemplate } from "@langchain/core/prompts";
import { RunnableLambda } from "@langchain/core/runnables";
import { type BaseMessage, HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import type { CacheControls } from "@llmcache/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { cacheChatModel } from "../src/index.ts";
import { collect, outcomeOf, start } from "./start.ts";

const say = (llmcache: CacheControls) => ({ metadata: { llmcache } });

test("a call controls its time to live, its reading and its storing", async () => {
  const { connect, local, cache, wait } = await start();
  const model = cacheChatModel(connect(), cache);
  const status = async (controls: CacheControls) => {
    const message = await model.invoke("?", say(controls));
    await cache.flush();
    return outcomeOf(message)["status"];
  };
  expect(await status({ noStore: true })).toBe("miss");
  expect(await status({ ttl: "1m" })).toBe("miss");
  expect(await status({})).toBe("hit");
  expect(await status({ noCache: true })).toBe("miss");
  expect(await status({ noCache: true, noStore: true })).toBe("bypass");
  expect(await status({ namespace: "b" })).toBe("miss");
  wait(30);
  expect(await status({ maxAge: 10 })).toBe("miss");
  expect(await status({ tags: ["t"], key: "k" })).toBe("miss");
  expect(await status({ tags: ["t"], key: "k" })).toBe("hit");
  await cache.invalidate(["t"]);
  expect(await status({ tags: ["t"], key: "k" })).toBe("miss");
  await expect(status({ onlyIfCached: true, key: "none" })).rejects.toMatchObject({ code: "CACHE_MISS" });
  expect(local.calls.chat).toBe(8);
});

test("what a call says to the cache is no part of its key, and goes before what the model's options say", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache, { controls: { scope: "one", ttl: "1h" } });
  const keyOf = async (options: object) => {
    const message = await model.invoke("?", options);
    await cache.flush();
    return outcomeOf(message)["key"];
  };
  const keys = [
    await keyOf({}),
    await keyOf(say({ tags: ["a"], staleIfError: "1h" })),
    await keyOf(say({ scope: undefined })),
    await keyOf({ metadata: { user: "u" } }),
  ];
  expect(new Set(keys).size).toBe(1);
  expect(local.calls.chat).toBe(1);
  await keyOf(say({ scope: "other" }));
  expect(local.calls.chat).toBe(2);
});

type Model = ReturnType<Awaited<ReturnType<typeof start>>["connect"]>;

const weather = tool(async () => "7", { name: "weather", schema: z.object({ city: z.string() }) });
const template = ChatPromptTemplate.fromMessages([["human", "{question}"]]);

/** The ways to a model, each with what is said of the run. */
const ways: Record<string, (model: Model, run: ReturnType<typeof say>) => Promise<BaseMessage | undefined>> = {
  invoke: (model, run) => model.invoke("?", run),
  stream: async (model, run) => (await collect(await model.stream("?", run)))[0],
  batch: async (model, run) => (await model.batch(["?"], [run]))[0],
  generate: async (model, run) => {
    const { generations } = await model.generate([[new HumanMessage("?")]], run);
    return (generations[0]?.[0] as { message?: BaseMessage } | undefined)?.message;
  },
  withConfig: (model, run) => model.withConfig(run).invoke("?"),
  "withConfig, of a call's options": (model, run) => model.withConfig({ stop: ["x"] }).invoke("?", run),
  bindTools: (model, run) => model.bindTools([weather]).invoke("?", run),
  "a chain": (model, run) => template.pipe(model).invoke({ question: "?" }, run),
  "a chain that streams": async (model, run) =>
    (await collect(await template.pipe(model).stream({ question: "?" }, run)))[0],
  "a function in a chain": (model, run) =>
    RunnableLambda.from(async (question: string, config) => model.invoke(question, config)).invoke("?", run),
  "a call with callbacks": (model, run) => model.invoke("?", { ...run, callbacks: [{ handleLLMEnd: () => {} }] }),
};

for (const [name, ask] of Object.entries(ways)) {
  test(`a scope keeps tenants apart, however the model is asked: ${name}`, async () => {
    const { connect, local, cache } = await start();
    const model = cacheChatModel(connect(), cache);
    const statuses: unknown[] = [];
    for (const scope of ["one", "other", "one"]) {
      const message = await ask(model, say({ scope }));
      await cache.flush();
      statuses.push(message && outcomeOf(message)["status"]);
    }
    expect(statuses).toEqual(["miss", "miss", "hit"]);
    expect(local.calls.chat).toBe(2);
  });
}

test("streamEvents takes a scope too", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  for (const scope of ["one", "other", "one"]) {
    await collect(model.streamEvents("?", say({ scope })));
    await cache.flush();
  }
  expect(local.calls.chat).toBe(2);
});

test("a control that is unknown, of a wrong type, or out of its place is refused by name before the model is asked", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  const wrong: [object, RegExp][] = [
    [{ metadata: { llmcache: { maxage: 5 } } }, /metadata\.llmcache: unknown option "maxage"; known are noCache/],
    [{ metadata: { llmcache: "5m" } }, /metadata\.llmcache: options must be an object/],
    [{ metadata: { llmcache: { tags: "a" } } }, /tags/],
    [{ llmcache: { scope: "one" } }, /belongs in its metadata/],
  ];
  for (const [options, message] of wrong) {
    await expect(model.invoke("?", options)).rejects.toThrow(message);
    await expect(model.invoke("?", options)).rejects.toThrow(TypeError);
    await expect(model.stream("?", options).then(collect)).rejects.toThrow(message);
  }
  expect(local.calls.chat).toBe(0);
});
