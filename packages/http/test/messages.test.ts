import Anthropic, { type ClientOptions, RateLimitError } from "@anthropic-ai/sdk";
import type { Cache } from "@llmcache/core";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import { expect, test } from "vitest";
import { anthropicMiddleware, cachedFetch } from "../src/index.ts";
import { message, text } from "./corpus/messages.ts";
import { plainData } from "./differential.ts";
import { type BenchOptions, collect, eventStream, joined, json, post, scripted, start } from "./start.ts";

const ask = (content: string): MessageCreateParamsNonStreaming => ({
  model: "claude-opus-5",
  max_tokens: 1024,
  messages: [{ role: "user", content }],
});
const weather = {
  name: "get_weather",
  input_schema: { type: "object" as const, properties: { city: { type: "string" } } },
};

/** The two ways into the SDK: its middleware, and its `fetch`, which is all that it had before version 1. */
const ways: Record<string, (cache: Cache) => ClientOptions> = {
  middleware: (cache) => ({ middleware: [anthropicMiddleware(cache)] }),
  fetch: (cache) => ({ fetch: cachedFetch(cache) }),
};

for (const [way, into] of Object.entries(ways)) {
  const startAnthropic = async (options: BenchOptions = {}) => {
    const bench = await start(options);
    const connect = (more: ClientOptions = {}) =>
      new Anthropic({ baseURL: bench.model.origin, apiKey: "test-key", maxRetries: 0, ...more });
    return { ...bench, client: connect(into(bench.cache)), bare: connect(), connect };
  };

  test(`by ${way}, a plain caller and a streaming one share an entry, and are told what they would be without the cache`, async () => {
    const cases: [MessageCreateParamsNonStreaming, object][] = [
      [ask("Why is the sky blue?"), {}],
      [ask("Think."), { reasoning: "First this, then “that” 🐈‍⬛." }],
      [{ ...ask("Weather in Oslo?"), tools: [weather], tool_choice: { type: "any" as const } }, {}],
    ];
    for (const [question, answer] of cases) {
      const { client, bare, model, settle } = await startAnthropic({ behaviour: { answer } });
      const known = (value: unknown) => JSON.stringify(value).replaceAll(/"(?:msg|toolu)_\w+"/g, '""');
      const plain = await settle(client.messages.create(question));
      const { parsed_output: _, ...final } = await settle(client.messages.stream(question).finalMessage());
      expect(plainData(final)).toEqual(plainData(plain));
      expect(known(await bare.messages.create(question))).toBe(known(plain));
      expect(model.calls.messages).toBe(2);
    }
  });

  test(`by ${way}, the raw response says how it came about, and keeps the vendor's id`, async () => {
    const { client, settle } = await startAnthropic();
    const miss = await settle(client.messages.create(ask("Headers?")).withResponse());
    const hit = await client.messages.create(ask("Headers?")).withResponse();
    expect(hit.data).toEqual(miss.data);
    expect(hit.request_id).toBe(miss.request_id);
    expect(miss.response.headers.get("cache-status")).toBe("llmcache; fwd=miss");
    expect(hit.response.headers.get("cache-status")).toMatch(/^llmcache; hit/);
    const raw = await client.messages.create(ask("Headers?")).asResponse();
    expect(await raw.json()).toEqual(miss.data);
    const streamed = await client.messages.create({ ...ask("Headers?"), stream: true }).withResponse();
    expect(streamed.response.headers.get("cache-status")).toMatch(/^llmcache; hit/);
    expect((await collect(streamed.data)).at(-1)?.type).toBe("message_stop");
  });

  test(`by ${way}, the SDK parses structured output from a hit as from a miss`, async () => {
    const { client, model, settle } = await startAnthropic();
    const schema = { type: "object", properties: { title: { type: "string" } } };
    const format = { type: "json_schema" as const, schema, parse: (content: string) => JSON.parse(content) as object };
    const question = { ...ask("Describe a cat."), output_config: { format } };
    const miss = await settle(client.messages.parse(question));
    const hit = await client.messages.parse(question);
    expect(hit.parsed_output).toEqual({ title: "Describe a cat" });
    expect(hit).toEqual(miss);
    expect(model.calls.messages).toBe(1);
  });

  test(`by ${way}, one call may say what it wants of the cache, and the model hears nothing of it`, async () => {
    const { connect, model, cache, settle } = await startAnthropic();
    const client = connect({ ...into(cache), maxRetries: 2 });
    const only = { headers: { "x-llmcache-only-if-cached": "true", "x-llmcache-namespace": "n" } };
    await expect(client.messages.create(ask("Controls?"), only)).rejects.toMatchObject({ status: 504 });
    await settle(client.messages.create(ask("Controls?"), { headers: { "x-llmcache-namespace": "n" } }));
    expect((await client.messages.create(ask("Controls?"), only)).content).toHaveLength(1);
    expect(model.calls.messages).toBe(1);
    expect(Object.keys(model.requests[0]?.headers ?? {}).filter((name) => name.startsWith("x-llmcache"))).toEqual([]);
  });

  test(`by ${way}, concurrent identical calls cost one call of the model`, async () => {
    const { client, model, cache } = await startAnthropic();
    model.update({ beforeEvent: () => joined(cache, 2) });
    const answers = await Promise.all([1, 2, 3].map(() => client.messages.create(ask("Together?"))));
    expect(answers[1]).toEqual(answers[0]);
    expect(model.calls.messages).toBe(1);
  });

  test(`by ${way}, the SDK tries again what failed, and the answer is kept`, async () => {
    const { connect, model, settle, cache } = await startAnthropic();
    const client = connect({ ...into(cache), maxRetries: 2 });
    model.update({ failure: { kind: "status", status: 529, retryAfter: 0.001, times: 1 } });
    const plain = await settle(client.messages.create(ask("Again?")));
    expect(await client.messages.create(ask("Again?"))).toEqual(plain);
    expect(model.calls.messages).toBe(2);
    model.update({ failure: { kind: "reset", times: 1 }, compression: false });
    await settle(client.messages.create({ ...ask("And again?"), stream: true }).then(collect)).catch(() => undefined);
    model.update({ failure: undefined });
    expect(
      (await collect(await client.messages.create({ ...ask("And again?"), stream: true }))).length,
    ).toBeGreaterThan(4);
  });

  test(`by ${way}, errors are the SDK's own`, async () => {
    const { client, connect, model } = await startAnthropic({
      behaviour: { failure: { kind: "status", status: 429 } },
    });
    await expect(client.messages.create(ask("Limit?"))).rejects.toBeInstanceOf(RateLimitError);
    await model.close();
    const failureOf = (from: Anthropic) => from.messages.create(ask("Gone?")).catch((error: unknown) => String(error));
    // As through a middleware, or a fetch, that only passes on.
    const passing = connect({ middleware: [async (request, next) => next(request)], fetch: globalThis.fetch });
    expect(await failureOf(client)).toBe(await failureOf(passing));
  });

  test(`by ${way}, an abort ends the call of the model and leaves the other callers alone`, async () => {
    const { client, model, cache } = await startAnthropic();
    const gate = Promise.withResolvers<void>();
    model.update({ beforeEvent: () => gate.promise });
    const controller = new AbortController();
    const first = client.messages.create(ask("Abort?"), { signal: controller.signal });
    const failed = expect(first).rejects.toThrow("Request was aborted.");
    await expect.poll(() => model.calls.messages, { timeout: 20_000 }).toBe(1);
    const second = client.messages.create(ask("Abort?"));
    await joined(cache, 1);
    controller.abort();
    await failed;
    gate.resolve();
    expect((await second).content).toHaveLength(1);
    expect(model.calls).toMatchObject({ messages: 1, aborted: 0 });
  });

  test(`by ${way}, what counts is told apart: beta headers, versions and profiles`, async () => {
    const { client, model, settle } = await startAnthropic();
    const asked = [{ "anthropic-beta": "a-1" }, { "anthropic-beta": "b-1" }, { "anthropic-version": "2023-06-01" }, {}];
    for (const headers of [...asked, ...asked]) await settle(client.messages.create(ask("Counts?"), { headers }));
    for (const user_profile_id of ["one", "two"])
      await settle(client.messages.create({ ...ask("Counts?"), user_profile_id }));
    expect(model.calls.messages).toBe(6);
  });

  test(`by ${way}, tokens are counted by the vendor, past the cache`, async () => {
    const { client, model, events } = await startAnthropic();
    await expect(client.messages.countTokens({ ...ask("?"), max_tokens: undefined } as never)).rejects.toMatchObject({
      status: 404,
    });
    expect(model.requests.at(-1)?.path).toBe("/v1/messages/count_tokens");
    expect(events).toEqual([]);
  });

  for (const answer of [
    { finishReason: "length" },
    { finishReason: "content_filter" },
    { text: "" },
    { refusal: "I would rather not." },
  ] as const) {
    test(`by ${way}, ${JSON.stringify(answer)} is given to the client and never kept`, async () => {
      const { client, model, settle } = await startAnthropic({ behaviour: { answer } });
      for (let round = 0; round < 2; round++) {
        await settle(client.messages.create(ask("Keep?")));
        await settle(client.messages.create({ ...ask("Keep?"), stream: true }).then(collect));
      }
      expect(model.calls.messages).toBe(4);
    });
  }

  for (const kind of ["reset", "cut", "malformed", "error-event"] as const) {
    test(`by ${way}, a stream that ends with ${kind} looks as it does without the cache, and is not kept`, async () => {
      const { client, bare, model, settle } = await startAnthropic({ behaviour: { failure: { kind } } });
      const fail = async (from: Anthropic) => {
        const events: unknown[] = [];
        const read = Promise.withResolvers<void>();
        // A broken connection takes along what nobody has read, and one of the three events is a ping, which clients are not given.
        model.update({ beforeEvent: (index) => (index === 3 ? read.promise : undefined) });
        try {
          for await (const event of await from.messages.create({ ...ask("?"), stream: true }))
            if (events.push(event) === 2) read.resolve();
        } catch (error) {
          return [events.length, (error as Error).constructor.name];
        }
        return [events.length, "ended"];
      };
      const expected = await fail(bare);
      for (let round = 0; round < 2; round++) expect(await settle(fail(client))).toEqual(expected);
      expect(model.calls.messages).toBe(3);
    });
  }
}

