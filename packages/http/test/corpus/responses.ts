import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { namedEvents, type Recorded } from "../differential.ts";

type Json = Record<string, unknown>;
type Typed = { readonly type: string } & Json;

/** A response in both of its forms. @param items each with the events between its beginning and its end */
function response(
  items: readonly (readonly [item: Json, begun: Json, events: readonly Typed[]])[],
): Pick<Recorded, "stream" | "plain"> {
  const whole = {
    id: "resp_1",
    object: "response",
    created_at: 1_780_000_000,
    completed_at: 1_780_000_001,
    status: "completed",
    error: null,
    incomplete_details: null,
    instructions: null,
    model: "m",
    parallel_tool_calls: true,
    tools: [],
    output: items.map(([item]) => item),
    usage: {
      input_tokens: 9,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens: 12,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 21,
    },
  };
  const begun = { ...whole, status: "in_progress", completed_at: null, output: [], usage: null };
  const events: Typed[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...items.flatMap(([item, changes, pieces], output_index) => [
      { type: "response.output_item.added", output_index, item: { ...item, ...changes } },
      ...pieces.map((piece) => ({ ...piece, item_id: item["id"], output_index })),
      { type: "response.output_item.done", output_index, item },
    ]),
    { type: "response.completed", response: whole },
  ];
  const numbered = events.map((event, sequence_number) => ({ ...event, sequence_number }));
  return { stream: namedEvents(...numbered), plain: JSON.stringify(whole) };
}

function message(part: Json, ...deltas: Typed[]): readonly [Json, Json, readonly Typed[]] {
  const at = { content_index: 0 };
  return [
    { id: "msg_1", type: "message", status: "completed", role: "assistant", content: [part] },
    { status: "in_progress", content: [] },
    [
      { type: "response.content_part.added", ...at, part: { ...part, text: "", annotations: [] } },
      ...deltas.map((delta) => ({ ...delta, ...at })),
      { type: "response.content_part.done", ...at, part },
    ],
  ];
}

const said = (text: string) => ({ type: "response.output_text.delta", delta: text, logprobs: [] });
const text = { type: "output_text", text: "Hello „Grüße“.", annotations: [], logprobs: [] };
const citation = { type: "file_citation", file_id: "file_1", filename: "a.txt", index: 5 };
const ask = (input: string): ResponseCreateParamsNonStreaming => ({ model: "m", input });

/** Responses as OpenAI's reference describes them. */
export const responses: readonly Recorded<ResponseCreateParamsNonStreaming>[] = [
  {
    name: "a text",
    params: ask("Hello"),
    ...response([
      message(text, said("Hello "), said("„Grüße“."), {
        type: "response.output_text.done",
        text: text.text,
        logprobs: [],
      }),
    ]),
  },
  {
    name: "thoughts that stay with the client, and a call of a function",
    params: { ...ask("Weather?"), include: ["reasoning.encrypted_content"], store: false },
    ...response([
      [
        {
          id: "rs_1",
          type: "reasoning",
          summary: [{ type: "summary_text", text: "Hm." }],
          encrypted_content: "gAAAAAB",
        },
        { summary: [] },
        [
          { type: "response.reasoning_summary_part.added", summary_index: 0, part: { type: "summary_text", text: "" } },
          { type: "response.reasoning_summary_text.delta", summary_index: 0, delta: "Hm." },
          { type: "response.reasoning_summary_text.done", summary_index: 0, text: "Hm." },
          {
            type: "response.reasoning_summary_part.done",
            summary_index: 0,
            part: { type: "summary_text", text: "Hm." },
          },
        ],
      ],
      [
        {
          id: "fc_1",
          type: "function_call",
          status: "completed",
          call_id: "call_1",
          name: "f",
          arguments: '{"n":12345678901234567890}',
        },
        { status: "in_progress", arguments: "" },
        [
          { type: "response.function_call_arguments.delta", delta: '{"n":123456' },
          { type: "response.function_call_arguments.delta", delta: "78901234567890}" },
          { type: "response.function_call_arguments.done", arguments: '{"n":12345678901234567890}', name: "f" },
        ],
      ],
    ]),
  },
];

/** As `responses`: the stream is the plain answer, but a plain answer is no stream. */
export const oneWay: readonly Recorded<ResponseCreateParamsNonStreaming>[] = [
  {
    name: "citations",
    params: ask("What does it say?"),
    ...response([
      message({ ...text, annotations: [citation] }, said("Hello "), said("„Grüße“."), {
        type: "response.output_text.annotation.added",
        annotation_index: 0,
        annotation: citation,
      }),
    ]),
  },
  {
    name: "a picture",
    params: { ...ask("Draw"), tools: [{ type: "image_generation" }] },
    ...response([
      [
        { id: "ig_1", type: "image_generation_call", status: "completed", result: "iVBORw0KGgo=" },
        { status: "in_progress", result: null },
        [{ type: "response.image_generation_call.in_progress" }, { type: "response.image_generation_call.completed" }],
      ],
    ]),
  },
];
