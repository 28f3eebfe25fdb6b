import type { ChatCompletionChunk, ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { expect, test } from "vitest";
import { ask, collect, joined, post, start } from "./start.ts";

const weather = {
  type: "function" as const,
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};

const questions: readonly (readonly [string, ChatCompletionCreateParamsNonStreaming])[] = [
  ["a text", ask("Why is the sky blue?")],
  ["a tool call", { ...ask("What is the weather in Oslo?"), tools: [weather], tool_choice: "required" }],
  ["several choices", { ...ask("Name a colour."), n: 3 }],
  ["log probabilities", { ...ask("Say yes."), logprobs: true, top_logprobs: 2 }],
  ["structured output", { ...ask("Describe a cat."), response_format: { type: "json_object" } }],
  ["text that is not ASCII", ask("Schreib „Grüße“ und 🐈‍⬛.")],
];

for (const [name, question] of questions) {
  test(`a hit gives the client what the miss gave it: ${name}`, async () => {
    const { client, model } = await start();
    const miss = await client.chat.completions.create(question);
    const hit = await client.chat.completions.create(question);
    expect(hit).toEqual(miss);
    expect(hit._request_id).toBe(miss._request_id);
    expect(model.calls.chat).toBe(1);
  });

  test(`a replayed stream gives the client the same events: ${name}`, async () => {
    const { client, model } = await start();
    const streamed = { ...question, stream: true as const };
    const miss = await collect(await client.chat.completions.create(streamed));
    const hit = await collect(await client.chat.completions.create(streamed));
    expect(hit).toEqual(miss);
    expect(miss.length).toBeGreaterThan(1);
    expect(model.calls.chat).toBe(1);
  });
}

test("what the client sees of a miss is what it sees without the cache", async () => {
  const { client, connect } = await start();
  const bare = connect({ fetch: globalThis.fetch });
  const known = (answer: object) => ({ ...answer, id: "", created: 0 });
  expect(known(await client.chat.completions.create(ask("Hello?")))).toEqual(
    known(await bare.chat.completions.create(ask("Hello?"))),
  );
  const streamed = { ...ask("Hello, stream?"), stream: true as const };
  const chunks = async (from: typeof bare) => (await collect(await from.chat.completions.create(streamed))).map(known);
  expect(await chunks(client)).toEqual(await chunks(bare));
});

test("the body of a hit is byte for byte that of the miss", async () => {
  const { fetch, model, cache } = await start();
  for (const stream of [false, true]) {
    const read = async () =>
      (await fetch(`${model.url}/chat/completions`, post({ ...ask(`Bytes? ${stream}`), stream }))).text();
    const miss = await read();
    await cache.flush();
    expect(await read()).toBe(miss);
  }
  expect(model.calls.chat).toBe(2);
});

test("the raw response says how it came about", async () => {
  const { client, wait } = await start();
  const miss = await client.chat.completions.create(ask("Headers?")).withResponse();
  expect(miss.response).toBeInstanceOf(Response);
  expect(miss.response.headers.get("cache-status")).toBe("llmcache; fwd=miss");
  expect(miss.response.headers.get("x-ratelimit-limit-requests")).not.toBeNull();
  expect(miss.response.headers.has("age")).toBe(false);
  wait(61.9);
  const hit = await client.chat.completions.create(ask("Headers?")).withResponse();
  expect(hit.data).toEqual(miss.data);
  expect(hit.request_id).toBe(miss.request_id);
  expect(hit.response.headers.get("cache-status")).toMatch(/^llmcache; hit; detail=memory$/);
  expect(hit.response.headers.get("age")).toBe("61");
  expect(hit.response.headers.get("x-llmcache-key")).toBe(miss.response.headers.get("x-llmcache-key"));
  expect(hit.response.headers.get("x-llmcache-key")).toMatch(/^default\/credential-[0-9a-f]{32}\/[0-9a-f]{64}$/);
  expect(hit.response.headers.get("content-type")).toBe(miss.response.headers.get("content-type"));
  expect(hit.response.url).toBe(miss.response.url);
  const raw = await client.chat.completions.create(ask("Headers?")).asResponse();
  expect(await raw.json()).toEqual(miss.data);
});

test("cookies, rate limits and the time it took belong to the miss alone", async () => {
  const { client, cache } = await start();
  const miss = await client.chat.completions.create(ask("Cookies?")).asResponse();
  expect(miss.headers.has("set-cookie")).toBe(true);
  await miss.text();
  await cache.flush();
  const hit = await client.chat.completions.create(ask("Cookies?")).asResponse();
  expect([...hit.headers.keys()].toSorted()).toEqual([
    "age",
    "cache-status",
    "content-type",
    "openai-version",
    "x-llmcache-key",
    "x-llmcache-saved-tokens",
    "x-request-id",
  ]);
});

test("concurrent identical calls cost one call of the model and get equal answers", async () => {
  const { client, model, cache } = await start();
  model.update({ beforeEvent: () => joined(cache, 4) });
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => client.chat.completions.create(ask("Together?")).withResponse()),
  );
  expect(model.calls.chat).toBe(1);
  for (const { data } of answers) expect(data).toEqual(answers[0]?.data);
  const statuses = answers.map(({ response }) => response.headers.get("cache-status"));
  expect(statuses.filter((status) => status === "llmcache; fwd=miss")).toHaveLength(1);
  expect(statuses.filter((status) => status === "llmcache; fwd=miss; collapsed")).toHaveLength(4);
  expect(answers.filter(({ response }) => response.headers.has("set-cookie"))).toHaveLength(1);
});

