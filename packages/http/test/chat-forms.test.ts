import fc from "fast-check";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { formatEvent, parseEvents, type ServerSentEvent } from "../src/event-stream.ts";
import { collectChat, replayChat } from "../src/formats/chat-forms.ts";
import { eventStream, json } from "./start.ts";

type Json = Record<string, unknown>;

const text = fc.string({ unit: "grapheme" });
const token = fc.record({
  token: text,
  logprob: fc.double({ noNaN: true, max: 0, noDefaultInfinity: true }).map((value) => value + 0),
  bytes: fc.array(fc.nat(255), { maxLength: 4 }),
  top_logprobs: fc.constant([]),
});
const tokens = fc.option(fc.array(token, { minLength: 1, maxLength: 5 }));
const toolCall = fc.oneof(
  fc.record({
    id: fc.uuid(),
    type: fc.constant("function"),
    function: fc.record({ name: fc.constantFrom("f", "günther"), arguments: text }),
  }),
  fc.record({
    id: fc.uuid(),
    type: fc.constant("custom"),
    custom: fc.record({ name: fc.constantFrom("f", "g"), input: text }),
  }),
);
const message = fc.record(
  {
    role: fc.constant("assistant"),
    content: fc.option(text),
    refusal: fc.option(text.filter((value) => value !== "")),
    reasoning: text,
    reasoning_content: text,
    annotations: fc.array(
      fc.record({ type: fc.constant("url_citation"), url_citation: fc.record({ url: fc.webUrl(), title: text }) }),
      { maxLength: 2 },
    ),
    tool_calls: fc.array(toolCall, { minLength: 1, maxLength: 3 }),
    function_call: fc.record({ name: fc.constant("f"), arguments: text }),
  },
  { requiredKeys: ["role", "content", "refusal"] },
);
const choice = fc.record({
  message,
  logprobs: fc.option(fc.record({ content: tokens, refusal: tokens })),
  finish_reason: fc.constantFrom("stop", "tool_calls", "length"),
});
const completion: fc.Arbitrary<Json> = fc.record(
  {
    id: fc.uuid(),
    object: fc.constant("chat.completion"),
    created: fc.nat(),
    model: fc.string({ minLength: 1 }),
    choices: fc
      .array(choice, { minLength: 1, maxLength: 3 })
      .map((choices) => choices.map((each, index) => ({ index, ...each }))),
    usage: fc.record({ total_tokens: fc.nat(), details: fc.record({ cached: fc.nat() }) }),
    service_tier: fc.constant("default"),
    system_fingerprint: fc.string(),
  },
  { requiredKeys: ["id", "object", "created", "model", "choices", "usage"] },
);

/** A list cut into pieces at random. */
function cut<Item>(items: readonly Item[], random: () => number): Item[][] {
  const pieces: Item[][] = [[]];
  for (const item of items) {
    if (random() < 0.3) pieces.push([]);
    pieces.at(-1)?.push(item);
  }
  return pieces;
}

/** The deltas of a message, in some of the ways that a model may cut it: in the middle of a character too. */
function slice(whole: Json, random: () => number): Json[] {
  const deltas: Json[] = [];
  const first: Json = {};
  for (const [name, value] of Object.entries(whole)) {
    if (name === "tool_calls") {
      for (const [index, { function: fn, custom, ...rest }] of (value as Json[]).entries()) {
        const [kind, body, key] =
          fn === undefined ? ["custom", custom as Json, "input"] : ["function", fn as Json, "arguments"];
        const pieces = cut((body[key] as string).split(""), random).map((piece) => piece.join(""));
        deltas.push({ tool_calls: [{ index, ...rest, [kind]: { ...body, [key]: pieces[0] } }] });
        for (const piece of pieces.slice(1)) deltas.push({ tool_calls: [{ index, [kind]: { [key]: piece } }] });
      }
    } else if (name === "function_call") {
      const { name: called, arguments: said } = value as { name: string; arguments: string };
      deltas.push({ function_call: { name: called, arguments: "" } });
      for (const piece of cut(said.split(""), random)) deltas.push({ function_call: { arguments: piece.join("") } });
    } else if (Array.isArray(value)) for (const piece of cut(value, random)) deltas.push({ [name]: piece });
    else if (typeof value !== "string" || name === "role") first[name] = value;
    else for (const piece of cut(value.split(""), random)) deltas.push({ [name]: piece.join("") });
  }
  return [first, ...deltas];
}

