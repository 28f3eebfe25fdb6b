import Anthropic from "@anthropic-ai/sdk";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatEvent, parseEvents, type ServerSentEvent } from "../src/event-stream.ts";
import { collectMessage, replayMessage } from "../src/formats/messages-forms.ts";
import { plainData } from "./differential.ts";
import { eventStream } from "./start.ts";

type Json = Record<string, unknown>;

const text = fc.string({ unit: "grapheme" });
const citation = fc.record({ type: fc.constant("char_location"), cited_text: text, document_index: fc.nat() });
const input = fc.dictionary(
  fc.string({ maxLength: 5 }).filter((name) => name !== "__proto__"),
  fc.jsonValue({ maxDepth: 6 }),
  { maxKeys: 4 },
);
const block = fc.oneof(
  fc.record({
    type: fc.constant("text"),
    text,
    citations: fc.oneof(fc.constant(null), fc.array(citation, { minLength: 1, maxLength: 3 })),
  }),
  fc.record({ type: fc.constant("thinking"), thinking: text, signature: fc.base64String({ minLength: 1 }) }),
  fc.record({ type: fc.constant("redacted_thinking"), data: text }),
  fc.record({
    type: fc.constantFrom("tool_use", "server_tool_use"),
    id: fc.uuid(),
    name: fc.constantFrom("f", "günther"),
    input,
  }),
  fc.record({
    type: fc.constant("tool_search_tool_result"),
    tool_use_id: fc.uuid(),
    content: fc.record({ type: fc.constant("tool_search_tool_search_result"), tool_references: fc.constant([]) }),
  }),
);
const message: fc.Arbitrary<Json> = fc.record(
  {
    id: fc.uuid(),
    type: fc.constant("message"),
    role: fc.constant("assistant"),
    model: fc.string({ minLength: 1 }),
    content: fc.array(block, { maxLength: 5 }),
    stop_reason: fc.constantFrom("end_turn", "tool_use", "stop_sequence"),
    stop_sequence: fc.option(text),
    stop_details: fc.constant(null),
    container: fc.constant(null),
    usage: fc.record({
      input_tokens: fc.nat(),
      output_tokens: fc.nat(),
      cache_read_input_tokens: fc.option(fc.nat()),
      service_tier: fc.constant("standard"),
    }),
  },
  { requiredKeys: ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"] },
);

/** A text in pieces, which may end in the middle of a character. */
function cut(whole: string, random: () => number): string[] {
  const pieces = [""];
  for (const unit of whole.split("")) {
    if (random() < 0.3) pieces.push("");
    pieces.push(`${pieces.pop()}${unit}`);
  }
  return pieces;
}

/** What is said of a block, in some of the ways that a model may cut it. */
function slice(whole: Json, random: () => number): { readonly begun: Json; readonly deltas: readonly Json[] } {
  const pieces = (name: string, type: string, key: string, value = whole[name] as string) =>
    cut(value, random).map((piece) => ({ type, [key]: piece }));
  switch (whole["type"]) {
    case "text": {
      const { citations } = whole as { citations: Json[] | null };
      const cited = (citations ?? []).map((each) => ({ type: "citations_delta", citation: each }));
      const said = pieces("text", "text_delta", "text");
      const begun = { ...whole, text: "", citations: citations === null ? null : [] };
      return { begun, deltas: random() < 0.5 ? [...cited, ...said] : [...said, ...cited] };
    }
    case "thinking":
      return {
        begun: { ...whole, thinking: "", signature: "" },
        deltas: [
          ...pieces("thinking", "thinking_delta", "thinking"),
          { type: "signature_delta", signature: whole["signature"] },
        ],
      };
    case "tool_use":
    case "server_tool_use":
      return {
        begun: { ...whole, input: {} },
        deltas: pieces(
          "input",
          "input_json_delta",
          "partial_json",
          JSON.stringify(whole["input"], undefined, Math.floor(random() * 2)),
        ),
      };
    default:
      return { begun: whole, deltas: [] };
  }
}

/** The events by which a model might have streamed a message. */
function sliceMessage(whole: Json, random: () => number): ServerSentEvent[] {
  const { content, stop_reason, stop_sequence, usage } = whole as {
    content: Json[];
    usage: { output_tokens: number };
  } & Json;
  const events: Json[] = [
    {
      type: "message_start",
      message: { ...whole, content: [], stop_reason: null, stop_sequence: null, usage: { ...usage, output_tokens: 1 } },
    },
    ...content.flatMap((each, index) => {
      const { begun, deltas } = slice(each, random);
      return [
        { type: "content_block_start", index, content_block: begun },
        { type: "ping" },
        ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
        { type: "content_block_stop", index },
      ];
    }),
    { type: "message_delta", delta: { stop_reason, stop_sequence }, usage: { output_tokens: usage.output_tokens } },
    { type: "message_stop" },
  ];
  return events.map((event) => ({ type: String(event["type"]), data: JSON.stringify(event) }));
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807 + 11) % 2147483647) / 2147483647;
}

const seed = fc.nat({ max: 2147483646 });

test("a message that was streamed in whatever pieces is collected as it was", () => {
  fc.assert(
    fc.property(message, seed, (whole, start) => {
      const collected = collectMessage(sliceMessage(whole, randomFrom(start)));
      expect(JSON.parse(collected ?? "")).toEqual(JSON.parse(JSON.stringify(whole)));
    }),
    { numRuns: 300 },
  );
});

test("a message that is replayed and collected again is what it was", () => {
  fc.assert(
    fc.property(message, fc.constantFrom(undefined, 2), (whole, space) => {
      const body = JSON.stringify(whole, undefined, space);
      const events = replayMessage(body, {}) ?? [];
      expect(parseEvents(events.map(formatEvent).join(""))).toEqual(events);
      expect(JSON.parse(collectMessage(events) ?? "")).toEqual(JSON.parse(body));
    }),
    { numRuns: 300 },
  );
});

test("what the SDK makes of a replayed message is the message, and what it makes of a stream is what is collected", async () => {
  await fc.assert(
    fc.asyncProperty(message, seed, async (random, start) => {
      const whole = JSON.parse(JSON.stringify(random)) as Json;
      for (const events of [replayMessage(JSON.stringify(whole), {}) ?? [], sliceMessage(whole, randomFrom(start))]) {
        const fetch = async () => eventStream(events.map(formatEvent).join(""));
        const client = new Anthropic({ apiKey: "k", maxRetries: 0, fetch });
        const { parsed_output: _, ...final } = await client.messages
          .stream({ model: "m", max_tokens: 1, messages: [{ role: "user", content: "?" }] })
          .finalMessage();
        // The helper adds what the API leaves out where there is none.
        expect({ stop_details: null, ...(plainData(final) as object) }).toEqual({ stop_details: null, ...whole });
      }
    }),
    { numRuns: 100 },
  );
});
