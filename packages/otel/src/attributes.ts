import type { Attributes } from "@opentelemetry/api";
import type { Usage } from "@llmcache/core";

/**
 * How the conventions name an operation (semantic-conventions 1.45, attribute `gen_ai.operation.name`). One that they have no name for keeps that of
 * the cache, as they allow.
 */
const operationNames: Readonly<Record<string, string>> = {
  messages: "chat",
  responses: "chat",
  completion: "text_completion",
  embedding: "embeddings",
};

/** What the conventions say of a model's answer, that is true of a stored one as well: which operation it is, and whose answer. */
export function answerAttributes(operation: string, usage: Usage | undefined): Attributes {
  const name = Object.hasOwn(operationNames, operation) ? operationNames[operation] : operation;
  return {
    "gen_ai.operation.name": name,
    ...(usage?.model !== undefined && { "gen_ai.response.model": usage.model }),
  };
}
