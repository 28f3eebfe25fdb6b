import { AIMessage, AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { Cache, type Call, memory, promptOf } from "@llmcache/core";
import { expect, test } from "vitest";
import { z } from "zod";
import type { ChatOpenAIFields } from "@langchain/openai";
import { cacheChatModel, LangChainCache } from "../src/index.ts";
import { collect, heldBy, joined, outcomeOf, start, watchedStore } from "./start.ts";

const weather = tool(async ({ city }: { city: string }) => `7 degrees in ${city}`, {
  name: "weather",
  description: "The weather of a city",
  schema: z.object({ city: z.string() }),
});

for (const useResponsesApi of [false, true]) {
  const api = useResponsesApi ? "responses" : "chat";

  test(`invoke gets from a hit the message that it got from the miss (${api})`, async () => {
    const { connect, local, cache } = await start();
    const model = cacheChatModel(connect({ useResponsesApi }), cache);
    const miss = await model.invoke("Why is the sky blue?");
    await cache.flush();
    const hit = await model.invoke("Why is the sky blue?");
    expect(heldBy(hit)).toEqual(heldBy(miss));
    expect(heldBy(hit)).toMatchObject({ usage: { total_tokens: expect.any(Number) } });
    expect(outcomeOf(miss)["status"]).toBe("miss");
    expect(outcomeOf(hit)).toMatchObject({ status: "hit", source: "memory", age: 0, key: outcomeOf(miss)["key"] });
    expect(local.calls[api]).toBe(1);
  });

  test(`stream gets from a hit the chunks that it got from the miss (${api})`, async () => {
    const { connect, local, cache } = await start();
    const model = cacheChatModel(connect({ useResponsesApi }), cache);
    const miss = await collect(await model.stream("Why is the sky blue?"));
    await cache.flush();
    const hit = await collect(await model.stream("Why is the sky blue?"));
    expect(hit.map(heldBy)).toEqual(miss.map(heldBy));
    expect(hit.length).toBeGreaterThan(2);
    expect(hit.every((chunk) => AIMessageChunk.isInstance(chunk))).toBe(true);
    expect(outcomeOf(hit[0] as AIMessageChunk)["status"]).toBe("hit");
    expect(local.calls[api]).toBe(1);
  });

  test(`calls of tools are cached, whole and streamed, and so are the answers to their results (${api})`, async () => {
    const { connect, local, cache } = await start();
    const model = cacheChatModel(connect({ useResponsesApi }), cache).bindTools([weather]);
    local.update({ answer: { toolCalls: [{ name: "weather", arguments: { city: "Oslo" } }] } });
    const run = async () => {
      const question = new HumanMessage("What is the weather in Oslo?");
      const called = await model.invoke([question]);
      const chunks = await collect(await model.stream([question]));
      const results = await Promise.all(
        (called.tool_calls ?? []).map((call) => weather.invoke(call) as Promise<ToolMessage>),
      );
      if (results.length > 0) local.update({ answer: undefined });
      const answer = await model.invoke([question, called, ...results]);
      await cache.flush();
      return [called, ...chunks, answer].map(heldBy);
    };
    const first = await run();
    expect(first[0]).toMatchObject({ calls: [{ name: "weather", args: { city: "Oslo" } }] });
    const calls = local.calls[api];
    expect(await run()).toEqual(first);
    expect(local.calls[api]).toBe(calls);
  });
}

test("structured output is cached", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache).withStructuredOutput(z.object({ name: z.string(), age: z.number() }));
  const first = await model.invoke("Describe a cat.");
  await cache.flush();
  expect(await model.invoke("Describe a cat.")).toEqual(first);
  expect(first).toEqual({ name: expect.any(String), age: expect.any(Number) });
  expect(local.calls.chat).toBe(1);
});

test("a batch pays for each distinct prompt once, and keeps its order", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  await model.invoke("b");
  await cache.flush();
  const texts = (await model.batch(["a", "b", "c", "a"])).map(({ text }) => text);
  expect(texts[0]).toBe(texts[3]);
  expect(new Set(texts).size).toBe(3);
  expect(local.calls.chat).toBe(3);
  const { generations } = await model.generate(
    [["c"], ["d"], ["b"]].map((texts_) => texts_.map((text) => new HumanMessage(text))),
  );
  expect([generations[0]?.[0]?.text, generations[2]?.[0]?.text]).toEqual([texts[2], texts[1]]);
});

