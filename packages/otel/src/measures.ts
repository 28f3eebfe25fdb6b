import type { Attributes, Counter, Histogram, Meter, ObservableGauge, ObservableResult } from "@opentelemetry/api";
import type { CacheEvent, Charge, Usage } from "@llmcache/core";
import { answerAttributes } from "./attributes.ts";

/** In seconds. A look-up takes from a microsecond, in this process's memory, to the half second that a store is given. */
const lookUpBuckets = [1e-6, 1e-5, 1e-4, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2];

/** In seconds: those that the conventions have for `gen_ai.client.operation.duration`. */
const callBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/** In bytes. */
const sizeBuckets = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

const breakerStates = { closed: 0, "half-open": 1, open: 2 } as const;

/** What is counted and measured of a cache. */
export class Measures {
  readonly #attributes: Attributes;
  readonly #calls: Counter;
  readonly #lookUps: Histogram;
  readonly #waits: Histogram;
  readonly #answers: Histogram;
  readonly #sizes: Histogram;
  readonly #rejected: Counter;
  readonly #evicted: Counter;
  readonly #errors: Counter;
  readonly #decisions: Counter;
  readonly #tokens: { readonly saved: Counter; readonly billed: Counter };
  readonly #costs: { readonly saved: Counter; readonly billed: Counter };
  readonly #breakers: ObservableGauge;
  /** By store and kind of operation. A breaker that was never heard of is closed. */
  readonly #states = new Map<string, { readonly attributes: Attributes; readonly state: number }>();
  readonly #observe = (result: ObservableResult): void => {
    for (const { attributes, state } of this.#states.values()) result.observe(state, attributes);
  };

  constructor(meter: Meter, attributes: Attributes, currency: string) {
    this.#attributes = attributes;
    const counter = (name: string, unit: string, description: string) =>
      meter.createCounter(name, { unit, description });
    const histogram = (name: string, unit: string, description: string, explicitBucketBoundaries: number[]) =>
      meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries } });
    this.#calls = counter("llmcache.calls", "{call}", "Calls, by how they were answered");
    this.#lookUps = histogram("llmcache.lookup.duration", "s", "How long look-ups took", lookUpBuckets);
    this.#waits = histogram("llmcache.wait.duration", "s", "How long calls waited for another's answer", callBuckets);
    this.#answers = histogram("llmcache.call.duration", "s", "How long calls of the model took", callBuckets);
    this.#sizes = histogram("llmcache.entry.size", "By", "The bytes of entries that were stored", sizeBuckets);
    this.#rejected = counter("llmcache.rejected", "{answer}", "Answers that were not stored, by reason");
    this.#evicted = counter("llmcache.evicted", "{entry}", "Entries that made room for others");
    this.#errors = counter("llmcache.errors", "{error}", "What went wrong, by store and code");
    this.#decisions = counter("llmcache.semantic.decisions", "{decision}", "What the semantic tier decided");
    this.#tokens = {
      saved: counter("llmcache.saved.tokens", "{token}", "Tokens of answers that were not paid for again"),
      billed: counter("llmcache.billed.tokens", "{token}", "Tokens of answers that were paid for"),
    };
    this.#costs = {
      saved: counter("llmcache.saved.cost", `{${currency}}`, "The price of answers that were not paid for again"),
      billed: counter("llmcache.billed.cost", `{${currency}}`, "The price of answers that were paid for"),
    };
    this.#breakers = meter.createObservableGauge("llmcache.breaker.state", {
      description: "Whether a store is asked: 0 closed, 1 half-open, 2 open",
    });
    this.#breakers.addCallback(this.#observe);
  }

  stop(): void {
    this.#breakers.removeCallback(this.#observe);
  }

  record(event: CacheEvent): void {
    switch (event.type) {
      case "hit": {
        const told = this.#about(event, { "llmcache.status": event.status, "llmcache.source": event.source });
        this.#calls.add(1, told);
        this.#lookUps.record(event.durationMs / 1000, told);
        return this.#charge("saved", event.operation, event.usage, event.saved);
      }
      case "miss": {
        const told = this.#about(event, { "llmcache.status": "miss" });
        this.#calls.add(1, { ...told, "llmcache.miss.reason": event.reason });
        return this.#lookUps.record(event.durationMs / 1000, told);
      }
      case "coalesced":
        return this.#calls.add(1, this.#about(event, { "llmcache.status": "coalesced" }));
      case "bypass":
        return this.#calls.add(
          1,
          this.#about(event, { "llmcache.status": "bypass", "llmcache.bypass.reason": event.reason }),
        );
      case "shared":
        this.#waits.record(event.durationMs / 1000, this.#about(event));
        return this.#charge("saved", event.operation, event.usage, event.saved);
      case "answered":
        this.#answers.record(event.durationMs / 1000, this.#about(event, modelIn(event.usage)));
        return this.#charge("billed", event.operation, event.usage, event.billed);
      case "unanswered":
        return this.#answers.record(event.durationMs / 1000, this.#about(event, { "error.type": event.error }));
      case "stored":
        return this.#sizes.record(event.bytes, this.#about(event));
      case "rejected":
        return this.#rejected.add(1, this.#about(event, { "llmcache.reject.reason": event.reason }));
      case "semantic":
        return this.#decisions.add(
          1,
          this.#about(event, { "llmcache.source": event.tier, "llmcache.semantic.decision": event.why.decision }),
        );
      case "evicted":
        return this.#evicted.add(1, { ...this.#attributes, "llmcache.source": event.backend });
      case "error": {
        const { code, backend, operation } = event.error;
        return this.#errors.add(1, {
          ...this.#attributes,
          "error.type": code,
          ...(backend !== undefined && { "llmcache.source": backend }),
          ...(operation !== undefined && { "llmcache.store.operation": operation }),
        });
      }
      case "breaker": {
        const { backend, operations, state } = event;
        const attributes = { ...this.#attributes, "llmcache.source": backend, "llmcache.store.operations": operations };
        this.#states.set(`${backend} ${operations}`, { attributes, state: breakerStates[state] });
      }
    }
  }

  #about({ operation }: { readonly operation: string }, more: Attributes = {}): Attributes {
    return { ...this.#attributes, ...answerAttributes(operation, undefined), ...more };
  }

  #charge(
    kind: "saved" | "billed",
    operation: string,
    usage: Usage | undefined,
    { inputTokens, outputTokens, cost }: Charge = { inputTokens: 0, outputTokens: 0 },
  ): void {
    const told = this.#about({ operation }, modelIn(usage));
    if (inputTokens > 0) this.#tokens[kind].add(inputTokens, { ...told, "gen_ai.token.type": "input" });
    if (outputTokens > 0) this.#tokens[kind].add(outputTokens, { ...told, "gen_ai.token.type": "output" });
    if (cost !== undefined && cost > 0) this.#costs[kind].add(cost, told);
  }
}

function modelIn(usage: Usage | undefined): Attributes {
  return usage?.model === undefined ? {} : { "gen_ai.response.model": usage.model };
}
