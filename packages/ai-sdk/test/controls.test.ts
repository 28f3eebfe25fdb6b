import { createOpenAI } from "@ai-sdk/openai";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { Cache, type Call, memory, promptOf } from "@llmcache/core";
import { embed, generateText, streamText, wrapLanguageModel } from "ai";
import { expect, test } from "vitest";
import { type CacheCallOptions, cacheEmbeddingMiddleware, cacheMiddleware } from "../src/index.ts";
import { answer, ask, finish, outcomeOf, scripted, start, stream, textParts } from "./start.ts";

const own = (controls: object) => ({ providerOptions: { llmcache: controls } }) as Partial<LanguageModelV4CallOptions>;

test("the provider is not shown what is meant for the cache, and the key does not know it", async () => {
  const { model, calls, cache } = scripted({ result: answer(), parts: [...textParts("Hello."), finish] });
  await model.doGenerate(ask("?", own({ ttl: "5m", tags: ["a"] })));
  await cache.flush();
  expect(calls[0]).not.toHaveProperty("providerOptions");
  await model.doGenerate(ask("?"));
  await model.doGenerate(ask("?", { providerOptions: {} }));
  expect(calls).toHaveLength(1);
  const both = { providerOptions: { vendor: { a: 1 }, llmcache: { noCache: true } } };
  await stream(model, ask("?", both));
  expect(calls[1]?.providerOptions).toEqual({ vendor: { a: 1 } });
});

test("what a call says to the cache has a type that the AI SDK takes", async () => {
  const { chat } = await start();
  const said: CacheCallOptions = { ttl: "5m", tags: ["docs"] };
  const { finalStep } = await generateText({ model: chat, prompt: "?", providerOptions: { llmcache: said } });
  expect(outcomeOf(finalStep.providerMetadata)["status"]).toBe("miss");
});

test("a call controls its time to live, its reading and its storing", async () => {
  const { chat, local, cache, wait } = await start();
  const status = async (controls: object) => {
    const { finalStep } = await generateText({ model: chat, prompt: "?", ...own(controls) } as never);
    await cache.flush();
    return outcomeOf(finalStep.providerMetadata)["status"];
  };
  expect(await status({ noStore: true })).toBe("miss");
  expect(await status({ ttl: "1m" })).toBe("miss");
  expect(await status({})).toBe("hit");
  expect(await status({ noCache: true })).toBe("miss");
  expect(await status({ noCache: true, noStore: true })).toBe("bypass");
  expect(await status({ scope: "a" })).toBe("miss");
  expect(await status({ namespace: "b" })).toBe("miss");
  wait(30);
  expect(await status({ maxAge: 10 })).toBe("miss");
  expect(await status({ tags: ["t"], key: "k" })).toBe("miss");
  expect(await status({ tags: ["t"], key: "k" })).toBe("hit");
  await cache.invalidate(["t"]);
  expect(await status({ tags: ["t"], key: "k" })).toBe("miss");
  await expect(status({ onlyIfCached: true, key: "none" })).rejects.toMatchObject({ code: "CACHE_MISS" });
  expect(local.calls.chat).toBe(9);
});

test("an answer that has expired is asked for again", async () => {
  const { connect, local, cache, wait } = await start();
  const model = connect({ controls: { ttl: "1m" } });
  const run = async (): Promise<Record<string, unknown>> => {
    const { finalStep } = await generateText({ model, prompt: "?" });
    await cache.flush();
    return outcomeOf(finalStep.providerMetadata);
  };
  await run();
  wait(59);
  expect(await run()).toMatchObject({ status: "hit", age: 59, freshFor: 1 });
  wait(2);
  expect(await run()).toMatchObject({ status: "miss", age: 0 });
  expect(local.calls.chat).toBe(2);
});

for (const [name, controls, message] of [
  ["a misspelt control", { tll: 5 }, /providerOptions\.llmcache: unknown option "tll"; known are noCache, /],
  ["a control of a wrong type", { noCache: "yes" }, /noCache must be a boolean, got a string/],
  ["a control that is no duration", { ttl: "soon" }, /ttl/],
  ["controls that are no object", ["ttl"], /providerOptions\.llmcache: options must be an object, got an array/],
] as const) {
  test(`a call is refused, and the model not called, for ${name}`, async () => {
    const { model, calls } = scripted({ result: answer() });
    const params = ask("?", own(controls));
    await expect((async () => model.doGenerate(params))()).rejects.toThrow(message);
    await expect((async () => model.doStream(params))()).rejects.toThrow(message);
    expect(calls).toHaveLength(0);
  });
}

test("options that are unknown or of a wrong type are refused by name", () => {
  const cache = new Cache({ backend: memory() });
  expect(() => cacheMiddleware({} as never)).toThrow(/first argument must be a Cache/);
  expect(() => cacheMiddleware(cache, { headers: [] } as never)).toThrow(/unknown option "headers"/);
  expect(() => cacheMiddleware(cache, { admit: true } as never)).toThrow(
    /admit must be of type function, got a boolean/,
  );
  expect(() => cacheMiddleware(cache, { headersThatCount: "x" } as never)).toThrow(/headersThatCount/);
  expect(() => cacheMiddleware(cache, { controls: { tll: 1 } } as never)).toThrow(/controls: unknown option "tll"/);
  expect(() => cacheEmbeddingMiddleware(cache, { admit: () => true } as never)).toThrow(/unknown option "admit"/);
});

