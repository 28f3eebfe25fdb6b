import type { ServerSentEvent } from "../event-stream.ts";
import { isObject, isSet } from "../json-object.ts";
import { openAiUsage } from "../token-usage.ts";
import { collectChat, replayChat } from "./chat-forms.ts";
import { chunkedStream, chunksOf } from "./chunked-stream.ts";
import { asksOnlyFor, readsOutside } from "./outside-sources.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/chat/completions` (platform.openai.com/docs/api-reference/chat), as OpenAI and many others speak it. */
export const chatCompletions: WireFormat = {
  operation: "chat",
  matches: endsIn("/chat/completions"),
  isCacheable,
  isComplete,
  usageOf: openAiUsage,
  stream: { ...chunkedStream, isComplete: isCompleteStream, collect: collectChat, replay: replayChat },
};

/** Tools that the client calls. The others are the vendor's, who calls them while the model answers. */
const tools: ReadonlySet<unknown> = new Set(["function", "custom"]);

function isCacheable(params: Params): boolean {
  const { messages, stream = null } = params;
  // The key leaves `stream` out, so it must be certain what it means.
  if (!Array.isArray(messages) || (stream !== null && typeof stream !== "boolean")) return false;
  return asksOnlyFor(tools, params) && !readsOutside(params);
}

const completeReasons: ReadonlySet<unknown> = new Set(["stop", "tool_calls", "function_call"]);

/** What one choice has said so far. */
interface Choice {
  finishReason: unknown;
  says: boolean;
  refuses: boolean;
}

function isComplete(body: unknown, params: Params): boolean {
  if (!isObject(body) || isSet(body["error"]) || !Array.isArray(body["choices"])) return false;
  const choices = body["choices"].map((choice: unknown) => readChoice(choice, "message"));
  return choices.length >= choicesAsked(params) && choices.every(isCompleteChoice);
}

function isCompleteStream(events: readonly ServerSentEvent[], params: Params): boolean {
  const choices = new Map<unknown, Choice>();
  const chunks = chunksOf(events);
  if (chunks === undefined) return false;
  for (const chunk of chunks) {
    // Some chunks carry no choice: usage, what Azure says of the prompt.
    for (const choice of Array.isArray(chunk["choices"]) ? (chunk["choices"] as unknown[]) : []) {
      const part = readChoice(choice, "delta");
      const index = isObject(choice) ? choice["index"] : undefined;
      const whole = choices.get(index);
      if (whole === undefined) choices.set(index, part);
      else addTo(whole, part);
    }
  }
  return choices.size >= choicesAsked(params) && [...choices.values()].every(isCompleteChoice);
}

function addTo(whole: Choice, part: Choice): void {
  whole.finishReason = part.finishReason ?? whole.finishReason;
  whole.says ||= part.says;
  whole.refuses ||= part.refuses;
}

function readChoice(choice: unknown, messageMember: "message" | "delta"): Choice {
  if (!isObject(choice) || isSet(choice["error"])) return { finishReason: "error", says: false, refuses: false };
  const message = choice[messageMember];
  if (!isObject(message)) return { finishReason: choice["finish_reason"], says: false, refuses: false };
  const { content, tool_calls: toolCalls, function_call: functionCall, audio, refusal } = message;
  return {
    finishReason: choice["finish_reason"],
    says: isFilled(content) || isFilled(toolCalls) || isObject(functionCall) || isObject(audio),
    refuses: isFilled(refusal),
  };
}

function isCompleteChoice({ finishReason, says, refuses }: Choice): boolean {
  return completeReasons.has(finishReason) && says && !refuses;
}

function choicesAsked({ n }: Params): number {
  return typeof n === "number" ? n : 1;
}

function isFilled(value: unknown): boolean {
  return (typeof value === "string" || Array.isArray(value)) && value.length > 0;
}
