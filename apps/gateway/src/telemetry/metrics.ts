import type { CacheEvent, CacheStats } from "@llmcache/core";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CallRecord } from "./call.ts";

/** Above this many, further models are counted together: a name of a model is whatever a client writes. */
const mostModels = 100;

/** What Prometheus reads. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #models = new Set<string>();
  readonly #requests = this.#counter("llmcache_requests_total", "Requests, by how they were answered", [
    "outcome",
    "operation",
    "upstream",
    "code",
  ]);
  readonly #refused = this.#counter("llmcache_refused_total", "Requests that went no further, by the reason", ["code"]);
  readonly #misses = this.#counter("llmcache_misses_total", "Misses, by their reason", ["reason"]);
  readonly #stored = this.#counter("llmcache_stored_total", "Answers that were stored", ["operation"]);
  readonly #rejected = this.#counter("llmcache_rejected_total", "Answers that were not stored, by the reason", [
    "reason",
  ]);
  readonly #errors = this.#counter("llmcache_backend_errors_total", "Failures of stores", ["backend", "code"]);
  readonly #evicted = this.#counter("llmcache_evicted_total", "Entries that made room for others", ["backend"]);
  readonly #savedTokens = this.#counter("llmcache_saved_tokens_total", "Tokens that hits did not use", ["model"]);
  readonly #savedDollars = this.#counter("llmcache_saved_dollars_total", "Dollars that hits did not cost", ["model"]);
  readonly #paidTokens = this.#counter("llmcache_paid_tokens_total", "Tokens that models used", ["model"]);
  readonly #paidDollars = this.#counter("llmcache_paid_dollars_total", "Dollars that models cost", ["model"]);
  readonly #semantic = this.#counter("llmcache_semantic_decisions_total", "Decisions of the semantic tier", [
    "decision",
  ]);
  readonly #breaker = new Gauge({
    name: "llmcache_breaker_open",
    help: "1 while a store is left alone because it fails",
    labelNames: ["backend", "operations"],
    registers: [this.#registry],
  });
  readonly #duration = new Histogram({
    name: "llmcache_request_duration_seconds",
    help: "From a request to the end of its answer",
    labelNames: ["outcome"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [this.#registry],
  });

  /** @param stats read when the metrics are */
  constructor(stats: () => CacheStats) {
    collectDefaultMetrics({ register: this.#registry });
    const inFlight = new Gauge({
      name: "llmcache_model_calls_in_flight",
      help: "Calls of models under way now",
      registers: [],
      collect() {
        this.set(stats().inFlight);
      },
    });
    this.#registry.registerMetric(inFlight);
  }

  add(call: CallRecord): void {
    const { outcome, operation = "other", upstream, status } = call;
    this.#requests.inc({ outcome, operation, upstream, code: String(status) });
    this.#duration.observe({ outcome }, call.durationMs / 1000);
    const model = this.#modelOf(call);
    this.#savedTokens.inc({ model }, call.saved.tokens);
    this.#savedDollars.inc({ model }, call.saved.dollars);
    this.#paidTokens.inc({ model }, call.paid.tokens);
    this.#paidDollars.inc({ model }, call.paid.dollars);
  }

  refused(code: string): void {
    this.#refused.inc({ code });
  }

  note(event: CacheEvent): void {
    if (event.type === "miss") this.#misses.inc({ reason: event.reason });
    if (event.type === "stored") this.#stored.inc({ operation: event.operation });
    if (event.type === "rejected") this.#rejected.inc({ reason: event.reason });
    if (event.type === "evicted") this.#evicted.inc({ backend: event.backend });
    if (event.type === "semantic") this.#semantic.inc({ decision: event.why.decision });
    if (event.type === "error") this.#errors.inc({ backend: event.error.backend ?? "none", code: event.error.code });
    if (event.type === "breaker")
      this.#breaker.set({ backend: event.backend, operations: event.operations }, event.state === "closed" ? 0 : 1);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  read(): Promise<string> {
    return this.#registry.metrics();
  }

  #modelOf({ model }: CallRecord): string {
    if (model === undefined) return "unknown";
    if (!this.#models.has(model) && this.#models.size >= mostModels) return "others";
    this.#models.add(model);
    return model;
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}