test("each parameter, the model and the provider count; the signal and headers do not, save those that are listed", async () => {
  const { model, calls, cache } = scripted({ result: answer() }, { options: { headersThatCount: ["X-Tenant"] } });
  const asks = async (params: LanguageModelV4CallOptions) => {
    const before = calls.length;
    await model.doGenerate(params);
    await cache.flush();
    return calls.length - before;
  };
  expect(await asks(ask("?"))).toBe(1);
  const counting: Partial<LanguageModelV4CallOptions>[] = [
    { temperature: 0 },
    { topP: 0.5 },
    { topK: 3 },
    { seed: 1 },
    { maxOutputTokens: 9 },
    { stopSequences: ["a"] },
    { presencePenalty: 1 },
    { frequencyPenalty: 1 },
    { reasoning: "high" },
    { toolChoice: { type: "none" } },
    { responseFormat: { type: "text" } },
    { providerOptions: { openai: { user: "u" } } },
    { headers: { "x-tenant": "a" } },
    { headers: { "x-tenant": "b" } },
    { newParameter: 1 } as object,
  ];
  for (const params of counting) expect(await asks(ask("?", params)), JSON.stringify(params)).toBe(1);
  for (const params of counting) expect(await asks(ask("?", params)), JSON.stringify(params)).toBe(0);
  const { signal } = new AbortController();
  for (const params of [
    { abortSignal: signal },
    { headers: { "user-agent": "x", traceparent: "y" } },
    { seed: undefined },
  ])
    expect(await asks(ask("?", params as object)), Object.keys(params)[0]).toBe(0);
  expect(await asks(ask("?", { headers: { "X-TENANT": "a" } }))).toBe(0);
});

test("a semantic tier finds the wording of the last user turn, and nothing else", async () => {
  const calls: Call[] = [];
  const keyOf = (call: Call) => void calls.push(call);
  const { chat } = await start({ cache: { keyOf } });
  await generateText({ model: chat, instructions: "Be brief.", prompt: "Why?" });
  const [call] = calls;
  expect(call && promptOf(call)?.prompt).toBe("Why?");
});

test("another model and another provider are another entry", async () => {
  const { local, cache, connect } = await start();
  const named = createOpenAI({ baseURL: local.url, apiKey: "k", name: "other" }).chat("gpt-4o-mini");
  const models = [
    connect(),
    connect({}, cache, "gpt-4o"),
    wrapLanguageModel({ model: named, middleware: cacheMiddleware(cache) }),
  ];
  const keys: unknown[] = [];
  for (const model of models)
    keys.push(outcomeOf((await generateText({ model, prompt: "?" })).finalStep.providerMetadata)["key"]);
  expect(new Set(keys).size).toBe(3);
  expect(local.calls.chat).toBe(3);
});

const past: Record<string, Partial<LanguageModelV4CallOptions>> = {
  "provider-tools": { tools: [{ type: "provider", id: "openai.web_search", name: "web_search", args: {} }] },
  previousResponseId: { providerOptions: { openai: { previousResponseId: "r" } } },
  conversation: { providerOptions: { azure: { conversation: "c" } } },
  container: { providerOptions: { anthropic: { container: { id: "c" } } } },
  cachedContent: { providerOptions: { google: { cachedContent: "cachedContents/1" } } },
  searchParameters: { providerOptions: { xai: { searchParameters: { mode: "auto" } } } },
  web_search_options: { providerOptions: { perplexity: { web_search_options: {} } } },
  data_sources: { providerOptions: { azure: { data_sources: [{ type: "azure_search" }] } } },
  plugins: { providerOptions: { openrouter: { plugins: [{ id: "web" }] } } },
  "searching-model": { providerOptions: { openrouter: { models: ["a/b", "a/b:online"] } } },
  mcpServers: { providerOptions: { anthropic: { mcpServers: [] } } },
};

for (const [detail, params] of Object.entries(past)) {
  test(`a call goes past the cache, and an event says so: ${detail}`, async () => {
    const events: object[] = [];
    const cache = new Cache({ backend: memory(), onEvent: (event) => events.push(event) });
    const { model, calls } = scripted({ result: answer(), parts: [...textParts("Hello."), finish] }, { cache });
    for (let round = 0; round < 2; round++) {
      expect(outcomeOf((await model.doGenerate(ask("?", params))).providerMetadata)).toEqual({
        status: "bypass",
        age: 0,
      });
      await stream(model, ask("?", params));
    }
    expect(calls).toHaveLength(4);
    expect(events).toContainEqual({ type: "bypass", operation: "chat", reason: "caller", detail });
  });
}

test("a model that searches by itself goes past the cache, and a search that is off does not", async () => {
  const { connect, local, cache } = await start();
  for (const name of ["gpt-4o-search-preview", "openai/gpt-4o:online", "perplexity/sonar-pro", "groq/compound"]) {
    const model = connect({}, cache, name);
    for (let round = 0; round < 2; round++) {
      const { finalStep } = await generateText({ model, prompt: "?" });
      expect(outcomeOf(finalStep.providerMetadata)["status"]).toBe("bypass");
    }
  }
  expect(local.calls.chat).toBe(8);
  const { model } = scripted({ result: answer() });
  const off = ask("?", { providerOptions: { alibaba: { enableSearch: false } } });
  expect(outcomeOf((await model.doGenerate(off)).providerMetadata)["status"]).toBe("miss");
});

test("no event holds a prompt or a credential", async () => {
  const { chat, embedding, events } = await start();
  await generateText({ model: chat, prompt: "my secret prompt" });
  await streamText({ model: chat, prompt: "my secret prompt" }).text;
  await embed({ model: embedding, value: "my secret prompt" });
  expect(events.length).toBeGreaterThan(0);
  expect(JSON.stringify(events)).not.toMatch(/secret|test-key/);
});
