import { expect, test } from "vitest";
import { cachedFetch } from "../src/index.ts";
import { ask, collect, completion, eventStream, json, post, scripted, start } from "./start.ts";

const url = "https://models.test/v1/chat/completions";

const chunk = (delta: object, finishReason: string | null = null, index = 0) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index, delta, finish_reason: finishReason }] })}\n\n`;
const done = "data: [DONE]\n\n";
const hello = chunk({ role: "assistant", content: "Hello." });
const stop = chunk({}, "stop");

/** Asks twice, and tells how often the upstream was asked, and what was seen. */
async function askTwice(
  response: () => Response,
  body: object,
): Promise<{ asked: number; texts: string[]; responses: Response[] }> {
  const { cache } = await start();
  const { fetch, requests } = scripted(response);
  const cached = cachedFetch(cache, { fetch });
  const responses: Response[] = [];
  const texts: string[] = [];
  for (let round = 0; round < 2; round++) {
    const received = await cached(url, post(body));
    responses.push(received);
    texts.push(await received.text());
    await cache.flush();
  }
  return { asked: requests.length, texts, responses };
}

const incomplete: Record<string, unknown> = {
  "cut off by its length": completion({}, { finish_reason: "length" }),
  filtered: completion({}, { finish_reason: "content_filter" }),
  "without a reason to end": completion({}, { finish_reason: null }),
  refused: completion({}, { message: { role: "assistant", content: null, refusal: "No." } }),
  empty: completion({}, { message: { role: "assistant", content: "" } }),
  "empty but for its reasoning": completion(
    {},
    { message: { role: "assistant", content: null, reasoning_content: "Hm." } },
  ),
  "without a choice": completion({ choices: [] }),
  "an error in place of choices": { error: { message: "overloaded" } },
  "an error beside choices": completion({ error: { message: "provider failed" } }),
  "an error in a choice": completion({}, { error: { message: "provider failed" } }),
  "no object": [1],
};

for (const [name, body] of Object.entries(incomplete)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    const { asked, texts } = await askTwice(() => json(body), ask("?"));
    expect(asked).toBe(2);
    expect(texts[1]).toBe(JSON.stringify(body));
  });
}

test("an answer is not stored when one of its choices is incomplete, or missing", async () => {
  const choice = (index: number, finishReason: string) => ({
    index,
    message: { content: "a" },
    finish_reason: finishReason,
  });
  const cut = completion({ choices: [choice(0, "stop"), choice(1, "length")] });
  expect((await askTwice(() => json(cut), { ...ask("?"), n: 2 })).asked).toBe(2);
  const lacking = completion({ choices: [choice(0, "stop")] });
  expect((await askTwice(() => json(lacking), { ...ask("?"), n: 2 })).asked).toBe(2);
  const whole = completion({ choices: [choice(0, "stop"), choice(1, "stop")] });
  expect((await askTwice(() => json(whole), { ...ask("?"), n: 2 })).asked).toBe(1);
});

const complete: Record<string, Record<string, unknown>> = {
  stop: {},
  tool_calls: {
    finish_reason: "tool_calls",
    message: { content: null, tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] },
  },
  function_call: {
    finish_reason: "function_call",
    message: { content: null, function_call: { name: "f", arguments: "{}" } },
  },
};

for (const [name, choice] of Object.entries(complete)) {
  test(`an answer that ends with ${name} is stored`, async () => {
    expect((await askTwice(() => json(completion({}, choice)), ask("?"))).asked).toBe(1);
  });
}

test("numbers come back as they were spelled", async () => {
  const body =
    '{"choices":[{"finish_reason":"stop","message":{"content":"a"},"p":-1.0E-2,"big":12345678901234567890, "one" : 1.0}]}';
  const { asked, texts } = await askTwice(() => json(body), ask("?"));
  expect(asked).toBe(1);
  expect(texts).toEqual([body, body]);
});

test("a body that is no JSON, or no text, is passed on and not stored", async () => {
  const html = "<html>a proxy's page</html>";
  const page = await askTwice(() => new Response(html, { headers: { "content-type": "text/html" } }), ask("?"));
  expect(page).toMatchObject({ asked: 2, texts: [html, html] });
  const { cache } = await start();
  const bytes = new Uint8Array([0xff, 0xfe, 0x00, 0x80]);
  const { fetch, requests } = scripted(() => new Response(bytes));
  const cached = cachedFetch(cache, { fetch });
  expect(new Uint8Array(await (await cached(url, post(ask("?")))).arrayBuffer())).toEqual(bytes);
  await Promise.all([cached(url, post(ask("?"))), cached(url, post(ask("?")))]);
  expect(requests.length).toBeGreaterThan(1);
});

for (const status of [201, 202, 204, 301, 400, 401, 403, 404, 413, 422, 429, 500, 503, 529]) {
  test(`a response with status ${status} is passed on as it is and not stored`, async () => {
    const body = status === 204 ? null : '{"error":{"message":"no"}}';
    const headers = { "retry-after": "7", "x-should-retry": "false", "content-type": "application/json" };
    for (const stream of [false, true]) {
      const { asked, responses, texts } = await askTwice(
        () => new Response(body, { status, statusText: "As it was", headers }),
        { ...ask("?"), stream },
      );
      expect(asked).toBe(2);
      expect(texts).toEqual([body ?? "", body ?? ""]);
      expect(responses[1]).toMatchObject({ status, statusText: "As it was" });
      expect(responses[1]?.headers.get("retry-after")).toBe("7");
      expect(responses[1]?.headers.get("x-should-retry")).toBe("false");
    }
  });
}

const broken: Record<string, string[]> = {
  "it lacks its end event": [hello, stop],
  "its end event is cut": [hello, stop, "data: [DONE]"],
  "its end event has no blank line": [hello, stop, "data: [DONE]\n"],
  "it was cut off by its length": [hello, chunk({}, "length"), done],
  "it was filtered": [hello, chunk({}, "content_filter"), done],
  "no reason to end came": [hello, done],
  "it is empty": [chunk({ role: "assistant", content: "" }), stop, done],
  "it refuses": [chunk({ refusal: "No." }), stop, done],
  "it holds an error": [hello, 'data: {"error":{"message":"overloaded"}}\n\n', stop, done],
  "it holds an event called error": [hello, 'event: error\ndata: {"message":"overloaded"}\n\n', stop, done],
  "an event is no JSON": [hello, "data: {,\n\n", stop, done],
  "one of two choices never ended": [hello, stop, chunk({ content: "b" }, null, 1), done],
};

for (const [name, pieces] of Object.entries(broken)) {
  test(`a stream is passed on and not stored when ${name}`, async () => {
    const { asked, texts } = await askTwice(() => eventStream(...pieces), { ...ask("?"), stream: true });
    expect(asked).toBe(2);
    expect(texts[1]).toBe(pieces.join(""));
  });
}

test("a stream is stored when every choice that was asked for is complete, comments and chunks without a choice included", async () => {
  const pieces = [
    "\uFEFF: keep-alive\n\n",
    'data: {"choices":[],"prompt_filter_results":[]}\r\n\r\n',
    hello,
    chunk({ content: "b" }, null, 1),
    stop,
    chunk({}, "stop", 1),
    done,
  ];
  const { asked, texts } = await askTwice(() => eventStream(...pieces), { ...ask("?"), stream: true, n: 2 });
  expect(asked).toBe(1);
  expect(texts[1]).toBe(texts[0]);
  expect((await askTwice(() => eventStream(hello, stop, done), { ...ask("?"), stream: true, n: 2 })).asked).toBe(2);
});

test("a stream that says what it used beside a choice is not served to those who might not be told", async () => {
  const { cache } = await start();
  const last = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "a" }, finish_reason: "stop" }], usage: { total_tokens: 1 } })}\n\n`;
  const { fetch, requests } = scripted(() => eventStream(last, done));
  const cached = cachedFetch(cache, { fetch });
  for (const options of [{ include_usage: true }, undefined, undefined]) {
    const response = await cached(url, post({ ...ask("?"), stream: true, stream_options: options }));
    expect(await response.text()).toBe(last + done);
    await cache.flush();
  }
  expect(requests).toHaveLength(2);
});

