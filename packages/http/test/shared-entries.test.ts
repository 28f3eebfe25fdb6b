import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { expect, test } from "vitest";
import { cachedFetch } from "../src/index.ts";
import { ask, collect, completion, eventStream, json, post, scripted, start } from "./start.ts";

const weather = {
  type: "function" as const,
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};
const usageAsked = { stream: true as const, stream_options: { include_usage: true } };

type Question = ChatCompletionCreateParamsNonStreaming;

const cases: readonly (readonly [string, Question, object?])[] = [
  ["a text", ask("Why is the sky blue?")],
  [
    "tool calls",
    { ...ask("Weather?"), tools: [weather] },
    {
      toolCalls: [
        { name: "a", arguments: { x: "„ü“ 🐈" } },
        { name: "b", arguments: {} },
      ],
    },
  ],
  ["several choices", { ...ask("Name a colour."), n: 3 }],
  ["log probabilities", { ...ask("Say yes."), logprobs: true, top_logprobs: 2 }],
  ["log probabilities of several choices", { ...ask("Say yes."), logprobs: true, top_logprobs: 0, n: 2 }],
  ["reasoning", ask("Think."), { reasoning: "First this, then “that” 🐈‍⬛." }],
  ["text that is not ASCII", ask("Schreib „Grüße“ und 🐈‍⬛.")],
];

/** What is new in each answer of the model, or, as log probabilities, other in a stream. */
const ownNames: ReadonlySet<string> = new Set(["id", "created", "logprob"]);

function known(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (name, value: unknown) => (ownNames.has(name) ? 0 : value)));
}

for (const [name, question, answer] of cases) {
  test(`a recorded stream gives a plain caller what the model would have given: ${name}`, async () => {
    const bench = await start({ behaviour: { answer } });
    const { client, connect, model } = bench;
    const bare = connect({ fetch: globalThis.fetch });
    const chunks = await bench.settle(client.chat.completions.create({ ...question, ...usageAsked }).then(collect));
    const { data, response } = await client.chat.completions.create(question).withResponse();
    expect(model.calls.chat).toBe(1);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("cache-status")).toMatch(/^llmcache; hit/);
    const direct = await bare.chat.completions.create(question);
    // No stream says that there are no annotations.
    for (const { message } of direct.choices) delete message.annotations;
    expect(known(data)).toEqual(known(direct));
    for (const { index, logprobs } of data.choices) {
      const pieces = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
      expect(logprobs?.content ?? []).toEqual(pieces.flatMap((piece) => piece.logprobs?.content ?? []));
    }
  });

  test(`a plain answer gives the SDK's stream helper what it is: ${name}`, async () => {
    const bench = await start({ behaviour: { answer } });
    const { client, model } = bench;
    const plain = await bench.settle(client.chat.completions.create(question));
    const final = await client.chat.completions.stream({ ...question, ...usageAsked }).finalChatCompletion();
    expect(model.calls.chat).toBe(1);
    // The helper adds what it parsed.
    for (const { message } of final.choices) delete (message as { parsed?: unknown }).parsed;
    expect(JSON.parse(JSON.stringify(final))).toEqual(JSON.parse(JSON.stringify(plain)));
    const { data, response } = await client.chat.completions.create({ ...question, stream: true }).withResponse();
    const chunks = await collect(data);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(chunks[0]?.choices[0]?.delta.role).toBe("assistant");
    expect(chunks.some((chunk) => "usage" in chunk)).toBe(false);
    expect(chunks.every(({ object, id }) => object === "chat.completion.chunk" && id === plain.id)).toBe(true);
  });
}

test("callers who take turns, plain and streaming, cost one call of the model", async () => {
  for (const first of ["plain", "stream"]) {
    const bench = await start();
    const { client, model } = bench;
    for (let round = 0; round < 4; round++) {
      const isPlain = (round % 2 === 0) === (first === "plain");
      if (isPlain) await bench.settle(client.chat.completions.create(ask("Turns?")));
      else await bench.settle(client.chat.completions.create({ ...ask("Turns?"), ...usageAsked }).then(collect));
    }
    expect(model.calls.chat).toBe(1);
  }
});

test("callers of both kinds at the same moment cost one call of the model, whoever comes first", async () => {
  for (const first of ["plain", "stream"]) {
    const { client, model } = await start();
    const ways = {
      plain: async () => (await client.chat.completions.create(ask("Both?"))).choices[0]?.message.content,
      stream: async () => {
        const chunks = await client.chat.completions.create({ ...ask("Both?"), ...usageAsked }).then(collect);
        return chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
      },
    };
    const order = first === "plain" ? [ways.plain, ways.stream] : [ways.stream, ways.plain];
    const [one, other] = await Promise.all(order.map((way) => way()));
    expect(one).toBeTruthy();
    expect(other).toBe(one);
    expect(model.calls.chat).toBe(1);
  }
});