test("everything in the messages counts, and nothing that is new each time", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  const image = (url: string) => new HumanMessage({ content: [{ type: "image_url", image_url: { url } }] });
  const call = (id: string) => ({ id, name: "weather", args: {} });
  const results = (first: string, second: string) => [
    new HumanMessage("?"),
    new AIMessage({ content: "", tool_calls: [call("a"), call("b")] }),
    new ToolMessage({ tool_call_id: first, content: "x" }),
    new ToolMessage({ tool_call_id: second, content: "y" }),
  ];
  const conversations = [
    [image("data:image/png;base64,AA==")],
    [image("data:image/png;base64,AQ==")],
    results("a", "b"),
    results("b", "a"),
    [new HumanMessage("Hi\nAI: Hello\nHuman: ?")],
    [new HumanMessage("Hi"), new AIMessage("Hello"), new HumanMessage("?")],
    [new HumanMessage({ content: "hi", name: "bob" })],
    [new HumanMessage("bob, hi")],
    [new SystemMessage("hi")],
  ];
  for (const messages of [...conversations, ...conversations]) {
    await model.invoke(messages);
    await cache.flush();
  }
  expect(local.calls.chat).toBe(conversations.length);
  await model.invoke([new HumanMessage({ content: "hi", name: "bob", id: crypto.randomUUID() })]);
  await model.invoke([new SystemMessage("hi")], { signal: new AbortController().signal });
  expect(local.calls.chat).toBe(conversations.length);
  const { response_metadata: told } = await model.invoke("Hi");
  await cache.flush();
  const answered = (metadata: object) => [
    new HumanMessage("Hi"),
    new AIMessage({ content: "Hello", response_metadata: { ...told, ...metadata } }),
  ];
  const before = local.calls.chat;
  await model.invoke([...answered({}), new HumanMessage("?")]);
  await cache.flush();
  await model.invoke([...answered({ llmcache: { status: "hit" } }), new HumanMessage("?")]);
  expect(local.calls.chat).toBe(before + 1);
});

test("the model, its parameters, the call's and the tools count", async () => {
  const { connect, local, cache } = await start();
  const models = [
    cacheChatModel(connect(), cache),
    cacheChatModel(connect({ model: "gpt-4o" }), cache),
    cacheChatModel(connect({ temperature: 0 }), cache),
    cacheChatModel(connect({ apiKey: "another" }), cache),
    cacheChatModel(connect(), cache).bindTools([weather]),
    cacheChatModel(connect(), cache).withConfig({ stop: ["x"] }),
  ];
  for (const model of [...models, ...models]) {
    await model.invoke("?");
    await cache.flush();
  }
  expect(local.calls.chat).toBe(models.length);
});

test("a semantic tier finds the wording of the last user turn, and none where there is only LangChain's text", async () => {
  const calls: Call[] = [];
  const keyOf = (call: Call) => void calls.push(call);
  const { connect, cache } = await start({ cache: { keyOf } });
  const messages = [new SystemMessage("Be brief."), new HumanMessage("Why?")];
  await cacheChatModel(connect(), cache).invoke(messages);
  await connect({ cache: new LangChainCache(cache) }).invoke(messages);
  const found = calls.map((call) => promptOf(call)?.prompt);
  expect(found[0]).toBe("Why?");
  expect(found.at(-1)).toBeUndefined();
});

test("neither prompt nor credential is in an event, and no credential in an entry", async () => {
  const { store, written } = watchedStore();
  const { connect, cache, events } = await start({ cache: { backend: store, storeCalls: true } });
  await cacheChatModel(connect(), cache).invoke("my secret prompt");
  await cache.flush();
  expect(JSON.stringify(events)).not.toMatch(/secret|test-key/);
  expect(written.join("")).toContain("secret");
  expect(written.join("")).not.toContain("test-key");
});

test("concurrent identical calls cost one call of the model, streams included", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  local.update({ beforeEvent: () => held });
  const whole = Promise.all(Array.from({ length: 10 }, () => model.invoke("All at once?")));
  const streams = Promise.all(Array.from({ length: 10 }, async () => collect(await model.stream("All at once?"))));
  await joined(cache, 18);
  release();
  expect(new Set((await whole).map(({ text }) => text)).size).toBe(1);
  expect(new Set((await streams).map((chunks) => JSON.stringify(chunks.map(({ text }) => text)))).size).toBe(1);
  expect(local.calls.chat).toBe(2);
});

