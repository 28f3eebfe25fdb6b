import { type Attributes, type SpanStatus, SpanStatusCode } from "@opentelemetry/api";
import type { CacheEvent, Charge, Usage } from "@llmcache/core";
import { answerAttributes } from "./attributes.ts";
import type { InstrumentOptions } from "./instrument.ts";

/** A span that is over. */
export interface PastSpan {
  readonly name: string;
  readonly durationMs: number;
  readonly attributes: Attributes;
  readonly status?: SpanStatus;
}

/** The span that an event is the end of, if it is one. */
export function spanFor(event: CacheEvent, options: InstrumentOptions): PastSpan | undefined {
  const { lookUpSpans = true, callSpans = true, keys = false } = options;
  switch (event.type) {
    case "hit":
    case "miss":
    case "shared":
      return lookUpSpans ? lookUpSpan(event, keys) : undefined;
    case "answered":
    case "unanswered":
      return callSpans ? callSpan(event, keys) : undefined;
    default:
      return undefined;
  }
}

type LookUpEvent = Extract<CacheEvent, { readonly type: "hit" | "miss" | "shared" }>;
type CallEvent = Extract<CacheEvent, { readonly type: "answered" | "unanswered" }>;

function lookUpSpan(event: LookUpEvent, keys: boolean): PastSpan {
  const { operation, key, durationMs } = event;
  const about = { ...answerAttributes(operation, "usage" in event ? event.usage : undefined), ...keyIn(key, keys) };
  if (event.type === "miss") {
    const attributes = { ...about, "llmcache.status": "miss", "llmcache.miss.reason": event.reason };
    return { name: "llmcache.lookup", durationMs, attributes };
  }
  const saved = chargeAttributes("llmcache.saved", event.saved);
  if (event.type === "shared")
    return { name: "llmcache.wait", durationMs, attributes: { ...about, "llmcache.status": "coalesced", ...saved } };
  const { status, source, age, match } = event;
  const attributes = {
    ...about,
    "llmcache.status": status,
    "llmcache.source": source,
    "llmcache.age": age,
    ...(match !== undefined && { "llmcache.similarity": match.score }),
    ...saved,
  };
  return { name: "llmcache.lookup", durationMs, attributes };
}

/** What the vendor's own prompt cache did is told here alone: it is the vendor's, of a call that was made. */
function callSpan(event: CallEvent, keys: boolean): PastSpan {
  const { operation, key, durationMs } = event;
  const usage = event.type === "answered" ? event.usage : undefined;
  const about = {
    ...answerAttributes(operation, usage),
    ...keyIn(key, keys),
    "llmcache.status": key === undefined ? "bypass" : "miss",
  };
  const name = "llmcache.call";
  if (event.type === "answered") {
    const attributes = { ...about, ...usageAttributes(usage), ...chargeAttributes("llmcache.billed", event.billed) };
    return { name, durationMs, attributes };
  }
  const attributes = { ...about, "error.type": event.error };
  // Everyone had left: nobody was failed.
  if (event.error === "AbortError") return { name, durationMs, attributes };
  return { name, durationMs, attributes, status: { code: SpanStatusCode.ERROR } };
}

function keyIn(key: string | undefined, keys: boolean): Attributes {
  return keys && key !== undefined ? { "llmcache.key": key } : {};
}

/** Of a call that was made. On a hit they would be counted as used again. */
function usageAttributes(usage: Usage | undefined): Attributes {
  if (usage === undefined) return {};
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = usage;
  return {
    "gen_ai.usage.input_tokens": inputTokens,
    "gen_ai.usage.output_tokens": outputTokens,
    ...(cachedInputTokens !== undefined && { "gen_ai.usage.cache_read.input_tokens": cachedInputTokens }),
    ...(cacheWriteTokens !== undefined && { "gen_ai.usage.cache_creation.input_tokens": cacheWriteTokens }),
    ...(reasoningTokens !== undefined && { "gen_ai.usage.reasoning.output_tokens": reasoningTokens }),
  };
}

function chargeAttributes(prefix: string, charge: Charge | undefined): Attributes {
  if (charge === undefined) return {};
  const { inputTokens, outputTokens, cost } = charge;
  return {
    [`${prefix}.input_tokens`]: inputTokens,
    [`${prefix}.output_tokens`]: outputTokens,
    ...(cost !== undefined && { [`${prefix}.cost`]: cost }),
  };
}
