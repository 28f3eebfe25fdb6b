import { BaseMessage, type UsageMetadata } from "@langchain/core/messages";
import type { Generation } from "@langchain/core/outputs";
import type { Usage } from "@llmcache/core";

/**
 * What an answer used, as its model told it of the first generation: of several, each tells what all of them used.
 *
 * @param model its name, where the answer does not tell it
 */
export function usageOf(generations: readonly Generation[] | undefined, model: string): Usage | undefined {
  const [first] = generations ?? [];
  const message = first !== undefined && "message" in first ? first.message : undefined;
  if (!BaseMessage.isInstance(message)) return undefined;
  const { usage_metadata: usage } = message as { readonly usage_metadata?: UsageMetadata };
  if (usage === undefined) return undefined;
  const { input_tokens: inputTokens, output_tokens: outputTokens } = usage;
  const { input_token_details: input, output_token_details: output } = usage;
  const { model_name: name, model: otherName } = message.response_metadata as Record<string, unknown>;
  return {
    model: [name, otherName].find((told) => typeof told === "string") ?? model,
    inputTokens,
    outputTokens,
    ...(input?.cache_read !== undefined && { cachedInputTokens: input.cache_read }),
    ...(input?.cache_creation !== undefined && { cacheWriteTokens: input.cache_creation }),
    ...(input?.audio !== undefined && { audioInputTokens: input.audio }),
    ...(output?.audio !== undefined && { audioOutputTokens: output.audio }),
    ...(output?.reasoning !== undefined && { reasoningTokens: output.reasoning }),
  };
}
