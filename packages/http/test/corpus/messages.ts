import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import { namedEvents, type Recorded } from "../differential.ts";

type Json = Record<string, unknown>;
type Block = readonly [begun: Json, deltas: readonly Json[], whole: Json];

const usage = {
  input_tokens: 25,
  cache_creation_input_tokens: 2048,
  cache_read_input_tokens: 512,
  cache_creation: { ephemeral_5m_input_tokens: 2048, ephemeral_1h_input_tokens: 0 },
  output_tokens: 90,
  service_tier: "standard",
  inference_geo: "us",
};

/** A message in both of its forms. @param end what it ends with */
export function message(
  blocks: readonly Block[],
  end: Json = {},
  told: Json = usage,
): { stream: string; plain: string } {
  const whole = {
    id: "msg_01",
    type: "message",
    role: "assistant",
    model: "claude-opus-5",
    content: blocks.map(([, , block]) => block),
    stop_reason: "end_turn",
    stop_sequence: null,
    stop_details: null,
    container: null,
    ...end,
    usage: told,
  };
  const { stop_reason, stop_sequence, stop_details, container } = whole;
  const { cache_creation: _, service_tier: __, inference_geo: ___, ...counted } = told;
  const start = { ...whole, content: [], stop_reason: null, stop_sequence: null, stop_details: null };
  const stream = namedEvents(
    { type: "message_start", message: { ...start, usage: { ...told, output_tokens: 3 } } } as Typed,
    ...blocks.flatMap(([content_block, deltas], index): Typed[] => [
      { type: "content_block_start", index, content_block },
      ...(index === 0 ? [{ type: "ping" }] : []),
      ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
      { type: "content_block_stop", index },
    ]),
    { type: "message_delta", delta: { stop_reason, stop_sequence, stop_details, container }, usage: counted } as Typed,
    { type: "message_stop" },
  );
  return { stream, plain: JSON.stringify(whole) };
}

type Typed = { readonly type: string } & Json;

export function text(...pieces: string[]): Block {
  return [
    { type: "text", text: "" },
    pieces.map((piece) => ({ type: "text_delta", text: piece })),
    { type: "text", text: pieces.join("") },
  ];
}

function thinking(...pieces: string[]): Block {
  return [
    { type: "thinking", thinking: "", signature: "" },
    [
      ...pieces.map((piece) => ({ type: "thinking_delta", thinking: piece })),
      { type: "signature_delta", signature: "EqQBCgIYAhIM1gbcDa9GJwZA2b3h" },
    ],
    { type: "thinking", thinking: pieces.join(""), signature: "EqQBCgIYAhIM1gbcDa9GJwZA2b3h" },
  ];
}

function tool(type: string, name: string, ...pieces: string[]): Block {
  const block = { type, id: `toolu_${name}`, name, caller: { type: "direct" } };
  return [
    { ...block, input: {} },
    ["", ...pieces].map((piece) => ({ type: "input_json_delta", partial_json: piece })),
    { ...block, input: JSON.parse(pieces.join("") || "{}") as unknown },
  ];
}

const citations = [
  {
    type: "char_location",
    cited_text: "The grass is green.",
    document_index: 0,
    document_title: "Facts",
    start_char_index: 0,
    end_char_index: 20,
  },
  {
    type: "page_location",
    cited_text: "Grün",
    document_index: 1,
    document_title: null,
    start_page_number: 5,
    end_page_number: 6,
  },
];
const cited: Block = [
  { type: "text", text: "", citations: [] },
  [
    { type: "citations_delta", citation: citations[0] },
    { type: "text_delta", text: "the grass " },
    { type: "text_delta", text: "is green" },
    { type: "citations_delta", citation: citations[1] },
  ],
  { type: "text", text: "the grass is green", citations },
];

const found = {
  type: "tool_search_tool_result",
  tool_use_id: "srvtoolu_1",
  content: {
    type: "tool_search_tool_search_result",
    tool_references: [{ type: "tool_reference", tool_name: "get_weather" }],
  },
};
const redacted = { type: "redacted_thinking", data: "EmwKAhgBEgy3va3pzix/LafPsn4a" };

const ask = (content: string): MessageCreateParamsNonStreaming => ({
  model: "claude-opus-5",
  max_tokens: 1024,
  messages: [{ role: "user", content }],
});
const getWeather = { name: "get_weather", input_schema: { type: "object" as const } };

/** Messages as Anthropic's reference describes them. */
export const messages: readonly Recorded<MessageCreateParamsNonStreaming>[] = [
  { name: "a text", params: ask("Hello"), ...message([text("Hel", "lo „Grüße“ ", "🐈‍⬛.")]) },
  {
    name: "a text that ends at a sequence",
    params: { ...ask("Count"), stop_sequences: ["three"] },
    ...message([text("one, two, ")], { stop_reason: "stop_sequence", stop_sequence: "three" }),
  },
  {
    name: "thoughts, a text and calls of tools",
    params: { ...ask("Weather?"), tools: [getWeather], thinking: { type: "enabled", budget_tokens: 1024 } },
    ...message(
      [
        thinking("First ", "this, ", "then “that”."),
        text("Let me look."),
        tool(
          "tool_use",
          "get_weather",
          '{"ci',
          'ty": "San Fran',
          'cisco, CA", "n": 12345678901234567890, "x": 1.0, "deep": {"a":[{"b":{"c":[1e3]}}]}}',
        ),
        tool("tool_use", "get_time"),
      ],
      { stop_reason: "tool_use" },
      { ...usage, output_tokens_details: { thinking_tokens: 20 } },
    ),
  },
  {
    name: "thoughts that are not shown",
    params: ask("Think"),
    ...message([[redacted, [], redacted], text("Yes.")]),
  },
  {
    name: "thoughts that are left out but for their signature",
    params: ask("Think"),
    ...message([thinking(), text("Yes.")]),
  },
  { name: "citations", params: ask("What does it say?"), ...message([text("It says "), cited, text(".")]) },
  {
    name: "a search among tools by the vendor",
    params: {
      ...ask("Weather?"),
      tools: [{ type: "tool_search_tool_regex", name: "tool_search_tool_regex" }, getWeather],
    },
    ...message(
      [
        tool("server_tool_use", "tool_search_tool_regex", '{"pattern":"weather"}'),
        [found, [], found],
        tool("tool_use", "get_weather", '{"city":"Oslo"}'),
      ],
      { stop_reason: "tool_use" },
      { ...usage, server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 } },
    ),
  },
  {
    name: "the members of 2023 and no more",
    params: ask("Hello"),
    ...message([text("Hello.")], {}, { input_tokens: 1, output_tokens: 2 }),
  },
  {
    name: "a block of a type that is not known",
    params: ask("Hello"),
    ...message([
      [{ type: "hologram", frames: [] }, [{ type: "hologram_delta", frame: 1 }], { type: "hologram", frames: [1] }],
      text("There."),
    ]),
    apart: "pieces that are not known",
  },
];
