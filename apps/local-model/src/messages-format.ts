import type {
  ContentBlock,
  Message,
  RawContentBlockDelta,
  RawMessageStreamEvent,
  StopReason,
} from "@anthropic-ai/sdk/resources/messages";
import type { Answer, Choice } from "./answer.ts";
import { invalidRequest } from "./api-error.ts";
import { newIdentifier } from "./identifiers.ts";
import {
  type Body,
  member,
  numberMember,
  type Question,
  readModel,
  stringMember,
  textOf,
  type Tool,
} from "./question.ts";
import { canonicalText, seedOf } from "./seed.ts";
import { countTokens, splitTokens } from "./tokens.ts";
import { anthropic } from "./vendors.ts";
import type { ServerSentEvent, Stamp, WireFormat } from "./wire-format.ts";

/** `POST /v1/messages` (platform.claude.com/docs/en/api/messages and …/build-with-claude/streaming). */
export const messagesFormat: WireFormat = {
  identifierPrefix: "msg_",
  readQuestion,
  encodeBody: (answer, _body, question, stamp) => encodeMessage(answer, question, stamp, blocksOf(answer)),
  encodeEvents,
  encodeFailure: (error) => ({ event: "error", data: JSON.stringify(anthropic.encodeError(error)), tokens: 0 }),
};

function readQuestion(body: Body): Question {
  const model = readModel(body);
  const messages = body["messages"];
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalidRequest("messages", "messages must be an array of at least one message.");
  if (typeof body["max_tokens"] !== "number") throw invalidRequest("max_tokens", "max_tokens must be a number.");
  const lastUser: unknown = messages.findLast((message) => stringMember(message, "role") === "user");
  const tools = readTools(body);
  const contents = messages.map((message: unknown) => member(message, "content"));
  return {
    model,
    prompts: [textOf(member(lastUser, "content"))],
    choices: 1,
    inputTokens: contents.reduce<number>(
      (total, content) => total + 4 + countTokens(textOf(content)),
      3 + countTokens(textOf(body["system"])),
    ),
    canonical: canonicalText(body),
    maxTokens: numberMember(body, ["max_tokens"], Infinity),
    // The API leaves the sequence out of the text and says which it was; nobody here asks for one.
    stop: [],
    tools,
    toolChoice: readChoice(body, tools),
    toolResult: toolResultIn(contents.at(-1)),
    schema: member(member(body["output_config"], "format"), "schema"),
    topLogprobs: undefined,
  };
}

function readTools(body: Body): Tool[] {
  const tools: unknown = body["tools"];
  if (!Array.isArray(tools)) return [];
  return tools.map((tool) => ({ name: stringMember(tool, "name"), parameters: member(tool, "input_schema") }));
}

function readChoice(body: Body, tools: readonly Tool[]): Question["toolChoice"] {
  const choice = body["tool_choice"];
  const type = stringMember(choice, "type");
  if (tools.length === 0 || type === "none") return "none";
  if (type === "any") return "required";
  return type === "tool" ? { name: stringMember(choice, "name") } : "auto";
}

function toolResultIn(content: unknown): string | undefined {
  const results = Array.isArray(content) ? content.filter((part) => stringMember(part, "type") === "tool_result") : [];
  return results.length === 0 ? undefined : textOf(member(results[0], "content"));
}

const stopReasons: Readonly<Record<Choice["finishReason"], StopReason>> = {
  stop: "end_turn",
  length: "max_tokens",
  content_filter: "refusal",
  tool_calls: "tool_use",
};

/** A block of the content, and what is said in it piece by piece. */
interface Block {
  readonly block: ContentBlock;
  readonly begun: ContentBlock;
  readonly deltas: readonly RawContentBlockDelta[];
}

function blocksOf({ choices }: Answer): Block[] {
  const [choice] = choices;
  if (choice === undefined) return [];
  const texts = choice.refusal === undefined ? choice.tokens : splitTokens(choice.refusal);
  return [
    ...(choice.reasoning.length > 0 ? [thinkingBlock(choice.reasoning)] : []),
    ...(texts.length > 0 ? [textBlock(texts)] : []),
    ...choice.toolCalls.map(({ name, arguments: input }) => toolBlock(name, input)),
  ];
}

function thinkingBlock(tokens: readonly string[]): Block {
  const thinking = tokens.join("");
  const signature = Buffer.from(`signed ${seedOf(thinking)}`).toString("base64");
  return {
    block: { type: "thinking", thinking, signature },
    begun: { type: "thinking", thinking: "", signature: "" },
    deltas: [
      ...tokens.map((token) => ({ type: "thinking_delta" as const, thinking: token })),
      { type: "signature_delta", signature },
    ],
  };
}

function textBlock(tokens: readonly string[]): Block {
  const block = { type: "text" as const, citations: null };
  return {
    block: { ...block, text: tokens.join("") },
    begun: { ...block, text: "" },
    deltas: tokens.map((text) => ({ type: "text_delta", text })),
  };
}

function toolBlock(name: string, input: string): Block {
  const block = {
    type: "tool_use" as const,
    id: newIdentifier("toolu_", 24),
    name,
    caller: { type: "direct" as const },
  };
  return {
    block: { ...block, input: JSON.parse(input) as unknown },
    begun: { ...block, input: {} },
    // The API begins with a piece that is empty.
    deltas: ["", ...splitTokens(input)].map((partial_json) => ({ type: "input_json_delta", partial_json })),
  };
}

function encodeMessage(answer: Answer, { model }: Question, { id }: Stamp, blocks: readonly Block[]): Message {
  const [choice] = answer.choices;
  const refuses = choice?.refusal !== undefined || choice?.finishReason === "content_filter";
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: blocks.map(({ block }) => block),
    stop_reason: refuses ? "refusal" : stopReasons[choice?.finishReason ?? "stop"],
    stop_sequence: null,
    stop_details: refuses ? { type: "refusal", category: null, explanation: null } : null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: answer.inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: answer.outputTokens,
      output_tokens_details: { thinking_tokens: answer.reasoningTokens },
      server_tool_use: null,
      service_tier: "standard",
      inference_geo: "not_available",
      speed: null,
    },
  };
}

function* encodeEvents(answer: Answer, _body: Body, question: Question, stamp: Stamp): Generator<ServerSentEvent> {
  const blocks = blocksOf(answer);
  const message = encodeMessage(answer, question, stamp, blocks);
  const { stop_reason, stop_sequence, stop_details, container, usage } = message;
  const begun = { content: [], stop_reason: null, stop_details: null };
  yield encode({
    type: "message_start",
    message: { ...message, ...begun, usage: { ...usage, output_tokens: 1, output_tokens_details: null } },
  });
  for (const [index, { begun: content_block, deltas }] of blocks.entries()) {
    yield encode({ type: "content_block_start", index, content_block });
    if (index === 0) yield { event: "ping", data: '{"type": "ping"}', tokens: 0 };
    for (const delta of deltas) yield encode({ type: "content_block_delta", index, delta }, 1);
    yield encode({ type: "content_block_stop", index });
  }
  const { cache_creation: _, inference_geo: __, service_tier: ___, speed: ____, ...counted } = usage;
  yield encode({
    type: "message_delta",
    delta: { stop_reason, stop_sequence, stop_details, container },
    usage: counted,
  });
  yield encode({ type: "message_stop" });
}

function encode(event: RawMessageStreamEvent, tokens = 0): ServerSentEvent {
  return { event: event.type, data: JSON.stringify(event), tokens };
}