test("what was asked for as a stream and came as one body is passed on and not stored", async () => {
  const { asked, texts } = await askTwice(() => json(completion()), { ...ask("?"), stream: true });
  expect(asked).toBe(2);
  expect(texts[1]).toBe(JSON.stringify(completion()));
});

for (const kind of ["reset", "cut", "malformed", "error-event"] as const) {
  test(`a stream that ends with ${kind} looks to the SDK as it does without the cache, and is not stored`, async () => {
    const { client, connect, model, cache } = await start({ behaviour: { failure: { kind } } });
    const bare = connect({ fetch: globalThis.fetch });
    const streamed = { ...ask("Why is the sky blue?"), stream: true as const };
    const seen = async (from: typeof client) => {
      const chunks: unknown[] = [];
      const read = Promise.withResolvers<void>();
      // A broken connection takes along what nobody has read.
      model.update({ beforeEvent: (index) => (index === 3 ? read.promise : undefined) });
      try {
        for await (const { choices } of await from.chat.completions.create(streamed))
          if (chunks.push(choices) === 3) read.resolve();
        return { chunks };
      } catch (error) {
        const { name, message } = error as Error;
        return { chunks, name, message };
      }
    };
    const expected = await seen(bare);
    expect(await seen(client)).toEqual(expected);
    await cache.flush();
    expect(await seen(client)).toEqual(expected);
    expect(model.calls.chat).toBe(3);
    model.update({ failure: undefined });
    expect((await collect(await client.chat.completions.create(streamed))).at(-1)?.choices[0]?.finish_reason).toBe(
      "stop",
    );
  });
}

