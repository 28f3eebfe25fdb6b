import { parseEvents, type ServerSentEvent } from "../event-stream.ts";
import { withMember } from "../json-text.ts";
import { isObject, parseObject } from "../json-object.ts";
import type { Params, WireFormat } from "./wire-format.ts";

/** `POST …/chat/completions` (platform.openai.com/docs/api-reference/chat), as OpenAI and many others speak it. */
export const chatCompletions: WireFormat = {
  operation: "chat",
  path: "/chat/completions",
  // The key leaves `stream` out, so it must be certain what it means.
  isCacheable: ({ messages, stream = null }) =>
    Array.isArray(messages) && (stream === null || typeof stream === "boolean"),
  isComplete,
  stream: {
    isAsked: ({ stream }) => stream === true,
    optionsThatCount,
    variantOf: (params) => (asksForUsage(params) ? withUsage : ""),
    translate,
    isLast,
    isComplete: isCompleteStream,
  },
};

/** The variant of a stream that tells the usage. */
const withUsage = "usage";

/** What a client waits for. */
const endOfStream = "[DONE]";

/** Longer ones are not looked at: an event that says no more than this has few comments beside it. */
const mostBytesOfEnd = 256;

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
  if (events.at(-1)?.data !== endOfStream) return false;
  for (const { type, data } of events.slice(0, -1)) {
    const chunk = parseObject(data);
    if (chunk === undefined || type === "error" || isSet(chunk["error"])) return false;
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

function isLast(event: Uint8Array): boolean {
  return event.length <= mostBytesOfEnd && parseEvents(new TextDecoder().decode(event)).at(-1)?.data === endOfStream;
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

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function asksForUsage({ stream_options: options }: Params): boolean {
  return isObject(options) && options["include_usage"] === true;
}

function optionsThatCount({ stream_options: options }: Params): Params | undefined {
  if (!isObject(options)) return undefined;
  const counted = Object.entries(options).filter(([name]) => name !== "include_usage");
  return counted.length === 0 ? undefined : Object.fromEntries(counted);
}

/** A recording that tells the usage serves those who did not ask for it, without what they would not have got. */
function translate(event: Uint8Array, recorded: string, wanted: string): Uint8Array | undefined {
  if (recorded === wanted) return event;
  if (recorded !== withUsage) return undefined;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(event);
  const parsed = parseEvents(text);
  const [only] = parsed;
  const chunk = only && parseObject(only.data);
  if (only === undefined || chunk === undefined || !("usage" in chunk)) return event;
  const { usage, choices } = chunk;
  if (isSet(usage)) return Array.isArray(choices) && choices.length === 0 ? nothing : undefined;
  // Data on several lines is not in the event as one text.
  if (!text.includes(only.data)) return undefined;
  return new TextEncoder().encode(text.replace(only.data, () => withMember(only.data, "usage", undefined)));
}

const nothing = new Uint8Array();