/** The events by which a model might have streamed a completion: its choices in turns. */
function sliceCompletion({ choices, usage, ...head }: Json, random: () => number): ServerSentEvent[] {
  const queues = (choices as { index: number; message: Json; logprobs: Json | null; finish_reason: string }[]).map(
    ({ index, message: whole, logprobs, finish_reason: finishReason }) => {
      const pieces = slice(whole, random).map((delta): Json => ({ index, delta, finish_reason: null, logprobs: null }));
      for (const name of ["content", "refusal"]) {
        const list = logprobs?.[name] as unknown[] | null | undefined;
        for (const piece of cut(list ?? [], random))
          pieces.push({
            index,
            delta: {},
            logprobs: logprobs && { content: null, refusal: null, [name]: list && piece },
            finish_reason: null,
          });
      }
      return [...pieces, { index, delta: {}, finish_reason: finishReason, logprobs: null }];
    },
  );
  const events: Json[] = [];
  while (queues.some((queue) => queue.length > 0)) {
    const next = queues[Math.floor(random() * queues.length)]?.shift();
    if (next !== undefined)
      events.push({ ...head, object: "chat.completion.chunk", choices: [next], usage: null, obfuscation: "ab" });
  }
  events.push({ ...head, object: "chat.completion.chunk", choices: [], usage });
  return [
    ...events.map((event) => ({ type: "message", data: JSON.stringify(event) })),
    { type: "message", data: "[DONE]" },
  ];
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807 + 11) % 2147483647) / 2147483647;
}

const asked = { stream: true, stream_options: { include_usage: true } };

test("a completion that was streamed in whatever pieces is collected as it was", () => {
  fc.assert(
    fc.property(completion, fc.nat({ max: 2147483646 }), (whole, seed) => {
      const collected = collectChat(sliceCompletion(whole, randomFrom(seed)));
      expect(collected).toBeDefined();
      expect(JSON.parse(collected ?? "")).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test("a completion that is replayed and collected again is what it was", () => {
  fc.assert(
    fc.property(completion, fc.constantFrom(undefined, 2), (whole, space) => {
      const events = replayChat(JSON.stringify(whole, undefined, space), asked);
      expect(events).toBeDefined();
      const sent = parseEvents((events ?? []).map(formatEvent).join(""));
      expect(sent).toEqual(events);
      expect(JSON.parse(collectChat(sent) ?? "")).toEqual(whole);
      expect(collectChat(replayChat(JSON.stringify(whole), { stream: true }) ?? [])).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

test("what the SDK makes of a replayed completion is the completion, and what it makes of a stream is what is collected", async () => {
  await fc.assert(
    fc.asyncProperty(completion, fc.nat({ max: 2147483646 }), async (random, seed) => {
      // The helper drops other members of a message that calls a function, and takes an empty fingerprint for none.
      const whole = JSON.parse(JSON.stringify(random)) as {
        choices: { message: Json; logprobs: Json | null }[];
        system_fingerprint?: string;
      };
      for (const { message: each } of whole.choices) delete each["function_call"];
      if (whole.system_fingerprint === "") delete whole.system_fingerprint;
      const body = JSON.stringify(whole);
      const streams = [replayChat(body, asked), sliceOf(whole, seed)];
      for (const [at, events] of streams.entries()) {
        const fetch = async () => eventStream((events ?? []).map(formatEvent).join(""));
        const client = new OpenAI({ apiKey: "k", baseURL: "https://models.test/v1", maxRetries: 0, fetch });
        const final = await client.chat.completions.stream({ model: "m", messages: [], n: 3 }).finalChatCompletion();
        for (const { message: each } of final.choices) {
          delete (each as { parsed?: unknown }).parsed;
          for (const call of each.tool_calls ?? [])
            delete (call as { function?: { parsed_arguments?: unknown } }).function?.parsed_arguments;
        }
        const plain = new OpenAI({
          apiKey: "k",
          baseURL: "https://models.test/v1",
          fetch: async () => json(at === 0 ? body : (collectChat(events ?? []) ?? "")),
        });
        const answer = await plain.chat.completions.create({ model: "m", messages: [] });
        expect(JSON.parse(JSON.stringify(final))).toEqual(JSON.parse(JSON.stringify(answer)));
      }
    }),
    { numRuns: 100 },
  );
});

/** As `sliceCompletion`, without what the helper does not put together: it keeps the last piece. */
function sliceOf(whole: { choices: { message: Json }[] }, seed: number): ServerSentEvent[] {
  const choices = whole.choices.map(
    ({ message: { annotations: _, reasoning: __, reasoning_content: ___, ...rest }, ...each }) => ({
      ...each,
      message: rest,
    }),
  );
  return sliceCompletion({ ...whole, choices }, randomFrom(seed));
}