for (const kind of ["reset", "cut", "malformed"] as const) {
  test(`a body that ends with ${kind} fails for the SDK as it does without the cache, and is not stored`, async () => {
    const { client, connect, model } = await start({ behaviour: { failure: { kind }, compression: false } });
    const bare = connect({ fetch: globalThis.fetch });
    const fail = (from: typeof client) =>
      from.chat.completions.create(ask("Broken?")).then(
        () => "answered",
        (error: unknown) => `${(error as Error).constructor.name}: ${(error as Error).message}`,
      );
    const expected = await fail(bare);
    expect(expected).not.toBe("answered");
    expect(await fail(client)).toBe(expected);
    expect(await fail(client)).toBe(expected);
    expect(model.calls.chat).toBe(3);
  });
}

for (const answer of [
  { finishReason: "length" },
  { finishReason: "content_filter" },
  { text: "" },
  { refusal: "No." },
] as const) {
  test(`through the SDK, ${JSON.stringify(answer)} is given to the client and never kept`, async () => {
    const { client, model } = await start({ behaviour: { answer } });
    await client.chat.completions.create(ask("Keep?"));
    await collect(await client.chat.completions.create({ ...ask("Keep?"), stream: true }));
    await client.chat.completions.create(ask("Keep?"));
    await collect(await client.chat.completions.create({ ...ask("Keep?"), stream: true }));
    expect(model.calls.chat).toBe(4);
  });
}

const weather = { type: "function", function: { name: "weather", parameters: { type: "object" } } };

/** What has a vendor read more than the request. */
const outside: Record<string, object> = {
  "OpenAI's search": { web_search_options: {} },
  "xAI's search": { search_parameters: { mode: "auto" } },
  "OpenRouter's plugins": { plugins: [{ id: "web" }] },
  "OpenRouter's plugins by name": { plugins: { web: {} } },
  "OpenRouter's variant of a model that searches": { model: "openai/gpt-4o:online" },
  "a model that searches, should the first fail": { models: ["openai/gpt-4o", "openai/gpt-4o:online"] },
  "Azure's index": { data_sources: [{ type: "azure_search" }] },
  "Azure's index, by its former name": { dataSources: [{ type: "AzureCognitiveSearch" }] },
  "Qwen's search": { enable_search: true },
  "Gemini's cache": { extra_body: { google: { cached_content: "cachedContents/1" } } },
};

/** Tools that a vendor calls, in chat completions. */
const vendorTools: Record<string, object> = {
  "Groq's browser": { tools: [{ type: "browser_search" }] },
  "a server of tools": { tools: [weather, { type: "mcp", server_label: "s" }] },
  "a function that is the vendor's": { tools: [{ type: "builtin_function", function: { name: "$web_search" } }] },
  "a tool without a type": { tools: [{ google_search: {} }] },
  "tools that are no list": { tools: { type: "function" } },
};

for (const [name, body] of Object.entries({ ...outside, ...vendorTools })) {
  test(`a request goes past the cache when its answer depends on more than itself: ${name}`, async () => {
    const { asked, responses } = await askTwice(() => json(completion()), { ...ask("?"), ...body });
    expect(asked).toBe(2);
    expect(responses[1]?.headers.get("cache-status")).toBe("llmcache; fwd=bypass; detail=not-cacheable");
  });
}

for (const [name, body] of Object.entries(outside)) {
  test(`so it does in each format that a vendor may be asked by: ${name}`, async () => {
    const { cache } = await start();
    const { fetch } = scripted(() => json({}));
    const cached = cachedFetch(cache, { fetch });
    const requests = { completions: { prompt: "?" }, responses: { input: "?" }, messages: ask("?") };
    for (const [path, request] of Object.entries(requests)) {
      const { headers } = await cached(`https://models.test/v1/${path}`, post({ model: "m", ...request, ...body }));
      expect(headers.get("cache-status")).toBe("llmcache; fwd=bypass; detail=not-cacheable");
    }
  });
}

test("a model that searches by itself is known by its name, and no other model for its likeness", async () => {
  const searching = [
    "gpt-4o-search-preview",
    "gpt-4o-mini-search-preview-2025-03-11",
    "openai/gpt-5-search-api",
    "o3-deep-research-2025-06-26",
    "sonar",
    "perplexity/sonar-reasoning-pro",
    "groq/compound-mini",
    "compound-beta",
  ];
  for (const model of searching)
    expect((await askTwice(() => json(completion()), { ...ask("?"), model })).asked).toBe(2);
  const others = ["gpt-4o", "llama-3.1-sonar-tuned", "qwen/qwen3:free", "my-search", "compounds"];
  for (const model of others) expect((await askTwice(() => json(completion()), { ...ask("?"), model })).asked).toBe(1);
});

test("a request that names the client's tools, and no source that it sets, is cached", async () => {
  const tools = [weather, { type: "custom", custom: { name: "c" } }];
  const none = { web_search_options: null, plugins: [], enable_search: false, extra_body: { google: {} } };
  for (const body of [{ tools }, { tools: null }, { tools: [] }, none])
    expect((await askTwice(() => json(completion()), { ...ask("?"), ...body })).asked).toBe(1);
});