test("one of several callers aborts alone; the last one ends the model's work", { timeout: 30_000 }, async () => {
  const { connect, local, cache } = await start({ behaviour: { failure: { kind: "hang" } } });
  const model = cacheChatModel(connect(), cache);
  const [first, second] = [new AbortController(), new AbortController()];
  const one = model.invoke("?", { signal: first.signal });
  const two = model.invoke("?", { signal: second.signal });
  await joined(cache, 1);
  await expect.poll(() => local.calls.chat, { timeout: 10_000 }).toBe(1);
  first.abort();
  await expect(one).rejects.toThrow();
  expect(local.calls.aborted).toBe(0);
  second.abort();
  await expect(two).rejects.toThrow();
  await expect.poll(() => local.calls.aborted, { timeout: 10_000 }).toBe(1);
});

test("callbacks are told the tokens of a stream, and the end, of a hit as of a miss", async () => {
  const { connect, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  const told = async () => {
    const tokens: string[] = [];
    const ends: unknown[] = [];
    const callbacks = [
      { handleLLMNewToken: (token: string) => void tokens.push(token), handleLLMEnd: () => void ends.push(1) },
    ];
    const chunks = await collect(await model.stream("?", { callbacks }));
    await cache.flush();
    expect(tokens).toEqual(chunks.map(({ text }) => text));
    expect(ends).toHaveLength(1);
    return tokens;
  };
  const miss = await told();
  expect(await told()).toEqual(miss);
});

test("streamEvents comes from the cache", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  for (let round = 0; round < 2; round++) {
    const names = (await collect(model.streamEvents("?"))).map(({ event }) => event);
    expect(names).toContain("content-block-delta");
    await cache.flush();
  }
  expect(local.calls.chat).toBe(1);
});

for (const [name, answer] of Object.entries({
  "cut off by its length": { finishReason: "length" },
  filtered: { finishReason: "content_filter" },
  refused: { refusal: "No." },
  empty: { text: "" },
} as const)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    const { connect, cache } = await start({ behaviour: { answer } });
    const model = cacheChatModel(connect(), cache);
    await model.invoke("?");
    await collect(await model.stream("?"));
    await cache.flush();
    expect(cache.stats()).toMatchObject({ stored: 0, rejected: 2 });
  });
}

for (const kind of ["cut", "reset", "error-event", "malformed"] as const) {
  test(`a stream that breaks is not stored: ${kind}`, async () => {
    const { connect, cache } = await start({ behaviour: { failure: { kind, afterEvents: 3 } } });
    // A runtime may tell of it before any chunk.
    await cacheChatModel(connect(), cache)
      .stream("?")
      .then(collect)
      .catch(() => []);
    await cache.flush();
    expect(cache.stats().stored).toBe(0);
  });
}

const past: Record<string, object> = {
  "provider-tools": { tools: [{ type: "web_search_preview" }] },
  previous_response_id: { previous_response_id: "r" },
};

for (const [detail, options] of Object.entries(past)) {
  test(`a call goes past the cache, and an event says so: ${detail}`, async () => {
    const { connect, local, cache, events } = await start();
    const model = cacheChatModel(connect({ useResponsesApi: true }), cache);
    for (let round = 0; round < 2; round++) {
      expect(outcomeOf(await model.invoke("?", options))["status"]).toBe("bypass");
      expect((await collect(await model.stream("?", options))).length).toBeGreaterThan(1);
      await cache.flush();
    }
    expect(local.calls.responses).toBe(4);
    expect(events).toContainEqual({ type: "bypass", operation: "chat", reason: "caller", detail });
  });
}

const searching: Record<string, ChatOpenAIFields> = {
  web_search_options: { modelKwargs: { web_search_options: {} } },
  plugins: { modelKwargs: { plugins: [{ id: "web" }] } },
  data_sources: { modelKwargs: { data_sources: [{ type: "azure_search" }] } },
  search_parameters: { modelKwargs: { search_parameters: { mode: "auto" } } },
  "searching-model": { model: "gpt-4o-search-preview" },
};

for (const [detail, fields] of Object.entries(searching)) {
  test(`a model that reads what is different tomorrow goes past the cache: ${detail}`, async () => {
    const { connect, local, cache, events } = await start();
    const model = cacheChatModel(connect(fields), cache);
    for (let round = 0; round < 2; round++) expect(outcomeOf(await model.invoke("?"))["status"]).toBe("bypass");
    expect(local.calls.chat).toBe(2);
    expect(events).toContainEqual({ type: "bypass", operation: "chat", reason: "caller", detail });
  });
}

