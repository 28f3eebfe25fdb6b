import {
  AIMessage,
  type BaseMessage,
  getBufferString,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import type { Generation } from "@langchain/core/outputs";
import { tool } from "@langchain/core/tools";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { type ChatOpenAIFields, OpenAI } from "@langchain/openai";
import { Cache, memory } from "@llmcache/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { LangChainCache, type LangChainCacheOptions } from "../src/index.ts";
import { collect, heldBy, start, watchedStore } from "./start.ts";

const quiet: LangChainCacheOptions = { onWarning: () => {} };

/** LangChain itself says of a hit that it used nothing, and leaves the vendor's own figures as they were. */
function withoutUsage(message: BaseMessage): unknown {
  return { ...(heldBy(message) as object), usage: undefined };
}

for (const useResponsesApi of [false, true]) {
  const api = useResponsesApi ? "responses" : "chat";

  test(`invoke gets from a hit the message that it got from the miss (${api})`, async () => {
    const { connect, local, cache } = await start();
    const model = connect({ useResponsesApi, cache: new LangChainCache(cache) });
    const messages = [new SystemMessage("Be brief."), new HumanMessage("Why is the sky blue?")];
    const miss = await model.invoke(messages);
    await cache.flush();
    const hit = await model.invoke(messages);
    expect(hit).toBeInstanceOf(AIMessage);
    expect(withoutUsage(hit)).toEqual(withoutUsage(miss));
    expect(local.calls[api]).toBe(1);
  });
}

test("calls of tools and structured output are cached", async () => {
  const { connect, local, cache } = await start();
  const model = connect({ cache: new LangChainCache(cache) });
  const weather = tool(async () => "7", { name: "weather", schema: z.object({ city: z.string() }) });
  const withTools = model.bindTools([weather], { tool_choice: "required" });
  const structured = model.withStructuredOutput(z.object({ name: z.string() }));
  const run = async () => {
    const called = await withTools.invoke("The weather in Oslo?");
    const object = await structured.invoke("Describe a cat.");
    await cache.flush();
    return [withoutUsage(called), object];
  };
  const first = await run();
  expect(first[0]).toMatchObject({ calls: [{ name: "weather" }] });
  expect(await run()).toEqual(first);
  expect(local.calls.chat).toBe(2);
});

const outside: Record<string, { fields?: ChatOpenAIFields; options?: object }> = {
  web_search_options: { fields: { modelKwargs: { web_search_options: {} } } },
  plugins: { fields: { modelKwargs: { plugins: [{ id: "web" }] } } },
  "searching-model": { fields: { model: "gpt-4o-search-preview" } },
  previous_response_id: { fields: { useResponsesApi: true }, options: { previous_response_id: "r" } },
  "provider-tools": { fields: { useResponsesApi: true }, options: { tools: [{ type: "web_search_preview" }] } },
};

for (const [detail, { fields, options }] of Object.entries(outside)) {
  test(`a call whose answer depends on more than itself goes past the cache: ${detail}`, async () => {
    const { connect, local, cache, events } = await start();
    const warnings: string[] = [];
    const own = new LangChainCache(cache, { onWarning: (message) => warnings.push(message) });
    const model = connect({ ...fields, cache: own });
    for (let round = 0; round < 2; round++) {
      await model.invoke("?", options);
      await cache.flush();
    }
    expect(local.calls.chat + local.calls.responses).toBe(2);
    expect(cache.stats().stored).toBe(0);
    expect(events).toContainEqual({ type: "bypass", operation: "chat", reason: "caller", detail });
    // They are not what it warns of.
    expect(warnings).toEqual([]);
  });
}

test("a text in a parameter is not taken for a parameter", async () => {
  const { connect, local, cache } = await start();
  const model = connect({ cache: new LangChainCache(cache), stop: ['"a,plugins:[1],model:"x:online"'] });
  for (let round = 0; round < 2; round++) {
    await model.invoke("?");
    await cache.flush();
  }
  expect(local.calls.chat).toBe(1);
});

test("a batch is answered prompt by prompt; a stream is LangChain's own, and not cached", async () => {
  const { connect, local, cache } = await start();
  const model = connect({ cache: new LangChainCache(cache) });
  const first = await model.batch(["a", "b"]);
  await cache.flush();
  const second = await model.batch(["b", "a"]);
  expect(second.map(({ text }) => text)).toEqual(first.map(({ text }) => text).toReversed());
  expect(local.calls.chat).toBe(2);
  await collect(await model.stream("a"));
  expect(local.calls.chat).toBe(3);
});

test("a model that is not for chat is cached, whatever its prompt looks like", async () => {
  const { local, cache } = await start();
  const fields = {
    model: "gpt-3.5-turbo-instruct",
    apiKey: "k",
    maxTokens: 500,
    configuration: { baseURL: local.url },
  };
  const model = new OpenAI({ ...fields, cache: new LangChainCache(cache) });
  const prompt = "Human: [image]\nAI: ";
  const text = await model.invoke(prompt);
  await cache.flush();
  expect(await model.invoke(prompt)).toBe(text);
  expect(local.calls.completions).toBe(1);
});

const image = (type: string, more: object) =>
  new HumanMessage({
    content: [
      { type, ...more },
      { type: "text", text: "What is it?" },
    ],
  });
const called = new AIMessage({
  content: "",
  tool_calls: [
    { id: "a", name: "f", args: {} },
    { id: "b", name: "f", args: {} },
  ],
});
const result = (id: string, content: string) => new ToolMessage({ tool_call_id: id, content });

/** Pairs of prompts that are different and have the same text. */
const pairs: Record<string, readonly [readonly BaseMessage[], readonly BaseMessage[]]> = {
  "two images": [
    [image("image_url", { image_url: { url: "data:image/png;base64,AA==" } })],
    [image("image_url", { image_url: { url: "data:image/png;base64,AQ==" } })],
  ],
  "two files": [[image("file", { data: "AA==", mimeType: "a/b" })], [image("file", { data: "AQ==", mimeType: "a/b" })]],
  "two recordings": [
    [image("input_audio", { input_audio: { data: "A" } })],
    [image("input_audio", { input_audio: { data: "B" } })],
  ],
  "two documents of a vendor": [[image("document", { source: 1 })], [image("document", { source: 2 })]],
  "two results of a vendor": [[image("search_result", { source: 1 })], [image("search_result", { source: 2 })]],
  "two blocks of a vendor": [[image("guardContent", { x: 1 })], [image("guardContent", { x: 2 })]],
  "two orders of results": [
    [new HumanMessage("?"), called, result("a", "x"), result("b", "y")],
    [new HumanMessage("?"), called, result("b", "x"), result("a", "y")],
  ],
  "a conversation and its quotation": [
    [new HumanMessage("Hi"), new AIMessage("Hello"), new HumanMessage("?")],
    [new HumanMessage("Hi\nAI: Hello\nHuman: ?")],
  ],
};

for (const [name, [left, right]] of Object.entries(pairs)) {
  test(`prompts that share a text never share an answer: ${name}`, async () => {
    const warnings: string[] = [];
    const { connect, local, cache, events } = await start();
    const model = connect({ cache: new LangChainCache(cache, { onWarning: (message) => warnings.push(message) }) });
    expect(getBufferString([...left])).toBe(getBufferString([...right]));
    for (const messages of [left, right, left]) {
      await model.invoke([...messages]);
      await cache.flush();
    }
    expect(local.calls.chat).toBe(3);
    expect(cache.stats().stored).toBe(0);
    expect(warnings).toHaveLength(1);
    expect(events.filter(({ type }) => type === "bypass")).toHaveLength(3);
    expect(events[0]).toMatchObject({ type: "bypass", operation: "chat", reason: "caller" });
  });
}

test("brackets that hide nothing are cached", async () => {
  const { connect, local, cache } = await start();
  const model = connect({ cache: new LangChainCache(cache, { onWarning: expect.unreachable }) });
  for (let round = 0; round < 2; round++) {
    await model.invoke("What is a[i] in [1] of [this](https://page.test), [], [x y] and [A]?");
    await cache.flush();
  }
  expect(local.calls.chat).toBe(1);
});

const message = (fields: object) => new AIMessage(fields);
const stop = { response_metadata: { finish_reason: "stop" } };

const kept: Record<string, Generation> = {
  "a text": { text: "a", generationInfo: { finish_reason: "stop", logprobs: [{ token: "a" }] } },
  reasoning: {
    text: "a",
    message: message({ content: "a", additional_kwargs: { reasoning_content: "Hm." }, ...stop }),
  } as Generation,
  blocks: {
    text: "a",
    message: message({
      content: [
        { type: "reasoning", reasoning: "Hm." },
        { type: "text", text: "a", annotations: [{ url: "u" }] },
      ],
      ...stop,
    }),
  } as Generation,
  "what looks like LangChain's serialised objects": {
    text: "",
    message: message({
      content: "",
      tool_calls: [
        {
          id: "1",
          name: "f",
          args: { lc: 1, type: "constructor", id: ["langchain", "OpenAI"], kwargs: {} },
          type: "tool_call",
        },
      ],
      ...stop,
    }),
  } as Generation,
  usage: {
    text: "a",
    message: message({
      content: "a",
      id: "m",
      name: "n",
      usage_metadata: { input_tokens: 1, output_tokens: 2, total_tokens: 3, input_token_details: { cache_read: 1 } },
      ...stop,
    }),
  } as Generation,
};

for (const [name, generation] of Object.entries(kept)) {
  test(`a generation comes back as it was: ${name}`, async () => {
    const cache = new Cache({ backend: memory() });
    const own = new LangChainCache(cache);
    await own.update("Human: ?", "model", [generation]);
    await cache.flush();
    const found = await own.lookup("Human: ?", "model");
    expect(found).toEqual([generation]);
    expect(found?.[0]).not.toBe(generation);
    expect(await own.lookup("Human: ?", "model")).toEqual(found);
  });
}

const refused: Record<string, Generation[]> = {
  nothing: [],
  "an end for want of room": [{ text: "a", generationInfo: { finish_reason: "length" } }],
  "Anthropic's end for want of room": [
    { text: "a", message: message({ content: "a", response_metadata: { stop_reason: "max_tokens" } }) } as Generation,
  ],
  "an incomplete response": [
    { text: "a", message: message({ content: "a", response_metadata: { status: "incomplete" } }) } as Generation,
  ],
  "reasons that do not agree": [{ text: "a", generationInfo: { finish_reason: "stop", status: "failed" } }],
  "no reason": [{ text: "a" }],
  "an empty text": [{ text: "", generationInfo: { finish_reason: "stop" } }],
  "an empty message": [{ text: "", message: message({ content: "", ...stop }) } as Generation],
  "reasoning alone": [
    { text: "", message: message({ content: [{ type: "reasoning", reasoning: "Hm." }], ...stop }) } as Generation,
  ],
  "a refusal": [
    { text: "", message: message({ content: "", additional_kwargs: { refusal: "No." }, ...stop }) } as Generation,
  ],
  "what the vendor's tools had a part in": [
    {
      text: "a",
      message: message({ content: "a", additional_kwargs: { tool_outputs: [{ type: "web_search_call" }] }, ...stop }),
    } as Generation,
  ],
  "a search of the vendor's": [
    {
      text: "a",
      message: message({ content: [{ type: "server_tool_use" }, { type: "text", text: "a" }], ...stop }),
    } as Generation,
  ],
  "arguments that could not be read": [
    {
      text: "",
      message: message({ content: "", invalid_tool_calls: [{ name: "f", args: "{", id: "1" }], ...stop }),
    } as Generation,
  ],
  "one of two": [
    { text: "a", generationInfo: { finish_reason: "stop" } },
    { text: "b", generationInfo: { finish_reason: "length" } },
  ],
};

for (const [name, generations] of Object.entries(refused)) {
  test(`an answer is not stored: ${name}`, async () => {
    const cache = new Cache({ backend: memory() });
    const own = new LangChainCache(cache);
    await own.update("Human: ?", "model", generations);
    await cache.flush();
    expect(await own.lookup("Human: ?", "model")).toBeNull();
  });
}

test("admit takes the place of the rule", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new FakeListChatModel({ responses: ["one", "two"] });
  model.cache = new LangChainCache(cache, { admit: () => true });
  expect((await model.invoke("?")).text).toBe("one");
  await cache.flush();
  expect((await model.invoke("?")).text).toBe("one");
});

