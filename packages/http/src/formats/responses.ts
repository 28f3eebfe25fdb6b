import type { ServerSentEvent } from "../event-stream.ts";
import { isObject, isSet, parseObject } from "../json-object.ts";
import { openAiUsage } from "../token-usage.ts";
import { asksOnlyFor, readsOutside } from "./outside-sources.ts";
import { ifKnown, parseRaw, UnknownShape } from "./raw-json.ts";
import { replayResponse } from "./responses-replay.ts";
import { lastTypeIn, typedStream } from "./typed-stream.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/responses` (platform.openai.com/docs/api-reference/responses and …/responses-streaming). */
export const responses: WireFormat = {
  operation: "responses",
  matches: endsIn("/responses"),
  isCacheable,
  isComplete,
  usageOf: openAiUsage,
  stream: {
    ...typedStream,
    isLast: (event) => lastTypeIn(event) === completed,
    isComplete: (events) => endsWell(events) && isComplete(parseObject(events.at(-1)?.data ?? "")?.["response"]),
    collect,
    replay: replayResponse,
  },
};

/** The event that a whole answer ends with. */
const completed = "response.completed";

/** The events after which none of the answer comes. */
const lastTypes: ReadonlySet<string> = new Set([completed, "response.failed", "response.incomplete", "error"]);

/**
 * Tools that are called by the client, or that the model itself is. The others are called by the vendor while the model answers: they read
 * what is different tomorrow (the web, a vector store, a server) or change it, so that an answer with them depends on more than the request.
 */
const tools: ReadonlySet<unknown> = new Set([
  "function",
  "custom",
  "computer",
  "computer_use_preview",
  "local_shell",
  "apply_patch",
  "image_generation",
]);

/** What the vendor keeps and the request only names is none of the request: an earlier response, a conversation, the newest version of a prompt. */
function isCacheable(params: Params): boolean {
  const { input, prompt, stream = null, background = null } = params;
  if (stream !== null && typeof stream !== "boolean") return false;
  // Its answer is only that the work has begun.
  if (background !== null && background !== false) return false;
  if (isSet(params["previous_response_id"]) || isSet(params["conversation"])) return false;
  if (isSet(prompt) && !(isObject(prompt) && typeof prompt["version"] === "string")) return false;
  if (!isSet(prompt) && typeof input !== "string" && !Array.isArray(input)) return false;
  if (Array.isArray(input) && input.some(isReference)) return false;
  return asksOnlyFor(tools, params) && !readsOutside(params);
}

/** Whether an item of the input names one that the vendor keeps. Its type may be left out. */
function isReference(item: unknown): boolean {
  if (!isObject(item)) return false;
  const { type = null, role, content } = item;
  return type === "item_reference" || (type === null && !isSet(role) && !isSet(content));
}

function isComplete(body: unknown): boolean {
  if (!isObject(body) || isSet(body["error"]) || isSet(body["incomplete_details"])) return false;
  const { status, output } = body;
  if (status !== "completed" || !Array.isArray(output)) return false;
  const items = output as unknown[];
  // A prompt may bring tools of its own. The response repeats all.
  return asksOnlyFor(tools, body) && items.every(isWhole) && items.some(says);
}

/** Whether a stream holds no failure, and ends with the answer. */
function endsWell(events: readonly ServerSentEvent[]): boolean {
  const types = events.map(({ data }) => parseObject(data)?.["type"]);
  const end = types.findIndex((type) => typeof type !== "string" || lastTypes.has(type));
  return end === types.length - 1 && types[end] === completed;
}

/** Neither cut short nor refused. */
function isWhole(item: unknown): boolean {
  if (!isObject(item) || isSet(item["error"])) return false;
  const { status = "completed", content } = item;
  return (
    (status === null || status === "completed") &&
    !(Array.isArray(content) && content.some((part) => isObject(part) && part["type"] === "refusal"))
  );
}

/** Whether an item is more than thoughts and empty texts. */
function says(item: unknown): boolean {
  if (!isObject(item) || item["type"] === "reasoning" || item["type"] === "compaction") return false;
  const { type, content } = item;
  if (type !== "message") return true;
  return Array.isArray(content) && content.some((part) => isObject(part) && isSet(part["text"]) && part["text"] !== "");
}

/** The last event holds the whole answer. */
function collect(events: readonly ServerSentEvent[]): string | undefined {
  return ifKnown(() => {
    const last = parseRaw(events.at(-1)?.data ?? "");
    const response = last.get("response");
    if (last.get("type") !== JSON.stringify(completed) || response === undefined) throw new UnknownShape("no answer");
    return response;
  });
}
