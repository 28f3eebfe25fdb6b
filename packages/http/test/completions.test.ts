import type { CompletionCreateParamsNonStreaming } from "openai/resources/completions";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEvents } from "../src/event-stream.ts";
import { completions } from "../src/formats/completions.ts";
import { formatFor } from "../src/formats/format-for.ts";
import { cachedFetch } from "../src/index.ts";
import { collect, eventStream, json, post, scripted, start } from "./start.ts";

const ask = (prompt: CompletionCreateParamsNonStreaming["prompt"]): CompletionCreateParamsNonStreaming => ({
  model: "gpt-3.5-turbo-instruct",
  prompt,
  max_tokens: 200,
});
const usageAsked = { stream: true as const, stream_options: { include_usage: true } };

const cases: readonly (readonly [string, CompletionCreateParamsNonStreaming])[] = [
  ["a text", ask("Why is the sky blue?")],
  ["several choices of several prompts", { ...ask(["one", "two"]), n: 2 }],
  ["log probabilities", { ...ask("Say yes."), logprobs: 2 }],
  ["text that is not ASCII", ask("Schreib „Grüße“ und 🐈‍⬛.")],
];

/** Names of what is new in each answer of the model, or, as log probabilities, other in a stream. */
const ownNames: ReadonlySet<string> = new Set(["id", "created", "token_logprobs", "top_logprobs"]);
const known = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer, (name, value: unknown) => (ownNames.has(name) ? 0 : value)));

for (const [name, question] of cases) {
  test(`a hit gives the client what the miss gave it: ${name}`, async () => {
    const { client, model } = await start();
    const miss = await client.completions.create(question);
    expect(await client.completions.create(question)).toEqual(miss);
    expect(model.calls.completions).toBe(1);
  });

  test(`a replayed stream gives the client the same events: ${name}`, async () => {
    const { client, model } = await start();
    const miss = await collect(await client.completions.create({ ...question, stream: true }));
    expect(await collect(await client.completions.create({ ...question, stream: true }))).toEqual(miss);
    expect(model.calls.completions).toBe(1);
  });

  test(`plain and streaming callers share an entry, and each gets what the model would have given: ${name}`, async () => {
    const { client, connect, model, cache } = await start();
    const bare = connect({ fetch: globalThis.fetch });
    const chunks = await collect(await client.completions.create({ ...question, ...usageAsked }));
    await cache.flush();
    const plain = await client.completions.create(question);
    expect(model.calls.completions).toBe(1);
    expect(known(plain)).toEqual(known(await bare.completions.create(question)));
    for (const { index, logprobs } of plain.choices) {
      const pieces = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
      expect(logprobs?.top_logprobs ?? []).toEqual(pieces.flatMap((piece) => piece.logprobs?.top_logprobs ?? []));
    }
  });

  test(`a plain answer gives a stream all that it says: ${name}`, async () => {
    const { client, model, cache } = await start();
    const plain = await client.completions.create(question);
    await cache.flush();
    const chunks = await collect(await client.completions.create({ ...question, ...usageAsked }));
    expect(model.calls.completions).toBe(1);
    expect(chunks.at(-1)?.usage).toEqual(plain.usage);
    for (const { index, text, finish_reason: reason, logprobs } of plain.choices) {
      const pieces = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
      expect(pieces.map((piece) => piece.text).join("")).toBe(text);
      expect(pieces.map((piece) => piece.logprobs ?? undefined)).toEqual([logprobs ?? undefined, undefined]);
      expect(pieces.at(-1)?.finish_reason).toBe(reason);
    }
  });
}

test("callers who take turns, plain and streaming, cost one call of the model", async () => {
  const { client, model, cache } = await start();
  for (let round = 0; round < 4; round++) {
    if (round % 2 === 0) await client.completions.create(ask("Turns?"));
    else await collect(await client.completions.create({ ...ask("Turns?"), ...usageAsked }));
    await cache.flush();
  }
  expect(model.calls.completions).toBe(1);
});

const text = fc.string({ unit: "grapheme" });
const tokens = fc.array(text, { maxLength: 4 });
const logprobs = fc.record({
  tokens,
  token_logprobs: fc.array(fc.option(fc.integer())),
  top_logprobs: fc.option(fc.array(fc.dictionary(fc.constantFrom("a", "b", "__proto__"), fc.integer()))),
  text_offset: fc.array(fc.nat()),
});
const completion = fc.record(
  {
    id: fc.uuid(),
    object: fc.constant("text_completion"),
    created: fc.nat(),
    model: text,
    choices: fc
      .array(fc.record({ text, logprobs: fc.option(logprobs), finish_reason: fc.constant("stop") }), {
        minLength: 1,
        maxLength: 3,
      })
      .map((choices) => choices.map((choice, index) => ({ index, ...choice }))),
    usage: fc.record({ total_tokens: fc.nat() }),
    system_fingerprint: text,
  },
  { requiredKeys: ["id", "object", "created", "model", "choices", "usage"] },
);

