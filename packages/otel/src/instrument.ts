import { type Attributes, type MeterProvider, metrics, trace, type TracerProvider } from "@opentelemetry/api";
import { type CacheEvent, checkOptionTypes, type OptionType } from "@llmcache/core";
import { Measures } from "./measures.ts";
import { spanFor } from "./spans.ts";

export interface InstrumentOptions {
  /** @default the global one */
  readonly meterProvider?: MeterProvider | undefined;
  /** @default the global one */
  readonly tracerProvider?: TracerProvider | undefined;
  /** What each measurement and span says besides, `{ "llmcache.namespace": "support" }` for example. @default {} */
  readonly attributes?: Attributes | undefined;
  /** Whether look-ups, and waits for another call's answer, are spans. @default true */
  readonly lookUpSpans?: boolean | undefined;
  /** Whether calls of the model are spans. Off where the vendor's SDK is instrumented: its spans tell the same. @default true */
  readonly callSpans?: boolean | undefined;
  /** Whether spans tell the key of the entry. It is a digest, and the same for the same call, so it tells who asked the same. @default false */
  readonly keys?: boolean | undefined;
  /** What the cache's `prices` are in: the unit of its costs. @default "USD" */
  readonly currency?: string | undefined;
}

/** What observes a cache. */
export interface Instrumentation {
  /** For the cache's `onEvent`. */
  readonly onEvent: (event: CacheEvent) => void;
  /** Ends the observation of what is asked for at each collection: the states of the breakers. */
  [Symbol.dispose](): void;
}

/** The name that meters and tracers know this package by. */
const scope = "@llmcache/otel";

/**
 * Tells OpenTelemetry what happens in a cache, or in several: `new Cache({ backend, onEvent: instrument().onEvent })`. No measurement and no span holds a
 * prompt, an answer or a credential.
 *
 * A span is made when it is over, with the time that it began. Its parent is the span that is active then: of a stream, where its end was read.
 *
 * @throws {TypeError} for an option that is unknown or of a wrong type, naming it
 */
export function instrument(options: InstrumentOptions = {}): Instrumentation {
  checkOptionTypes("instrument", options, optionTypes);
  const { meterProvider = metrics, tracerProvider = trace, attributes = {}, currency = "USD" } = options;
  const measures = new Measures(meterProvider.getMeter(scope), attributes, currency);
  const tracer = tracerProvider.getTracer(scope);
  return {
    onEvent: (event) => {
      measures.record(event);
      const span = spanFor(event, options);
      if (span === undefined) return;
      const endTime = performance.timeOrigin + performance.now();
      const begun = tracer.startSpan(span.name, {
        attributes: { ...attributes, ...span.attributes },
        startTime: endTime - span.durationMs,
      });
      if (span.status !== undefined) begun.setStatus(span.status);
      begun.end(endTime);
    },
    [Symbol.dispose]: () => measures.stop(),
  };
}

const optionTypes: Readonly<Record<keyof InstrumentOptions, OptionType>> = {
  meterProvider: "object",
  tracerProvider: "object",
  attributes: "object",
  lookUpSpans: "boolean",
  callSpans: "boolean",
  keys: "boolean",
  currency: "string",
};
