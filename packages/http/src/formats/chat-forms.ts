import type { ServerSentEvent } from "../event-stream.ts";
import { type ChunkForm, collectChunks, replayChunks } from "./chunk-forms.ts";
import { appended, indexed, joined, type MergeRules, nested, once, same, sameOrEmpty } from "./merge-rules.ts";
import { formatArray, formatObject, isGiven, type RawObject, readArray, readObject, UnknownShape } from "./raw-json.ts";
import type { Params } from "./wire-format.ts";

/** The whole chat completion that a recorded stream makes; `undefined` where it would not be certain to be what the model would have sent. */
export function collectChat(events: readonly ServerSentEvent[]): string | undefined {
  return collectChunks(events, form);
}

/** The stream that says what a whole chat completion says; `undefined` where a part of it has no certain place in a stream. */
export function replayChat(body: string, params: Params): readonly ServerSentEvent[] | undefined {
  return replayChunks(body, params, form);
}

const toolCallRules: MergeRules = {
  index: same,
  id: sameOrEmpty,
  type: sameOrEmpty,
  function: nested({ name: once, arguments: joined }),
  custom: nested({ name: once, input: joined }),
};

/** `audio` has none, and so has what a vendor adds: nobody knows whether its pieces are put together or take each other's place. */
const deltaRules: MergeRules = {
  role: sameOrEmpty,
  content: joined,
  reasoning: joined,
  reasoning_content: joined,
  refusal: joined,
  annotations: appended,
  tool_calls: indexed(toolCallRules, completeToolCall),
  function_call: nested({ name: once, arguments: joined }),
};

const choiceRules: MergeRules = {
  index: same,
  delta: nested(deltaRules),
  logprobs: nested({ content: appended, refusal: appended }),
  finish_reason: same,
};

const form: ChunkForm = {
  object: "chat.completion",
  chunkObject: "chat.completion.chunk",
  mergeChoices: indexed(choiceRules, completeChoice),
  piecesOf,
};

/** In the order that a model has them. */
const textNames: readonly string[] = ["reasoning", "reasoning_content", "content", "refusal"];

function completeChoice(choice: RawObject): string {
  const message = new Map(readObject(choice.get("delta") ?? ""));
  if (!message.has("content")) message.set("content", "null");
  // An empty refusal is one to some clients and none to others.
  if (!isGiven(message.get("role")) || !isGiven(choice.get("finish_reason")) || message.get("refusal") === '""')
    throw new UnknownShape("a choice that is not complete");
  return formatObject([
    ["index", choice.get("index")],
    ["message", formatObject(message)],
    ["logprobs", choice.get("logprobs")],
    ["finish_reason", choice.get("finish_reason")],
  ]);
}

function completeToolCall(call: RawObject): string {
  const members = [...call].filter(([name]) => name !== "index");
  const [called, text] = call.get("type") === '"custom"' ? ["custom", "input"] : ["function", "arguments"];
  const tool = readObject(call.get(called) ?? "");
  const isComplete = isGiven(call.get("id")) && isGiven(call.get("type")) && isGiven(tool.get(text));
  if (!isComplete || !isGiven(tool.get("name")) || members.length !== 3)
    throw new UnknownShape("a part of a tool call");
  return formatObject(members);
}

/** The choices of the chunks that say what one choice of a whole answer says: its role and what is no text, each text, each tool call, the end. */
function piecesOf(choice: RawObject): string[] {
  const logprobs = choice.get("logprobs");
  const deltas = deltasOf(readObject(choice.get("message") ?? ""));
  const spoken = deltas.findLastIndex((delta) => delta.has("content") || delta.has("refusal"));
  const piece = (delta: RawObject, ownLogprobs: string, finishReason = "null") =>
    formatObject([
      ["index", choice.get("index")],
      ["delta", formatObject(delta)],
      ["logprobs", logprobs && ownLogprobs],
      ["finish_reason", finishReason],
    ]);
  return [
    ...deltas.map((delta, at) => piece(delta, at === Math.max(0, spoken) ? (logprobs ?? "") : "null")),
    piece(new Map(), "null", choice.get("finish_reason")),
  ];
}

function deltasOf(message: RawObject): RawObject[] {
  const texts = textNames.filter((name) => message.get(name)?.startsWith('"'));
  const toolCalls = readArray(message.get("tool_calls") ?? "[]");
  const first = new Map(message);
  for (const name of texts) first.delete(name);
  // As models begin: some clients wait for it.
  if (texts.includes("content")) first.set("content", '""');
  if (toolCalls.length > 0) first.delete("tool_calls");
  const calls = toolCalls.map((call, index) => formatObject([["index", String(index)], ...readObject(call)]));
  return [
    first,
    ...texts.map((name) => new Map([[name, message.get(name) ?? ""]])),
    ...calls.map((call) => new Map([["tool_calls", formatArray([call])]])),
  ];
}
