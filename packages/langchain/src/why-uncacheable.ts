import { searchesUnasked } from "@llmcache/core";

/**
 * Parameters that name what the vendor keeps, have it act, or have it read what is different tomorrow, in the vendors' spelling and in that of
 * LangChain's classes: OpenAI's, Anthropic's, Google's, xAI's, Azure's, OpenRouter's and Qwen's.
 */
const outside = [
  "conversation",
  "previous_response_id",
  "web_search_options",
  "container",
  "mcp_servers",
  "cachedContent",
  "cached_content",
  "searchParameters",
  "search_parameters",
  "dataSources",
  "data_sources",
  "plugins",
  "enableSearch",
  "enable_search",
];

/** Types of tools that the program runs; a tool without a type is Anthropic's, Gemini's or Bedrock's. */
const ownTypes: ReadonlySet<unknown> = new Set([undefined, "function", "custom"]);

/** What such a tool consists of, by any vendor. Gemini's own ones are named by other members. */
const ownMembers = ["function", "name", "input_schema", "functionDeclarations", "toolSpec"];

/**
 * Why a call goes past the cache: its answer depends on more than the call, or does more than answer. `undefined`: it does not.
 *
 * @param model its name
 * @param params what it is told beside the messages
 */
export function whyUncacheable(model: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const { tools, models } = params;
  if ([model, models].flat().some(searchesUnasked)) return "searching-model";
  if (Array.isArray(tools) && !tools.every(isOwnTool)) return "provider-tools";
  return outside.find((name) => (params[name] ?? false) !== false);
}

function isOwnTool(tool: unknown): boolean {
  return isObject(tool) && ownTypes.has(tool["type"]) && ownMembers.some((name) => name in tool);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