const url = "https://api.anthropic.test/v1/messages";
const hello = message([text("Hello.")]);

/** Asks twice, and tells how often the upstream was asked, and what the second was told. */
async function askTwice(upstream: () => Response, body: object): Promise<{ asked: number; status: string | null }> {
  const { cache } = await start();
  const { fetch, requests } = scripted(upstream);
  const cached = cachedFetch(cache, { fetch });
  let status: string | null = null;
  for (let round = 0; round < 2; round++) {
    const response = await cached(url, post(body));
    status = response.headers.get("cache-status");
    await response.text();
    await cache.flush();
  }
  return { asked: requests.length, status };
}

const bypassed: Record<string, object> = {
  "a search of the web": { tools: [{ type: "web_search_20260318", name: "web_search" }] },
  "a page of the web": { tools: [weather, { type: "web_fetch_20260318", name: "web_fetch" }] },
  "code that is run": { tools: [{ type: "code_execution_20260521", name: "code_execution" }] },
  "a server of tools": { mcp_servers: [{ type: "url", url: "https://mcp.test", name: "m" }] },
  "a container": { container: "container_1" },
  "a container as an object": { container: { skills: [{ type: "anthropic", skill_id: "xlsx" }] } },
  "a thread": { thread: { id: "thread_1" } },
  "an earlier message": { diagnostics: { previous_message_id: "msg_0" } },
  "no messages": { messages: undefined },
  "a stream that is neither": { stream: "yes" },
};