test("a plain caller does not wait for a stream that does not tell the usage", async () => {
  const { client, model } = await start();
  const [plain, chunks] = await Promise.all([
    client.chat.completions.create(ask("Both?")),
    client.chat.completions.create({ ...ask("Both?"), stream: true }).then(collect),
  ]);
  expect(plain.usage?.total_tokens).toBeGreaterThan(0);
  expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")).toBe(plain.choices[0]?.message.content);
  expect(model.calls.chat).toBe(2);
});

test("a failure in one form fails those who waited for it in the other", async () => {
  for (const first of ["plain", "stream"]) {
    const { client, model } = await start();
    model.update({ failure: { kind: "status", status: 503 } });
    const ways = [
      () => client.chat.completions.create(ask("Both?"), { maxRetries: 0 }),
      () => client.chat.completions.create({ ...ask("Both?"), ...usageAsked }, { maxRetries: 0 }).then(collect),
    ];
    if (first === "stream") ways.reverse();
    const ends = await Promise.allSettled(ways.map((way) => way()));
    expect(ends.map((end) => (end.status === "rejected" ? (end.reason as unknown) : undefined))).toMatchObject([
      { status: 503 },
      { status: 503 },
    ]);
  }
});

test("what came in one form takes the place of a failure in the other", async () => {
  const bench = await start({ fetch: { controls: { ttl: 10, staleIfError: 100 } } });
  const { client, model, wait } = bench;
  const plain = await bench.settle(client.chat.completions.create(ask("Stale?")));
  wait(20);
  model.update({ failure: { kind: "status", status: 503 } });
  const { data, response } = await client.chat.completions.create({ ...ask("Stale?"), ...usageAsked }).withResponse();
  expect(response.headers.get("cache-status")).toMatch(/^llmcache; fwd=stale/);
  const streamed = (await collect(data)).map(({ choices }) => choices[0]?.delta.content ?? "").join("");
  expect(streamed).toBe(plain.choices[0]?.message.content);
});

test("a recording without the usage is a miss for a plain caller, whose answer then serves both", async () => {
  const bench = await start();
  const { client, model } = bench;
  const streamed = { ...ask("Usage?"), stream: true as const };
  await bench.settle(client.chat.completions.create(streamed).then(collect));
  for (let round = 0; round < 3; round++) {
    const { usage } = await bench.settle(client.chat.completions.create(ask("Usage?")));
    expect(usage?.total_tokens).toBeGreaterThan(0);
    const told = await bench.settle(client.chat.completions.create({ ...ask("Usage?"), ...usageAsked }).then(collect));
    expect(told.at(-1)?.usage).toEqual(usage);
    expect(told.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    await bench.settle(client.chat.completions.create(streamed).then(collect));
  }
  expect(model.calls.chat).toBe(2);
});

test("a plain answer without the usage is a miss for a stream that asks for it, and serves one that does not", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch });
  const send = async (more: object) => {
    const response = await cached("https://models.test/v1/chat/completions", post({ ...ask("?"), ...more }));
    const text = await response.text();
    await cache.flush();
    return text;
  };
  await send({});
  expect(await send({ stream: true })).toMatch(/"content":"Hello\."[^]*data: \[DONE\]\n\n$/);
  expect(requests).toHaveLength(1);
  await send(usageAsked);
  expect(requests).toHaveLength(2);
});

test("an answer that is nested however deeply is taken apart without delay", async () => {
  const { cache } = await start();
  const deep = `${'{"a":['.repeat(2e4)}1${"]}".repeat(2e4)}`;
  const whole = JSON.stringify(completion({}, { logprobs: { content: [0], refusal: null } })).replace(
    "[0]",
    `[${deep}]`,
  );
  const { fetch, requests } = scripted(() => json(whole));
  const cached = cachedFetch(cache, { fetch });
  const read = async (stream: boolean) => {
    const response = await cached("https://models.test/v1/chat/completions", post({ ...ask("?"), stream }));
    const text = await response.text();
    await cache.flush();
    return text;
  };
  await read(false);
  expect(await read(true)).toContain(deep);
  expect(requests).toHaveLength(1);
});

test("numbers keep their spelling on the way from one form to the other", async () => {
  const { cache } = await start();
  const usage = '{"total_tokens":1.0,"cost":1e-7}';
  const logprobs = '{"content":[{"token":"a","logprob":-0.0,"big":12345678901234567890}],"refusal":null}';
  const body = `{\n "created": 1.0,\n "choices": [{"index":0,"message":{"role":"assistant","content":"a"},"logprobs":${logprobs},"finish_reason":"stop"}],\n "usage": ${usage} }`;
  const cached = cachedFetch(cache, { fetch: scripted(() => json(body)).fetch });
  const url = "https://models.test/v1/chat/completions";
  await (await cached(url, post(ask("?")))).text();
  await cache.flush();
  const text = await (await cached(url, post({ ...ask("?"), ...usageAsked }))).text();
  for (const spelled of [usage, logprobs, '"created":1.0']) expect(text).toContain(spelled);
});