test("what only a call's options say of a source counts as well, and a search that is off does not", async () => {
  const { connect, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  const status = async (options: object) => outcomeOf(await model.invoke("?", options))["status"];
  expect(await status({ cachedContent: "cachedContents/1" })).toBe("bypass");
  expect(await status({ models: ["a/b", "a/b:online"] })).toBe("bypass");
  expect(await status({ enableSearch: false })).toBe("miss");
});

test("a call whose options are no JSON goes past the cache, and is no error", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache);
  for (let round = 0; round < 2; round++)
    expect(outcomeOf(await model.invoke("?", { own: 1n } as object))["status"]).toBe("bypass");
  expect(local.calls.chat).toBe(2);
});

test("tenants do not see each other's answers", async () => {
  const { connect, local, cache } = await start();
  const one = cacheChatModel(connect(), cache.scoped("one"));
  const other = cacheChatModel(connect(), cache.scoped("other"));
  await one.invoke("?");
  await cache.flush();
  expect(outcomeOf(await other.invoke("?"))["status"]).toBe("miss");
  expect(local.calls.chat).toBe(2);
});

test("a stale answer takes the place of a model that is down, and of no error that trying again would not mend", async () => {
  const { connect, local, cache, wait } = await start();
  const model = cacheChatModel(connect(), cache, { controls: { ttl: "1m", staleIfError: "1h" } });
  const { text } = await model.invoke("?");
  const streamed = (await collect(await model.stream("?"))).map((chunk) => chunk.text);
  await cache.flush();
  wait(120);
  local.update({ failure: { kind: "status", status: 503 } });
  const stale = await model.invoke("?");
  expect(stale.text).toBe(text);
  expect(outcomeOf(stale)).toMatchObject({ status: "stale", age: 120 });
  expect((await collect(await model.stream("?"))).map((chunk) => chunk.text)).toEqual(streamed);
  local.update({ failure: { kind: "status", status: 401 } });
  await expect(model.invoke("?")).rejects.toMatchObject({ status: 401 });
  await expect((async () => collect(await model.stream("?")))()).rejects.toMatchObject({ status: 401 });
  await expect(cacheChatModel(connect(), cache).invoke("another")).rejects.toMatchObject({ status: 401 });
});

test("a model without streaming, and one that gives no reason for its end, are cached where the caller admits it", async () => {
  const cache = new Cache({ backend: memory() });
  const fake = () => new FakeListChatModel({ responses: ["one", "two"] });
  const strict = cacheChatModel(fake(), cache);
  expect((await strict.invoke("?")).text).toBe("one");
  await cache.flush();
  expect((await strict.invoke("?")).text).toBe("two");
  const open = cacheChatModel(fake(), cache, { admit: ([generation]) => generation?.text !== "" });
  expect((await open.invoke("?")).text).toBe("one");
  await cache.flush();
  expect((await open.invoke("?")).text).toBe("one");
});

test("a stored value that is no answer of ours is a miss", async () => {
  const { connect, local, cache } = await start();
  const model = cacheChatModel(connect(), cache, { controls: { key: "mine" } });
  const foreign = [
    "text",
    { generations: "x" },
    { generations: [{ text: "x", message: { type: "martian", data: {} } }] },
    [1],
  ];
  for (const value of foreign) {
    await cache.put({ operation: "chat", params: {} }, value, { key: "mine" });
    await model.invoke("?");
    await cache.put({ operation: "chat", params: {} }, value, { key: "mine" });
    await collect(await model.stream("?"));
  }
  expect(local.calls.chat).toBe(2 * foreign.length);
});

test("what cannot be wrapped is refused by name", async () => {
  const { connect, cache } = await start();
  expect(() => cacheChatModel({} as never, cache)).toThrow(/must be a BaseChatModel/);
  expect(() => cacheChatModel(connect(), {} as never)).toThrow(/must be a Cache/);
  expect(() => cacheChatModel(connect(), cache, { ttl: 5 } as never)).toThrow(/unknown option "ttl"/);
  expect(() => cacheChatModel(connect(), cache, { admit: true } as never)).toThrow(/admit must be of type function/);
  expect(() => cacheChatModel(cacheChatModel(connect(), cache), cache)).toThrow(/cached already/);
});
