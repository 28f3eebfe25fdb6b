import { type Attributes, context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { Cache, type CacheOptions, memory, type Usage } from "@llmcache/core";
import { onTestFinished } from "vitest";
import { instrument, type Instrumentation, type InstrumentOptions } from "../src/index.ts";

/** A measurement: what it says, and the number, or how many and how much there were. */
export interface Measured {
  readonly attributes: Attributes;
  readonly value: number | Histogram;
}

/** What a test works with. */
export interface Bench {
  readonly cache: Cache;
  readonly instrumentation: Instrumentation;
  readonly spans: () => ReadableSpan[];
  /** What was measured under a name until now. */
  readonly measured: (name: string) => Promise<Measured[]>;
  /** All that was measured and traced, as text. */
  readonly everything: () => Promise<string>;
  /** Does something within a span of its own. */
  readonly within: <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;
}

export interface BenchOptions {
  readonly cache?: Partial<CacheOptions>;
  readonly instrument?: InstrumentOptions;
}

/** A cache that is observed by the SDK of OpenTelemetry, whose exporters keep what they are given. */
export function start(options: BenchOptions = {}): Bench {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spanExporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(async () => {
    context.disable();
    await meterProvider.shutdown();
  });
  const instrumentation = instrument({ meterProvider, tracerProvider, ...options.instrument });
  const cache = new Cache({ backend: memory(), onEvent: instrumentation.onEvent, ...options.cache });
  const collect = async () => {
    await meterProvider.forceFlush();
    return (
      exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics }) => metrics) ?? []
    );
  };
  return {
    cache,
    instrumentation,
    spans: () => spanExporter.getFinishedSpans(),
    measured: async (name) => {
      const found = (await collect()).find(({ descriptor }) => descriptor.name === name);
      const points = (found?.dataPoints ?? []) as readonly DataPoint<number | Histogram>[];
      return points.map(({ attributes, value }) => ({ attributes, value }));
    },
    everything: async () =>
      JSON.stringify([
        await collect(),
        spanExporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes]),
      ]),
    within: async (name, work) => {
      const tracer = tracerProvider.getTracer("test");
      return tracer.startActiveSpan(name, async (span) => {
        try {
          return await work();
        } finally {
          span.end();
        }
      });
    },
  };
}

/** The span that another one is within. */
export function parentOf({ parentSpanContext }: ReadableSpan, spans: readonly ReadableSpan[]): string | undefined {
  return spans.find((span) => span.spanContext().spanId === parentSpanContext?.spanId)?.name;
}

/** A call of a model about something. */
export function ask(content: string): { operation: string; params: object } {
  return { operation: "chat", params: { model: "m", messages: [{ role: "user", content }] } };
}

export const usage: Usage = { inputTokens: 100, outputTokens: 20, cachedInputTokens: 40 };
export const prices = { m: { inputToken: 0.5, outputToken: 1, cachedInputToken: 0.25 } };
export const cost = 60 * 0.5 + 40 * 0.25 + 20;
