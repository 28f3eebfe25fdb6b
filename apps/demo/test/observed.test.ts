import { createOpenAI } from "@ai-sdk/openai";
import { cacheMiddleware } from "@llmcache/ai-sdk";
import { Cache, memory, parsePrices } from "@llmcache/core";
import { cachedFetch } from "@llmcache/http";
import { instant, startLocalModel } from "@llmcache/local-model";
import { instrument } from "@llmcache/otel";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { generateText, streamText, wrapLanguageModel } from "ai";
import OpenAI from "openai";
import { expect, onTestFinished, test } from "vitest";

/** In the form of LiteLLM's file: each token costs one. */
const prices = parsePrices({ "gpt-4o-mini": { input_cost_per_token: 1, output_cost_per_token: 1 } });

/** A cache that is observed, and a model on this machine. */
async function start() {
  const model = await startLocalModel(instant);
  const spans = new InMemorySpanExporter();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })],
  });
  onTestFinished(async () => {
    await model.close();
    await meterProvider.shutdown();
  });
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
  const { onEvent } = instrument({ meterProvider, tracerProvider });
  const cache = new Cache({ backend: memory(), prices, onEvent });
  const sumOf = async (name: string) => {
    await meterProvider.forceFlush();
    const all =
      exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? [];
    const points = all.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
    return points.reduce((sum, { value }) => sum + Number(value), 0);
  };
  const statuses = () => spans.getFinishedSpans().map(({ name, attributes }) => [name, attributes["llmcache.status"]]);
  return { model, cache, sumOf, statuses };
}

const question = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Why?" }] };

test("what OpenAI's SDK is told that it used is what OpenTelemetry is told, whole, streamed and at once", async () => {
  const { model, cache, sumOf, statuses } = await start();
  const openai = new OpenAI({ baseURL: model.url, apiKey: "none", maxRetries: 0, fetch: cachedFetch(cache) });
  const answers = await Promise.all([1, 2, 3].map(() => openai.chat.completions.create(question)));
  const total = answers[0]?.usage?.total_tokens ?? 0;
  await cache.flush();
  const stream = openai.chat.completions.stream({ ...question, stream_options: { include_usage: true } });
  expect((await stream.finalChatCompletion()).usage?.total_tokens).toBe(total);
  expect(model.calls.chat).toBe(1);
  expect([await sumOf("llmcache.billed.tokens"), await sumOf("llmcache.saved.tokens")]).toEqual([total, total * 3]);
  expect([await sumOf("llmcache.billed.cost"), await sumOf("llmcache.saved.cost")]).toEqual([total, total * 3]);
  expect(statuses()).toEqual([
    ["llmcache.lookup", "miss"],
    ["llmcache.call", "miss"],
    ["llmcache.wait", "coalesced"],
    ["llmcache.wait", "coalesced"],
    ["llmcache.lookup", "hit"],
  ]);
});

test("and so is what the AI SDK is told", async () => {
  const { model, cache, sumOf, statuses } = await start();
  const provider = createOpenAI({ baseURL: model.url, apiKey: "none" });
  const chat = wrapLanguageModel({ model: provider.chat("gpt-4o-mini"), middleware: cacheMiddleware(cache) });
  const streamed = streamText({ model: chat, prompt: "Why?" });
  await streamed.consumeStream();
  const { totalTokens: total = 0 } = await streamed.usage;
  await cache.flush();
  await generateText({ model: chat, prompt: "Why?" });
  expect(model.calls.chat).toBe(1);
  expect([await sumOf("llmcache.billed.cost"), await sumOf("llmcache.saved.cost")]).toEqual([total, total]);
  expect(statuses()).toEqual([
    ["llmcache.lookup", "miss"],
    ["llmcache.call", "miss"],
    ["llmcache.lookup", "hit"],
  ]);
});
