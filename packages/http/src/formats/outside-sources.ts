import { searchesUnasked } from "@llmcache/core";
import { isObject, isSet } from "../json-object.ts";
import type { Params } from "./wire-format.ts";

/**
 * Whether a request has the vendor read, while the model answers, what is different tomorrow: the web, an index, what the vendor keeps. So ask all
 * who speak OpenAI's formats or Anthropic's, each by members of its own, or by the model's name alone.
 */
export function readsOutside(params: Params): boolean {
  const { model, models, plugins, enable_search: search = null, extra_body: extra } = params;
  if (sources.some((name) => isSet(params[name]))) return true;
  if (isSet(plugins) && !(Array.isArray(plugins) && plugins.length === 0)) return true;
  if (search !== null && search !== false) return true;
  if (isObject(extra) && isObject(extra["google"]) && isSet(extra["google"]["cached_content"])) return true;
  return [model, models].flat().some(searchesUnasked);
}

/** Whether all tools that a request names are of these types. */
export function asksOnlyFor(types: ReadonlySet<unknown>, { tools = null }: Params): boolean {
  return tools === null || (Array.isArray(tools) && tools.every((tool) => isObject(tool) && types.has(tool["type"])));
}

/** OpenAI's (and Perplexity's), xAI's, and Azure's by both of its names. OpenRouter's `plugins`, Qwen's `enable_search` and Gemini's cache say more. */
const sources = ["web_search_options", "search_parameters", "data_sources", "dataSources"];