for (const [name, body] of Object.entries(bypassed)) {
  test(`a request goes past the cache when its answer depends on more than itself: ${name}`, async () => {
    const { asked, status } = await askTwice(() => json(hello.plain), { ...ask("?"), ...body });
    expect([asked, status]).toEqual([2, "llmcache; fwd=bypass; detail=not-cacheable"]);
  });
}

test("a request that says all it depends on is cached, whatever tools of the client's it names", async () => {
  const types = [
    "custom",
    "bash_20250124",
    "text_editor_20250728",
    "memory_20250818",
    "tool_search_tool_bm25",
    "computer_20251124",
  ];
  const tools = [weather, { ...weather, type: null }, ...types.map((type) => ({ type, name: "t" }))];
  const body = { ...ask("?"), tools, mcp_servers: [], container: null, thread: null, diagnostics: null };
  expect((await askTwice(() => json(hello.plain), body)).asked).toBe(1);
});

const toolFailed = {
  type: "tool_search_tool_result",
  tool_use_id: "s",
  content: { type: "tool_search_tool_result_error", error_code: "unavailable" },
};
const incomplete: Record<string, ReturnType<typeof message>> = {
  "cut off": message([text("Hel")], { stop_reason: "max_tokens" }),
  "cut off by the context window": message([text("Hel")], { stop_reason: "model_context_window_exceeded" }),
  refused: message([text("I")], { stop_reason: "refusal" }),
  paused: message([text("Let me see.")], { stop_reason: "pause_turn" }),
  compacted: message([text("Let me see.")], { stop_reason: "compaction" }),
  "ending in a way that is not known": message([text("Hello.")], { stop_reason: "bored" }),
  "without a reason to end": message([text("Hello.")], { stop_reason: null }),
  empty: message([]),
  "an empty text": message([text("")]),
  "empty but for its thoughts": message([
    [{ type: "redacted_thinking", data: "a" }, [], { type: "redacted_thinking", data: "a" }],
  ]),
  "a tool of the vendor's that failed": message([[toolFailed, [], toolFailed], text("Sorry.")]),
};