test("a completion that is replayed and collected again is what it was", () => {
  fc.assert(
    fc.property(completion, (whole) => {
      const body = JSON.stringify(whole);
      const events = completions.stream?.replay(body, usageAsked) ?? [];
      const collected = completions.stream?.collect(events, {}) ?? "";
      expect(JSON.parse(collected)).toEqual(JSON.parse(body));
      expect(parseEvents(`data: ${events.at(-1)?.data}\n\n`)[0]?.data).toBe("[DONE]");
    }),
  );
});

test("completions and chat completions are told apart by their paths", () => {
  const operation = (path: string) => formatFor("POST", new URL(`https://models.test${path}`))?.operation;
  expect(operation("/v1/completions")).toBe("completion");
  expect(operation("/v1/chat/completions")).toBe("chat");
  expect(operation("/openai/deployments/d/completions")).toBe("completion");
  expect(operation("/openai/deployments/d/chat/completions")).toBe("chat");
  expect(operation("/v1/responses")).toBe("responses");
  expect(operation("/v1/responses/resp_1/cancel")).toBeUndefined();
  expect(operation("/v1/embeddings")).toBe("embedding");
});

const url = "https://models.test/v1/completions";
const choice = (changes: object = {}) => ({
  index: 0,
  text: "Hello.",
  logprobs: null,
  finish_reason: "stop",
  ...changes,
});
const body = (...choices: object[]) => ({ id: "cmpl-1", object: "text_completion", created: 1, model: "m", choices });
const chunk = (...choices: object[]) => `data: ${JSON.stringify(body(...choices))}\n\n`;
const done = "data: [DONE]\n\n";

/** Asks twice, and tells how often the upstream was asked. */
async function askedOf(upstream: () => Response, params: object): Promise<number> {
  const { cache } = await start();
  const { fetch, requests } = scripted(upstream);
  const cached = cachedFetch(cache, { fetch });
  for (let round = 0; round < 2; round++) {
    await (await cached(url, post(params))).text();
    await cache.flush();
  }
  return requests.length;
}

const incomplete: Record<string, object> = {
  "cut off by its length": body(choice({ finish_reason: "length" })),
  filtered: body(choice({ finish_reason: "content_filter" })),
  "without a reason to end": body(choice({ finish_reason: null })),
  empty: body(choice({ text: "" })),
  "without a choice": body(),
  "one of two choices cut off": body(choice(), choice({ index: 1, finish_reason: "length" })),
  "an error": { error: { message: "overloaded" } },
  "an error beside choices": { ...body(choice()), error: { message: "provider failed" } },
};

for (const [name, answer] of Object.entries(incomplete)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    expect(await askedOf(() => json(answer), ask("?"))).toBe(2);
  });
}

const broken: Record<string, string[]> = {
  "it lacks its end event": [chunk(choice())],
  "it was cut off by its length": [chunk(choice({ finish_reason: "length" })), done],
  "it is empty": [chunk(choice({ text: "" })), done],
  "it holds an error": [chunk(choice()), 'data: {"error":{"message":"overloaded"}}\n\n', done],
  "an event is no JSON": ["data: {,\n\n", chunk(choice()), done],
  "one of two choices never ended": [chunk(choice()), chunk(choice({ index: 1, finish_reason: null })), done],
};

for (const [name, pieces] of Object.entries(broken)) {
  test(`a stream is passed on and not stored when ${name}`, async () => {
    expect(await askedOf(() => eventStream(...pieces), { ...ask("?"), stream: true })).toBe(2);
  });
}

test("an answer is stored when each prompt has as many choices as were asked for", async () => {
  const two = body(choice(), choice({ index: 1 }));
  expect(await askedOf(() => json(two), ask(["a", "b"]))).toBe(1);
  expect(await askedOf(() => json(two), { ...ask("a"), n: 2 })).toBe(1);
  expect(await askedOf(() => json(two), ask([1, 2, 3]))).toBe(1);
  expect(await askedOf(() => json(two), { ...ask(["a", "b"]), n: 2 })).toBe(2);
  expect(await askedOf(() => json(two), ask([[1], [2], [3]]))).toBe(2);
  expect(await askedOf(() => eventStream(chunk(choice()), done), { ...ask("a"), stream: true })).toBe(1);
  expect(await askedOf(() => eventStream(chunk(choice()), done), { ...ask(["a", "b"]), stream: true })).toBe(2);
});

test("a request without a prompt goes past the cache", async () => {
  for (const prompt of [undefined, null, [], {}, [1, "a"]])
    expect(await askedOf(() => json(body(choice())), { model: "m", prompt })).toBe(2);
});