test("a caller that joins a stream half-way gets it from the start", async () => {
  const gate = Promise.withResolvers<void>();
  const half = Promise.withResolvers<void>();
  const { client, model } = await start({
    behaviour: {
      beforeEvent: (index) => {
        if (index !== 4) return undefined;
        half.resolve();
        return gate.promise;
      },
    },
  });
  const streamed = { ...ask("Why is the sky blue?"), stream: true as const };
  const first = collect(await client.chat.completions.create(streamed));
  await half.promise;
  const late = await client.chat.completions.create(streamed).withResponse();
  expect(late.response.headers.get("cache-status")).toBe("llmcache; fwd=miss; collapsed");
  const second = collect(late.data);
  gate.resolve();
  expect(await second).toEqual(await first);
  expect(model.calls.chat).toBe(1);
});

test("a stream reaches the client as it is made, not when it is complete", async () => {
  const gate = Promise.withResolvers<void>();
  const { client } = await start({ behaviour: { beforeEvent: (index) => (index === 3 ? gate.promise : undefined) } });
  const stream = await client.chat.completions.create({ ...ask("Why is the sky blue?"), stream: true });
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    if (chunks.length === 3) gate.resolve();
  }
  expect(chunks.length).toBeGreaterThan(3);
});

test("the network may cut a stream anywhere", async () => {
  const { client, model } = await start({ behaviour: { bytesPerWrite: 7 } });
  const streamed = { ...ask("Sag „Grüße“, bitte."), stream: true as const };
  const miss = await collect(await client.chat.completions.create(streamed));
  expect(await collect(await client.chat.completions.create(streamed))).toEqual(miss);
  expect(model.calls.chat).toBe(1);
});

test("the SDK's own helper for streams is served from the cache", async () => {
  const { client, model } = await start();
  const first = await client.chat.completions.stream(ask("Helper?")).finalChatCompletion();
  expect(await client.chat.completions.stream(ask("Helper?")).finalChatCompletion()).toEqual(first);
  expect(model.calls.chat).toBe(1);
});

const withUsage = { stream: true as const, stream_options: { include_usage: true } };
const withoutUsage = { stream: true as const };