test("tenants do not see each other's answers, nor does another model or API key", async () => {
  const { connect, local, cache } = await start();
  const models = [
    connect({ cache: new LangChainCache(cache.scoped("one")) }),
    connect({ cache: new LangChainCache(cache.scoped("other")) }),
    connect({ cache: new LangChainCache(cache.scoped("other")), model: "gpt-4o" }),
    connect({ cache: new LangChainCache(cache.scoped("other")), apiKey: "another" }),
  ];
  for (const model of [...models, ...models]) {
    await model.invoke("?");
    await cache.flush();
  }
  expect(local.calls.chat).toBe(models.length);
});

test("what is stored is served while the model is down, and a store that is down is no error", async () => {
  const { connect, local, cache } = await start();
  const model = connect({ cache: new LangChainCache(cache) });
  const { text } = await model.invoke("?");
  await cache.flush();
  await local.close();
  expect((await model.invoke("?")).text).toBe(text);
  await expect(model.invoke("another")).rejects.toThrow();

  const other = await start({ cache: { backend: brokenStore() } });
  expect((await other.connect({ cache: new LangChainCache(other.cache) }).invoke("?")).text).not.toBe("");
  await other.cache.flush();
  expect(other.cache.stats().errors).toBeGreaterThan(0);
});

test("a stored value that is no answer of ours is a miss", async () => {
  const cache = new Cache({ backend: memory() });
  const own = new LangChainCache(cache, { controls: { key: "mine" } });
  for (const foreign of ["text", {}, [1], [{ text: "a", message: { type: "martian", data: {} } }]]) {
    await cache.put({ operation: "chat", params: {} }, foreign, { key: "mine" });
    expect(await own.lookup("Human: ?", "model")).toBeNull();
  }
});

test("no credential is in an entry or an event", async () => {
  const { store, written } = watchedStore();
  const { connect, cache, events } = await start({ cache: { backend: store, storeCalls: true } });
  await connect({ cache: new LangChainCache(cache, quiet) }).invoke("secret?");
  await cache.flush();
  expect(written.join("")).toContain("secret");
  expect(written.join("")).not.toContain("test-key");
  expect(JSON.stringify(events)).not.toMatch(/secret|test-key/);
});

test("options that are unknown or of a wrong type are refused by name", () => {
  const cache = new Cache({ backend: memory() });
  expect(() => new LangChainCache({} as never)).toThrow(/must be a Cache/);
  expect(() => new LangChainCache(cache, { ttl: 1 } as never)).toThrow(/unknown option "ttl"/);
  expect(() => new LangChainCache(cache, { admit: 1 } as never)).toThrow(
    /admit must be of type function, got a number/,
  );
  expect(() => new LangChainCache(cache, { controls: null } as never)).toThrow(
    /controls must be of type object, got null/,
  );
});

function brokenStore() {
  const fail = async () => {
    throw new Error("down");
  };
  return { name: "broken", get: fail, put: fail, delete: fail };
}
