import { type Schema as JsonSchema, Validator } from "@cfworker/json-schema";
import type { LanguageModelV4CallOptions, LanguageModelV4Content } from "@ai-sdk/provider";
import type { Answer } from "./answer-forms.ts";

/** How an answer ends that is complete. All other ends are of answers that were cut off, filtered or failed, or not known. */
const completeReasons: ReadonlySet<string> = new Set(["stop", "tool-calls"]);

/** Whether an answer is complete, says something, and is of the form that was asked for. */
export function isComplete(
  { content, finishReason, structuredOutputText }: Answer,
  params: LanguageModelV4CallOptions,
): boolean {
  if (!completeReasons.has(finishReason.unified) || !content.some(saysSomething) || content.some(isMadeByVendor))
    return false;
  const calls = content.filter((part) => part.type === "tool-call");
  if (finishReason.unified === "tool-calls" && calls.length === 0) return false;
  const { tools = [], responseFormat } = params;
  const callsAreSound = calls.every(({ toolName, input }) => {
    const tool = tools.find(({ name }) => name === toolName);
    // An input of nothing is one without members.
    return tool?.type === "function" && isOfSchema(input.trim() === "" ? "{}" : input, tool.inputSchema);
  });
  if (!callsAreSound) return false;
  if (responseFormat?.type !== "json" || calls.length > 0) return true;
  return isOfSchema(structuredOutputText ?? textOf(content), responseFormat.schema);
}

/** The text of an answer. */
export function textOf(content: readonly LanguageModelV4Content[]): string {
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function saysSomething(part: LanguageModelV4Content): boolean {
  switch (part.type) {
    case "text":
      return part.text !== "";
    case "tool-call":
    case "file":
    case "custom":
      return true;
    default:
      return false;
  }
}

/** What the vendor did, or asks leave to do, for this call alone: a replay would not do it again. */
function isMadeByVendor(part: LanguageModelV4Content): boolean {
  return (
    part.type === "tool-result" ||
    part.type === "tool-approval-request" ||
    (part.type === "tool-call" && part.providerExecuted === true)
  );
}

function isOfSchema(text: string, schema: object | undefined): boolean {
  try {
    const value: unknown = JSON.parse(text);
    // The validator writes into the schema that it is given, and the caller's may be frozen.
    return schema === undefined || new Validator(structuredClone(schema) as JsonSchema, "7").validate(value).valid;
  } catch {
    return false;
  }
}