test("a recording that tells the usage serves those who did not ask, without any of it", async () => {
  const { client, connect, model } = await start();
  const bare = connect({ fetch: globalThis.fetch });
  const asked = await collect(await client.chat.completions.create({ ...ask("Usage?"), ...withUsage }));
  expect(asked.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
  const response = await client.chat.completions.create({ ...ask("Usage?"), ...withoutUsage }).asResponse();
  const text = await response.text();
  expect(response.headers.get("cache-status")).toMatch(/^llmcache; hit/);
  expect(text).not.toContain("usage");
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  expect(model.calls.chat).toBe(1);
  // As the model writes it where nobody asked: the same members in the same order.
  const direct = await (await bare.chat.completions.create({ ...ask("Usage?"), ...withoutUsage }).asResponse()).text();
  const known = (events: string) => events.replaceAll(/"(id|created)":("[^"]*"|\d+)/g, '"$1":0');
  expect(known(text)).toBe(known(direct));
});

test("a recording without the usage is a miss for a caller who asks for it, and alternating callers do not take turns paying", async () => {
  const { client, model } = await start();
  await collect(await client.chat.completions.create({ ...ask("Turns?"), ...withoutUsage }));
  for (let round = 0; round < 3; round++) {
    const asked = await collect(await client.chat.completions.create({ ...ask("Turns?"), ...withUsage }));
    expect(asked.at(-1)?.usage?.total_tokens).toBeGreaterThan(0);
    const unasked = await collect(await client.chat.completions.create({ ...ask("Turns?"), ...withoutUsage }));
    expect(unasked.some((chunk) => "usage" in chunk)).toBe(false);
  }
  expect(model.calls.chat).toBe(2);
});

test("callers of both forms at once each get their own", async () => {
  const { client } = await start();
  const [asked, unasked] = await Promise.all([
    client.chat.completions.create({ ...ask("Both?"), ...withUsage }).then(collect),
    client.chat.completions.create({ ...ask("Both?"), ...withoutUsage }).then(collect),
  ]);
  expect(asked?.some((chunk) => chunk.usage)).toBe(true);
  expect(unasked?.some((chunk) => "usage" in chunk)).toBe(false);
});

test("other stream options that a client would see have entries of their own", async () => {
  const { client, model } = await start();
  const padded = { ...ask("Padding?"), stream: true as const, stream_options: { include_obfuscation: true } };
  await collect(await client.chat.completions.create(padded));
  await collect(await client.chat.completions.create({ ...padded, stream_options: { include_obfuscation: false } }));
  await collect(await client.chat.completions.create(padded));
  expect(model.calls.chat).toBe(2);
});

test("calls that could be answered differently never share an answer", async () => {
  const { client, model, fetch } = await start();
  const bodies = [
    ask("A?"),
    { ...ask("A?"), seed: 1 },
    { ...ask("A?"), user: "bob" },
    { ...ask("A?"), n: 2 },
    { ...ask("A?"), model: "gpt-4o" },
  ];
  for (const body of bodies) await client.chat.completions.create(body);
  const url = `${model.url}/chat/completions`;
  const headers = [
    { "openai-organization": "org-1" },
    { "openai-organization": "org-2" },
    { "openai-project": "p" },
    { "openai-beta": "x" },
  ];
  for (const header of headers)
    await fetch(url, post(ask("A?"), header as unknown as Record<string, string>)).then((response) => response.text());
  await fetch(`${url}?api-version=2024-10-21`, post(ask("A?"))).then((response) => response.text());
  expect(model.calls.chat).toBe(bodies.length + headers.length + 1);
});

test("the order of members, and headers that are new for each request, do not matter", async () => {
  const { model, fetch } = await start();
  const url = `${model.url}/chat/completions`;
  const { messages } = ask("Order?");
  const send = async (body: unknown, headers: Record<string, string>) => (await fetch(url, post(body, headers))).text();
  await send(
    { model: "gpt-4o", messages, seed: 1 },
    { "x-request-id": "1", "x-stainless-retry-count": "0", "idempotency-key": "1", traceparent: "a" },
  );
  await send(
    { seed: 1, messages, model: "gpt-4o" },
    { "x-request-id": "2", "x-stainless-retry-count": "1", "idempotency-key": "2", traceparent: "b" },
  );
  expect(model.calls.chat).toBe(1);
});

test("headers that a program says count, count", async () => {
  const { model, fetch } = await start({ fetch: { headersThatCount: ["X-Persona"] } });
  const send = async (persona: string) =>
    (await fetch(`${model.url}/chat/completions`, post(ask("Who?"), { "x-persona": persona }))).text();
  await send("pirate");
  await send("poet");
  await send("pirate");
  expect(model.calls.chat).toBe(2);
});
