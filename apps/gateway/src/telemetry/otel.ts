import type { CacheEvent } from "@llmcache/core";
import type { Environment } from "../config/environment.ts";

/** What tells OpenTelemetry. */
export interface Otel {
  readonly onEvent: (event: CacheEvent) => void;
  /** Sends what has not been sent yet. */
  close(): Promise<void>;
}

/** Any of these says that somebody is listening (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables). */
const asking = /^OTEL_(?:EXPORTER_OTLP_(?:TRACES_|METRICS_)?ENDPOINT|(?:TRACES|METRICS)_EXPORTER)$/;

/**
 * Tells OpenTelemetry what happens in the cache, where and how the standard `OTEL_` variables say; `undefined` where they say nothing. It is of the whole
 * process.
 */
export async function startOtel(environment: Environment): Promise<Otel | undefined> {
  const isAsked = Object.entries(environment).some(([name, value]) => asking.test(name) && Boolean(value));
  if (!isAsked || environment["OTEL_SDK_DISABLED"] === "true") return undefined;
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  const { instrument } = await import("@llmcache/otel");
  const sdk = new NodeSDK({ serviceName: environment["OTEL_SERVICE_NAME"] || "llmcache-gateway" });
  sdk.start();
  const instrumentation = instrument();
  return {
    onEvent: instrumentation.onEvent,
    async close() {
      instrumentation[Symbol.dispose]();
      // Whoever listens may be gone, which is no reason not to stop.
      await sdk.shutdown().catch(() => undefined);
    },
  };
}
