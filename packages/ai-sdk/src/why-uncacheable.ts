import { searchesUnasked } from "@llmcache/core";
import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";

/**
 * Members of any vendor's options that name what the vendor keeps, have it act, or have it read what is different tomorrow, in the AI SDK's
 * spelling and in the vendors' own, by which some providers take them: OpenAI's, Anthropic's, Google's, xAI's, Azure's, OpenRouter's and Qwen's.
 */
const outside = [
  "conversation",
  "previousResponseId",
  "webSearchOptions",
  "web_search_options",
  "container",
  "mcpServers",
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

/** Why a call goes past the cache: its answer depends on more than the call, or does more than answer. `undefined`: it does not. */
export function whyUncacheable(
  { modelId }: LanguageModelV4,
  { tools = [], providerOptions = {} }: LanguageModelV4CallOptions,
): string | undefined {
  if (tools.some(({ type }) => type === "provider")) return "provider-tools";
  const options = Object.values(providerOptions);
  if ([modelId, ...options.flatMap((members) => members["models"])].some(searchesUnasked)) return "searching-model";
  return outside.find((name) => options.some((members) => (members[name] ?? false) !== false));
}
