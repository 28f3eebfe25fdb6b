import type { Usage } from "@llmcache/core";
import type { Answer } from "./answer-forms.ts";

/** What an answer used, as its provider told it. `undefined` where neither input nor output is counted. */
export function usageOf({ usage, response }: Answer): Usage | undefined {
  const { inputTokens: input, outputTokens: output } = usage ?? {};
  if (input?.total === undefined && output?.total === undefined) return undefined;
  return {
    ...(response?.modelId !== undefined && { model: response.modelId }),
    inputTokens: input?.total ?? 0,
    outputTokens: output?.total ?? 0,
    ...(input?.cacheRead !== undefined && { cachedInputTokens: input.cacheRead }),
    ...(input?.cacheWrite !== undefined && { cacheWriteTokens: input.cacheWrite }),
    ...(output?.reasoning !== undefined && { reasoningTokens: output.reasoning }),
  };
}
