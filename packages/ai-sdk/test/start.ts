import { createOpenAI } from "@ai-sdk/openai";
import type {
  EmbeddingModelV4,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import { Cache, type CacheEvent, type CacheOptions, memory } from "@llmcache/core";
import { type BehaviourChanges, instant, type LocalModel, startLocalModel } from "@llmcache/local-model";
import { wrapEmbeddingModel, wrapLanguageModel } from "ai";
import { onTestFinished } from "vitest";
import { cacheEmbeddingMiddleware, cacheMiddleware, type CacheMiddlewareOptions } from "../src/index.ts";

/** What a test works with. */
export interface Bench {
  readonly local: LocalModel;
  readonly cache: Cache;
  readonly events: readonly CacheEvent[];
  /** The real provider's models on the local server, cached: of chat completions, of responses, of embeddings. */
  readonly chat: LanguageModelV4;
  readonly responses: LanguageModelV4;
  readonly embedding: EmbeddingModelV4;
  /** Another one, by the provider's own name for it. */
  readonly connect: (options?: CacheMiddlewareOptions, view?: Cache, modelId?: string) => LanguageModelV4;
  /** The same model without the cache. */
  readonly bare: LanguageModelV4;
  /** Lets time pass for the cache. */
  readonly wait: (seconds: number) => void;
}

export interface BenchOptions {
  readonly behaviour?: BehaviourChanges;
  readonly cache?: Partial<CacheOptions>;
  readonly middleware?: CacheMiddlewareOptions;
}

/** A local model without latency, a cache in memory with a clock of its own, and the real provider; all closed when the test has finished. */
export async function start(options: BenchOptions = {}): Promise<Bench> {
  const local = await startLocalModel({ ...instant, ...options.behaviour });
  onTestFinished(() => local.close());
  let now = Date.parse("2026-01-01T00:00:00Z");
  const clock = () => now;
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend: memory({ clock }),
    clock,
    onEvent: (event) => events.push(event),
    ...options.cache,
  });
  const openai = createOpenAI({ baseURL: local.url, apiKey: "test-key" });
  const wrap = (model: LanguageModelV4, middleware = options.middleware, view = cache) =>
    wrapLanguageModel({ model, middleware: cacheMiddleware(view, middleware) });
  return {
    local,
    cache,
    events,
    bare: openai.chat("gpt-4o-mini"),
    chat: wrap(openai.chat("gpt-4o-mini")),
    responses: wrap(openai.responses("gpt-4o-mini")),
    embedding: wrapEmbeddingModel({
      model: openai.embedding("text-embedding-3-small"),
      middleware: cacheEmbeddingMiddleware(cache),
    }),
    connect: (middleware, view, modelId = "gpt-4o-mini") => wrap(openai.chat(modelId), middleware, view),
    wait: (seconds) => (now += seconds * 1000),
  };
}

/** What a model written by hand says. A function is called anew for each call. */
export interface Script {
  readonly result?: Partial<LanguageModelV4GenerateResult>;
  readonly parts?: readonly LanguageModelV4StreamPart[];
}

/** A model that says what its script says, for what the local server cannot say, and the calls that it was given; cached. */
export function scripted(
  script: Script,
  { cache = new Cache({ backend: memory() }), options }: { cache?: Cache; options?: CacheMiddlewareOptions } = {},
): { model: LanguageModelV4; calls: LanguageModelV4CallOptions[]; cache: Cache } {
  const calls: LanguageModelV4CallOptions[] = [];
  const model: LanguageModelV4 = {
    specificationVersion: "v4",
    provider: "scripted",
    modelId: "m",
    supportedUrls: {},
    doGenerate: async (given) => {
      calls.push(given);
      return { ...answer(), ...script.result };
    },
    doStream: async (given) => {
      calls.push(given);
      return { stream: streamOf(script.parts ?? []) };
    },
  };
  return { model: wrapLanguageModel({ model, middleware: cacheMiddleware(cache, options) }), calls, cache };
}

/** A complete answer. */
export function answer(text = "Hello."): LanguageModelV4GenerateResult {
  return { content: [{ type: "text", text }], finishReason: { unified: "stop", raw: "stop" }, usage, warnings: [] };
}

/** How many tokens a written answer says it used. */
export const usage = {
  inputTokens: { total: 3, noCache: 3, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 2, text: 2, reasoning: undefined },
};

/** The end of a stream. */
export const finish: LanguageModelV4StreamPart = {
  type: "finish",
  finishReason: { unified: "stop", raw: "stop" },
  usage,
};

/** A text in a stream, in two pieces. */
export function textParts(text: string, id = "0"): LanguageModelV4StreamPart[] {
  const middle = Math.ceil(text.length / 2);
  return [
    { type: "text-start", id },
    { type: "text-delta", id, delta: text.slice(0, middle) },
    { type: "text-delta", id, delta: text.slice(middle) },
    { type: "text-end", id },
  ];
}

/** A call of a model, as the AI SDK gives it. */
export function ask(text: string, more: Partial<LanguageModelV4CallOptions> = {}): LanguageModelV4CallOptions {
  return { prompt: [{ role: "user", content: [{ type: "text", text }] }], ...more };
}

function streamOf<Item>(items: readonly Item[]): ReadableStream<Item> {
  return new ReadableStream<Item>({
    start(controller) {
      for (const item of items) controller.enqueue(item);
      controller.close();
    },
  });
}

/** Everything that a stream yields. */
export async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** The parts of a streamed answer. */
export async function stream(
  model: LanguageModelV4,
  params: LanguageModelV4CallOptions,
): Promise<LanguageModelV4StreamPart[]> {
  return collect((await model.doStream(params)).stream);
}

/** Without what the cache says of an answer. */
export function withoutOutcome<Part extends object>(part: Part): Part {
  if (!("providerMetadata" in part)) return part;
  const { llmcache: _, ...others } = part.providerMetadata as Record<string, object>;
  const { providerMetadata: _all, ...rest } = part;
  return (Object.keys(others).length === 0 ? rest : { ...rest, providerMetadata: others }) as Part;
}

/** How an answer says that it came about. */
export function outcomeOf(metadata: Record<string, object> | undefined): Record<string, unknown> {
  return (metadata?.["llmcache"] ?? {}) as Record<string, unknown>;
}

/** Waits until so many callers have joined others' calls of the model. */
export async function joined(cache: Cache, callers: number): Promise<void> {
  while (cache.stats().coalesced < callers) await new Promise((resolve) => setTimeout(resolve, 1));
}
