import type { Usage } from "@llmcache/core";
import { isObject, isSet } from "./json-object.ts";

/** The objects that an answer consists of: its body, or each event of its stream. */
export type Said = readonly Readonly<Record<string, unknown>>[];

type Members = Readonly<Record<string, unknown>>;

/**
 * What OpenAI and those who speak as it does say (platform.openai.com/docs/api-reference, the objects "usage" of each API): the last usage counts, of a
 * body, an event, or the `response` in one. Tokens read from the vendor's cache are among the input's.
 */
export function openAiUsage(said: Said): Usage | undefined {
  const holders = said.flatMap((one) => [one, ...membersOf(one, "response")]);
  const holder = holders.findLast((one) => isObject(one["usage"]));
  const usage = membersOf(holder, "usage")[0];
  if (usage === undefined) return undefined;
  const inputTokens = countOf(usage, "prompt_tokens", "input_tokens");
  const input = membersOf(usage, "prompt_tokens_details", "input_tokens_details", "input_token_details")[0];
  const output = membersOf(usage, "completion_tokens_details", "output_tokens_details")[0];
  return usageFrom({
    model: textOf(holders, "model"),
    serviceTier: tierOf(textOf(holders, "service_tier")),
    inputTokens: inputTokens ?? countOf(usage, "total_tokens"),
    outputTokens: countOf(usage, "completion_tokens", "output_tokens"),
    cachedInputTokens: countOf(input, "cached_tokens"),
    cacheWriteTokens: countOf(input, "cache_write_tokens"),
    audioInputTokens: countOf(input, "audio_tokens"),
    audioOutputTokens: countOf(output, "audio_tokens"),
    reasoningTokens: countOf(output, "reasoning_tokens"),
    seconds: countOf(usage, "seconds"),
  });
}

/**
 * What Anthropic says (platform.claude.com/docs/en/api/messages): at the beginning of a stream, and of what has changed at its end. Tokens read from
 * or written to the vendor's cache are not among the `input_tokens`.
 */
export function anthropicUsage(said: Said): Usage | undefined {
  const holders = said.flatMap((one) => [one, ...membersOf(one, "message")]);
  const told = holders.flatMap((one) => membersOf(one, "usage"));
  if (told.length === 0) return undefined;
  const usage = Object.assign({}, ...told.map(withoutNull)) as Members;
  const cachedInputTokens = countOf(usage, "cache_read_input_tokens");
  const cacheWriteTokens = countOf(usage, "cache_creation_input_tokens");
  const inputTokens = countOf(usage, "input_tokens");
  return usageFrom({
    model: textOf(holders, "model"),
    serviceTier: tierOf(textOf([usage], "service_tier")),
    inputTokens:
      inputTokens === undefined ? undefined : inputTokens + (cachedInputTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: countOf(usage, "output_tokens"),
    cachedInputTokens,
    cacheWriteTokens,
  });
}

/** What Gemini says (ai.google.dev/api/generate-content, "UsageMetadata"): so far, with each piece of a stream. Thoughts are not among the candidates' tokens. */
export function geminiUsage(said: Said): Usage | undefined {
  const usage = said.flatMap((one) => membersOf(one, "usageMetadata")).at(-1);
  if (usage === undefined) return undefined;
  const reasoningTokens = countOf(usage, "thoughtsTokenCount");
  return usageFrom({
    model: textOf(said, "modelVersion"),
    inputTokens: sum(countOf(usage, "promptTokenCount"), countOf(usage, "toolUsePromptTokenCount")),
    outputTokens: sum(countOf(usage, "candidatesTokenCount"), reasoningTokens),
    cachedInputTokens: countOf(usage, "cachedContentTokenCount"),
    audioInputTokens: audioIn(usage["promptTokensDetails"]),
    audioOutputTokens: audioIn(usage["candidatesTokensDetails"]),
    reasoningTokens,
  });
}

/** What those who rank say: searches (docs.cohere.com/reference/rerank), or tokens (api.jina.ai/redoc). */
export function rerankUsage(said: Said): Usage | undefined {
  const units = said.flatMap((one) => membersOf(one, "meta").flatMap((meta) => membersOf(meta, "billed_units")))[0];
  const queries = countOf(units, "search_units");
  return queries === undefined ? openAiUsage(said) : { inputTokens: 0, outputTokens: 0, queries };
}

type Told = { readonly [Name in keyof Usage]?: Usage[Name] | undefined };

/** `undefined` where nothing is counted. */
function usageFrom({ inputTokens, outputTokens, seconds, ...others }: Told): Usage | undefined {
  if (inputTokens === undefined && outputTokens === undefined && seconds === undefined) return undefined;
  const told = Object.entries({ ...others, seconds }).filter(([, value]) => value !== undefined && value !== 0);
  return { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0, ...Object.fromEntries(told) };
}

/** The members of these names that are objects. */
function membersOf(value: Members | undefined, ...names: readonly string[]): Members[] {
  return names.map((name) => value?.[name]).filter(isObject);
}

function countOf(value: Members | undefined, ...names: readonly string[]): number | undefined {
  return names.map((name) => value?.[name]).find(isCount);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity;
}

function textOf(values: readonly Members[], name: string): string | undefined {
  const text = values.findLast((value) => typeof value[name] === "string")?.[name];
  return typeof text === "string" ? text : undefined;
}

/** What vendors serve by default has no price of its own. */
function tierOf(tier: string | undefined): string | undefined {
  return tier === "default" || tier === "standard" || tier === "auto" ? undefined : tier;
}

function sum(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined ? right : left + (right ?? 0);
}

function audioIn(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined;
  const audio = details.filter(isObject).find(({ modality }) => modality === "AUDIO");
  return countOf(audio, "tokenCount");
}

function withoutNull(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => isSet(value)));
}