for (const [name, { plain, stream }] of Object.entries(incomplete)) {
  test(`a message is passed on and not stored: ${name}`, async () => {
    expect((await askTwice(() => json(plain), ask("?"))).asked).toBe(2);
    expect((await askTwice(() => eventStream(stream), { ...ask("?"), stream: true })).asked).toBe(2);
  });
}

const events = hello.stream.split(/(?<=\n\n)/);
const error = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
const broken: Record<string, string[]> = {
  "it lacks its end": events.slice(0, -1),
  "its end is cut": [hello.stream.slice(0, -1)],
  "it lacks its reason to end": events.filter((event) => !event.includes("message_delta")),
  "a block lacks its end": events.filter((event) => !event.includes("content_block_stop")),
  "it lacks its beginning": events.slice(1),
  "it holds an error": [...events.slice(0, 3), error, ...events.slice(3)],
  "an event is no JSON": [...events.slice(0, 3), "event: content_block_delta\ndata: {,\n\n", ...events.slice(3)],
};

for (const [name, pieces] of Object.entries(broken)) {
  test(`a stream is passed on and not stored when ${name}`, async () => {
    expect((await askTwice(() => eventStream(...pieces), { ...ask("?"), stream: true })).asked).toBe(2);
  });
}

test("an error in place of a message is not stored", async () => {
  const body = { type: "error", error: { type: "api_error", message: "internal" } };
  expect((await askTwice(() => json(body), ask("?"))).asked).toBe(2);
});

