import { BaseMessage } from "@langchain/core/messages";
import type { Generation } from "@langchain/core/outputs";

/** Where vendors tell why an answer ended. */
const reasonNames = ["finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason", "status"];

/** How they call the end of a complete one, in lower case. */
const completeReasons: ReadonlySet<unknown> = new Set([
  "stop",
  "stop_sequence",
  "end_turn",
  "eos",
  "eos_token",
  "complete",
  "completed",
  "tool_calls",
  "tool_use",
  "function_call",
]);

/**
 * Whether a generation is complete: every reason that it gives for its end says so, it gives one, and it says something. Refusals, calls of tools
 * whose arguments could not be read, and what the vendor's own tools had a part in are none.
 */
export function isCompleteGeneration(generation: Generation): boolean {
  const message =
    "message" in generation && BaseMessage.isInstance(generation.message) ? generation.message : undefined;
  const reasons = reasonsOf({ ...message?.response_metadata, ...generation.generationInfo });
  if (reasons.length === 0 || !reasons.every((reason) => completeReasons.has(reason))) return false;
  return message === undefined ? generation.text !== "" : saysSomething(message);
}

function reasonsOf(told: Record<string, unknown>): string[] {
  const reasons = reasonNames.map((name) => told[name]);
  return reasons.filter((reason) => typeof reason === "string").map((reason) => reason.toLowerCase());
}

function saysSomething(message: BaseMessage): boolean {
  const { content } = message;
  const more: Readonly<Record<string, unknown>> = message.additional_kwargs;
  const { tool_calls: calls, invalid_tool_calls: invalid } = message as {
    tool_calls?: unknown[];
    invalid_tool_calls?: unknown[];
  };
  if ((invalid?.length ?? 0) > 0 || isFilled(more["refusal"]) || isMadeByVendor(message)) return false;
  if ((calls?.length ?? 0) > 0 || isFilled(more["function_call"]) || isFilled(more["audio"])) return true;
  if (typeof content === "string") return content !== "";
  if (content.some(({ type }) => type === "refusal")) return false;
  return content.some((block) => (block.type === "text" ? block["text"] !== "" : !silentTypes.has(block.type)));
}

/** What the vendor did for this call alone: a replay would not do it again. */
function isMadeByVendor({ content, additional_kwargs: { tool_outputs: outputs } }: BaseMessage): boolean {
  const blocks = Array.isArray(content) ? content : [];
  return (
    (Array.isArray(outputs) && outputs.length > 0) ||
    blocks.some(({ type }) => /^(?:server_tool|mcp_)|_tool_result$/.test(type))
  );
}

/** Parts of a message that are no answer. */
const silentTypes: ReadonlySet<unknown> = new Set(["reasoning", "thinking", "redacted_thinking"]);

function isFilled(value: unknown): boolean {
  return typeof value === "object" ? value !== null : typeof value === "string" && value !== "";
}
