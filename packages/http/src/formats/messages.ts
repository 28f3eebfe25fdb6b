import type { ServerSentEvent } from "../event-stream.ts";
import { isObject, isSet } from "../json-object.ts";
import { anthropicUsage } from "../token-usage.ts";
import { collectMessage, replayMessage } from "./messages-forms.ts";
import { readsOutside } from "./outside-sources.ts";
import { lastTypeIn, parseTyped, typedStream } from "./typed-stream.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/v1/messages` of Anthropic's (platform.claude.com/docs/en/api/messages and …/build-with-claude/streaming). */
export const messages: WireFormat = {
  operation: "messages",
  matches: endsIn("/v1/messages"),
  isCacheable,
  isComplete,
  usageOf: anthropicUsage,
  stream: {
    ...typedStream,
    isLast: (event) => lastTypeIn(event) === "message_stop",
    isComplete: isCompleteStream,
    collect: collectMessage,
    replay: replayMessage,
  },
};

/** The others say that the answer is cut short, refused, or not all there yet. */
const completeReasons: ReadonlySet<unknown> = new Set(["end_turn", "stop_sequence", "tool_use"]);

/**
 * Tools that the client calls, and those that only look among the request's own tools. The others are called by the vendor while the model
 * answers: they read what is different tomorrow (the web, a server) or change it, so that an answer with them depends on more than the request.
 */
const knownTool =
  /^(?:custom|(?:bash|text_editor|memory|computer|computer_toolset|browser_toolset|tool_search_tool_(?:bm25|regex))(?:_\d{8})?)$/;

const thoughts: ReadonlySet<unknown> = new Set(["thinking", "redacted_thinking"]);

/** What the vendor keeps and the request only names is none of the request: a container, a thread, an earlier message. */
function isCacheable(params: Params): boolean {
  const {
    messages: turns,
    stream = null,
    tools = [],
    mcp_servers: servers = [],
    container,
    thread,
    diagnostics,
  } = params;
  if (!Array.isArray(turns) || (stream !== null && typeof stream !== "boolean")) return false;
  if (isSet(thread) || isSet(container) || readsOutside(params)) return false;
  if (isObject(diagnostics) && isSet(diagnostics["previous_message_id"])) return false;
  if (servers !== null && !(Array.isArray(servers) && servers.length === 0)) return false;
  return tools === null || (Array.isArray(tools) && tools.every(isKnownTool));
}

function isKnownTool(tool: unknown): boolean {
  if (!isObject(tool)) return false;
  const { type = null } = tool;
  return type === null || (typeof type === "string" && knownTool.test(type));
}

function isComplete(body: unknown): boolean {
  if (!isObject(body) || body["type"] !== "message" || isSet(body["error"])) return false;
  const { content, stop_reason: reason } = body;
  if (!Array.isArray(content) || !completeReasons.has(reason)) return false;
  return content.every(isWhole) && content.some((block) => says(block));
}

function isCompleteStream(events: readonly ServerSentEvent[]): boolean {
  const parsed = (parseTyped(events) ?? []).filter(({ type }) => type !== "ping");
  const types = parsed.map(({ type }) => type);
  if (types[0] !== "message_start" || types.indexOf("message_stop") !== types.length - 1) return false;
  const begun = parsed.flatMap((event) => (event["type"] === "content_block_start" ? event["content_block"] : []));
  const deltas = parsed.flatMap((event) => (event["type"] === "message_delta" ? event["delta"] : []));
  const ended = types.filter((type) => type === "content_block_stop").length;
  const last = deltas.at(-1);
  return (
    isObject(last) &&
    completeReasons.has(last["stop_reason"]) &&
    ended === begun.length &&
    begun.every(isWhole) &&
    (begun.some((block) => says(block)) || parsed.some(addsText))
  );
}

/** Whether a block is no failure of a tool. */
function isWhole(block: unknown): boolean {
  if (!isObject(block)) return false;
  const { content } = block;
  return !isObject(content) || !String(content["type"]).endsWith("_error");
}

/** Whether a block is more than thoughts and empty texts. */
function says(block: unknown): boolean {
  if (!isObject(block) || thoughts.has(block["type"])) return false;
  return block["type"] !== "text" || (isSet(block["text"]) && block["text"] !== "");
}

function addsText(event: Record<string, unknown>): boolean {
  const delta = event["delta"];
  return isObject(delta) && delta["type"] === "text_delta" && isSet(delta["text"]) && delta["text"] !== "";
}