const chunk = (delta: object, more: object = {}, choice: object = {}) =>
  `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta, finish_reason: null, ...choice }], ...more })}\n\n`;
const end = [
  chunk({}, {}, { finish_reason: "stop" }),
  `data: {"id":"c","choices":[],"usage":{"total_tokens":1}}\n\n`,
  "data: [DONE]\n\n",
];
const role = chunk({ role: "assistant", content: "" });
const call = (piece: object) => chunk({ tool_calls: [{ index: 0, ...piece }] });

const unclear: Record<string, string[]> = {
  "a member of a delta that is not known": [role, chunk({ content: "a", reasoning_details: [{ text: "a" }] })],
  "a member of a choice that is not known": [role, chunk({ content: "a" }, {}, { content_filter_results: {} })],
  "a member of a chunk that is not known": [role, chunk({ content: "a" }, { provider: "p" })],
  "a member whose name is spelled with an escape": [role, chunk({ content: "a", '"': 1 })],
  "a member of a tool call that is not known": [
    role,
    call({ id: "1", type: "function", function: { name: "f", arguments: "{}" }, extra: 1 }),
  ],
  audio: [role, chunk({ content: "a", audio: { id: "1", data: "" } })],
  "content that is no text": [role, chunk({ content: [{ type: "text", text: "a" }] })],
  "two models": [role, chunk({ content: "a" }, { model: "a" }), chunk({ content: "a" }, { model: "b" })],
  "two ways to end": [role, chunk({ content: "a" }, {}, { finish_reason: "tool_calls" })],
  "two usages": [role, chunk({ content: "a" }, { usage: { total_tokens: 2 } })],
  "no role": [chunk({ content: "a" })],
  "a name in two pieces": [
    role,
    call({ id: "1", type: "function", function: { name: "f", arguments: "" } }),
    call({ function: { name: "f" } }),
  ],
  "a tool call without an id": [role, call({ type: "function", function: { name: "f", arguments: "" } })],
  "tool calls with a gap": [
    role,
    call({ index: 1, id: "1", type: "function", function: { name: "f", arguments: "" } }),
  ],
  "choices with a gap": [
    role,
    chunk({ content: "a" }),
    chunk({ role: "assistant", content: "b" }, {}, { index: 2, finish_reason: "stop" }),
  ],
  "an empty refusal": [role, chunk({ content: "a", refusal: "" })],
  "an event that has a type": [role, `event: ping\n${chunk({ content: "a" })}`],
};

for (const [name, pieces] of Object.entries(unclear)) {
  test(`a recording is no answer for a plain caller where it is not certain what it would be: ${name}`, async () => {
    const { cache } = await start();
    const whole = json(completion());
    const { fetch, requests } = scripted(
      () => eventStream(...pieces, ...end),
      () => whole,
    );
    const cached = cachedFetch(cache, { fetch });
    const url = "https://models.test/v1/chat/completions";
    await (await cached(url, post({ ...ask("?"), ...usageAsked }))).text();
    await cache.flush();
    const again = await cached(url, post({ ...ask("?"), ...usageAsked }));
    expect(again.headers.get("cache-status")).toMatch(/^llmcache; hit/);
    await again.text();
    expect(await (await cached(url, post(ask("?")))).json()).toEqual(completion());
    expect(requests).toHaveLength(2);
  });
}

const unplaceable: Record<string, object> = {
  "a member of the body that is not known": completion({ provider: "p" }),
  "a member of a choice that is not known": completion({}, { native_finish_reason: "stop" }),
  "a member of a message that is not known": completion(
    {},
    { message: { role: "assistant", content: "a", audio: { id: "1" } } },
  ),
  "content that is no text": completion({}, { message: { role: "assistant", content: [{ type: "text", text: "a" }] } }),
  "no role": completion({}, { message: { content: "a" } }),
  "choices in another order": completion({}, { index: 1 }),
  "a tool call that is not known": completion(
    {},
    { message: { role: "assistant", content: null, tool_calls: [{ id: "1", type: "x", x: {} }] } },
  ),
};

for (const [name, body] of Object.entries(unplaceable)) {
  test(`a plain answer is no stream where a part of it has no certain place: ${name}`, async () => {
    const { cache } = await start();
    const { fetch, requests } = scripted(() => json(body));
    const cached = cachedFetch(cache, { fetch });
    for (const stream of [false, false, true])
      await (
        await cached("https://models.test/v1/chat/completions", post({ ...ask("?"), stream }))
      )
        .text()
        .then(() => cache.flush());
    expect(requests).toHaveLength(2);
  });
}