/** What a caller of one form is told after one of the other. */
async function told(upstream: string, plainFirst: boolean): Promise<{ asked: number; body: string }> {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => (plainFirst ? json(upstream) : eventStream(upstream)));
  const cached = cachedFetch(cache, { fetch });
  await (await cached(url, post({ ...ask("?"), stream: !plainFirst }))).text();
  await cache.flush();
  const body = await (await cached(url, post({ ...ask("?"), stream: plainFirst }))).text();
  return { asked: requests.length, body };
}

test("numbers keep their spelling on the way from one form to the other", async () => {
  const input = '{"n":12345678901234567890,"x":1.0,"deep":{"a":[{"b":[1e3]}]}}';
  const usage = '{"input_tokens":1.0,"output_tokens":2e0}';
  const whole = `{ "type": "message", "id": "m", "content": [ {"type":"tool_use","id":"t","name":"n","input": ${input} } ],
    "stop_reason": "tool_use", "usage": ${usage} }`;
  const { asked, body } = await told(whole, true);
  expect(asked).toBe(1);
  expect(body).toContain(JSON.stringify(input));
  expect(body).toContain(`"usage":${usage}`);
  const back = await told(body, false);
  expect(back.asked).toBe(1);
  expect(back.body).toContain(`"input":${input}`);
  expect(back.body).toContain(`"usage":${usage}`);
});

const delta = (index: number, piece: object) =>
  `data: ${JSON.stringify({ type: "content_block_delta", index, delta: piece })}\n\n`;
const insert = (...pieces: string[]) => [...events.slice(0, 3), ...pieces, ...events.slice(3)].join("");
const unclear: Record<string, string> = {
  "a delta that is not known": insert(delta(0, { type: "compaction_delta", content: "a" })),
  "a delta with a member that is not known": insert(delta(0, { type: "text_delta", text: "a", extra: 1 })),
  "a delta of no block": insert(delta(1, { type: "text_delta", text: "a" })),
  "two signatures": message([
    [
      { type: "thinking", thinking: "", signature: "" },
      [
        { type: "signature_delta", signature: "a" },
        { type: "signature_delta", signature: "b" },
      ],
      {},
    ],
    text("a"),
  ]).stream,
  "arguments that are no JSON": message(
    [[{ type: "tool_use", id: "t", name: "n", input: {} }, [{ type: "input_json_delta", partial_json: "{" }], {}]],
    { stop_reason: "tool_use" },
  ).stream,
  "arguments before their pieces": message(
    [
      [
        { type: "tool_use", id: "t", name: "n", input: { a: 1 } },
        [{ type: "input_json_delta", partial_json: "{}" }],
        {},
      ],
    ],
    { stop_reason: "tool_use" },
  ).stream,
  "a member of the message that is not known": message([text("a")], { mood: "good" }).stream,
  "no usage at the end": events.map((event) => event.replace(/,"usage":\{[^}]*\}\}\n/, "}\n")).join(""),
  "an event that is not known": insert('event: applause\ndata: {"type":"applause"}\n\n'),
};

for (const [name, stream] of Object.entries(unclear)) {
  test(`a recording is no answer for a plain caller where it is not certain what it would be: ${name}`, async () => {
    expect((await askTwice(() => eventStream(stream), { ...ask("?"), stream: true })).asked).toBe(1);
    expect((await told(stream, false)).asked).toBe(2);
  });
}

test("what the provider read from a prompt cache of its own is its own, and a hit of ours is none of it", async () => {
  const { cache, events: seen } = await start();
  const { fetch } = scripted(() => json(hello.plain));
  const cached = cachedFetch(cache, { fetch });
  await (await cached(url, post(ask("?")))).text();
  await cache.flush();
  const hit = await cached(url, post(ask("?")));
  expect(((await hit.json()) as { usage: object }).usage).toMatchObject({
    cache_creation_input_tokens: 2048,
    cache_read_input_tokens: 512,
  });
  expect(hit.headers.get("cache-status")).toMatch(/^llmcache; hit/);
  expect(JSON.stringify(seen)).not.toMatch(/cache_(?:creation|read)/);
});
