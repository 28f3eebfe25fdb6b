import { formatEvent, type ServerSentEvent } from "../event-stream.ts";
import { eventStreamFraming, type Framing, jsonArrayFraming } from "../framing.ts";
import { elementIn } from "../json-array-stream.ts";
import { isObject, isSet, parseObject } from "../json-object.ts";
import { compact } from "../json-text.ts";
import { geminiUsage } from "../token-usage.ts";
import { collectContent, replayContent } from "./generate-content-forms.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

const arrayVariant = "array";
const eventsVariant = "";

const plainMethod = ":generateContent";
const streamMethod = ":streamGenerateContent";

/** `POST …/models/{model}:generateContent` of Gemini's (ai.google.dev/api/generate-content), on Vertex as well. */
export const generateContent: WireFormat = formatOf(endsIn(plainMethod), false, eventStreamFraming);

/** `…:streamGenerateContent?alt=sse`: the same as events. */
export const streamGenerateContent: WireFormat = formatOf(
  (url) => url.pathname.endsWith(streamMethod) && url.searchParams.get("alt") === "sse",
  true,
  eventStreamFraming,
);

/** `…:streamGenerateContent`: the same as one JSON array. */
export const streamGenerateContentArray: WireFormat = formatOf(endsIn(streamMethod), true, jsonArrayFraming);

function formatOf(matches: WireFormat["matches"], isStream: boolean, framing: Framing): WireFormat {
  return {
    operation: "chat",
    matches,
    endpointOf,
    isCacheable,
    isComplete,
    usageOf: geminiUsage,
    stream: {
      framingOf: () => framing,
      isAsked: () => isStream,
      optionsThatCount: () => undefined,
      variantOf: () => (framing === jsonArrayFraming ? arrayVariant : eventsVariant),
      wholeVariant: eventsVariant,
      translate,
      // There is none: the body ends.
      isLast: () => false,
      isComplete: isCompleteStream,
      collect: collectContent,
      replay: replayContent,
    },
  };
}

/** What the URL says of streaming is transport. Any other form of answer that it asks for counts. */
function endpointOf(url: URL): URL {
  const endpoint = new URL(url);
  const isStream = endpoint.pathname.endsWith(streamMethod);
  if (isStream) endpoint.pathname = `${endpoint.pathname.slice(0, -streamMethod.length)}${plainMethod}`;
  const form = endpoint.searchParams.get("alt");
  if (form === "json" || (isStream && form === "sse")) endpoint.searchParams.delete("alt");
  return endpoint;
}

/** What the client calls. All others are called by the vendor while the model answers, and read what is different tomorrow, or change it. */
const knownTools: ReadonlySet<string> = new Set([
  "functionDeclarations",
  "function_declarations",
  "computerUse",
  "computer_use",
]);

/** Each member has two names (protobuf.dev/programming-guides/json). The key leaves `stream` out, which means nothing here. */
function isCacheable(params: Params): boolean {
  const { contents, tools = null } = params;
  if (!Array.isArray(contents) && !isObject(contents)) return false;
  // The vendor keeps what it names.
  if (["cachedContent", "cached_content"].some((name) => isSet(params[name]))) return false;
  if ("stream" in params || "stream_options" in params) return false;
  return (
    tools === null ||
    [tools].flat().every((tool) => isObject(tool) && Object.keys(tool).every((name) => knownTools.has(name)))
  );
}

/** What one candidate has said so far. */
interface Candidate {
  finishReason: unknown;
  says: boolean;
}

function isComplete(body: unknown, params: Params): boolean {
  return isObject(body) && isWhole([body], params);
}

function isCompleteStream(events: readonly ServerSentEvent[], params: Params): boolean {
  const chunks = events.map(({ data }) => parseObject(data));
  return chunks.every((chunk) => chunk !== undefined) && isWhole(chunks, params);
}

function isWhole(chunks: readonly Record<string, unknown>[], params: Params): boolean {
  const candidates = new Map<unknown, Candidate>();
  for (const { error, promptFeedback, candidates: pieces = [] } of chunks) {
    if (isSet(error) || (isObject(promptFeedback) && isSet(promptFeedback["blockReason"]))) return false;
    if (!Array.isArray(pieces)) return false;
    for (const piece of pieces) {
      if (!isObject(piece)) return false;
      const { index = 0, finishReason, content } = piece;
      const before = candidates.get(index);
      candidates.set(index, {
        finishReason: finishReason ?? before?.finishReason,
        says: before?.says === true || (isObject(content) && [content["parts"]].flat().some(says)),
      });
    }
  }
  return (
    candidates.size >= candidatesAsked(params) &&
    [...candidates.values()].every((candidate) => candidate.finishReason === "STOP" && candidate.says)
  );
}

/** Whether a part is more than a thought and an empty text. */
function says(part: unknown): boolean {
  if (!isObject(part) || part["thought"] === true) return false;
  return Object.entries(part).some(([name, value]) => name !== "thoughtSignature" && isSet(value) && value !== "");
}

function candidatesAsked(params: Params): number {
  const config = params["generationConfig"] ?? params["generation_config"];
  const count = isObject(config) ? (config["candidateCount"] ?? config["candidate_count"]) : undefined;
  return typeof count === "number" ? count : 1;
}

/** An array serves those who want events. The other way nothing says which event is the last. */
function translate(event: Uint8Array, recorded: string, wanted: string): Uint8Array | undefined {
  if (recorded === wanted) return event;
  if (recorded !== arrayVariant) return undefined;
  const element = elementIn(new TextDecoder().decode(event));
  return new TextEncoder().encode(element && formatEvent({ type: "message", data: compact(element) }));
}
