import type { CacheEvent } from "@llmcache/core";
import type { CallOutcome, CallRecord } from "./call.ts";

/** What happened in one minute. */
export interface Minute {
  /** Epoch ms of its beginning. */
  readonly at: number;
  readonly hits: number;
  readonly misses: number;
  readonly coalesced: number;
  readonly bypassed: number;
  readonly failed: number;
}

/** What the calls of one model used and saved. */
export interface ModelTotals {
  readonly model: string;
  readonly calls: number;
  readonly hits: number;
  readonly paidTokens: number;
  readonly savedTokens: number;
  readonly paidDollars: number;
  readonly savedDollars: number;
}

/** How one store does. */
export interface BackendState {
  readonly name: string;
  readonly errors: number;
  readonly lastError?:
    | { readonly at: number; readonly code: string; readonly operation?: string | undefined }
    | undefined;
  readonly reads: "closed" | "open" | "half-open";
  readonly writes: "closed" | "open" | "half-open";
}

/** How long answers took, in ms. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
}

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

const mostCalls = 200;
const mostMinutes = 120;
/** A name of a model is whatever a client writes. */
const mostModels = 100;
const otherModels = "others";
const mostLatencies = 1_000;

/** What the dashboard shows: the last calls, and sums. In memory only, and bounded. */
export class Journal {
  readonly startedAt: number;
  readonly #clock: () => number;
  #calls: CallRecord[] = [];
  readonly #minutes: Mutable<Minute>[] = [];
  readonly #models = new Map<string, Mutable<ModelTotals>>();
  readonly #backends = new Map<string, Mutable<BackendState>>();
  readonly #latencies: Record<"hit" | "miss", number[]> = { hit: [], miss: [] };
  readonly #outcomes = new Map<CallOutcome, number>();

  constructor(backends: readonly string[], clock: () => number = Date.now) {
    this.#clock = clock;
    this.startedAt = clock();
    for (const name of backends) this.#backend(name);
  }

  add(call: CallRecord): void {
    this.#calls = [...this.#calls.slice(1 - mostCalls), call];
    this.#outcomes.set(call.outcome, (this.#outcomes.get(call.outcome) ?? 0) + 1);
    this.#count(call);
    if (call.outcome === "none") return;
    if (call.model !== undefined) this.#addToModel(call.model, call);
    const kind = isHit(call.outcome) ? "hit" : call.outcome === "miss" ? "miss" : undefined;
    if (kind === undefined || call.broken || call.status >= 400) return;
    const latencies = this.#latencies[kind];
    latencies.push(call.durationMs);
    if (latencies.length > mostLatencies) latencies.shift();
  }

  /** Takes in what a cache tells of its stores. */
  note(event: CacheEvent): void {
    if (event.type === "breaker") this.#backend(event.backend)[event.operations] = event.state;
    if (event.type !== "error") return;
    const { code, backend: name, operation } = event.error;
    if (name === undefined) return;
    const backend = this.#backend(name);
    backend.errors++;
    // That it is left alone says nothing of why.
    if (code === "BREAKER_OPEN" && backend.lastError !== undefined) return;
    backend.lastError = { at: this.#clock(), code, ...(operation !== undefined && { operation }) };
  }

  calls(): readonly CallRecord[] {
    return this.#calls;
  }

  summary(): {
    readonly outcomes: Readonly<Partial<Record<CallOutcome, number>>>;
    readonly minutes: readonly Minute[];
    readonly models: readonly ModelTotals[];
    readonly backends: readonly BackendState[];
    readonly latency: Readonly<Record<"hit" | "miss", Latency>>;
  } {
    return {
      outcomes: Object.fromEntries(this.#outcomes),
      minutes: this.#minutes,
      models: [...this.#models.values()].toSorted((left, right) => right.savedTokens - left.savedTokens),
      backends: [...this.#backends.values()],
      latency: { hit: latencyOf(this.#latencies.hit), miss: latencyOf(this.#latencies.miss) },
    };
  }

  #count({ at, outcome, status, broken }: CallRecord): void {
    const begins = Math.floor(at / 60_000) * 60_000;
    let minute = this.#minutes.findLast((each) => each.at === begins);
    if (minute === undefined) {
      minute = { at: begins, hits: 0, misses: 0, coalesced: 0, bypassed: 0, failed: 0 };
      this.#minutes.push(minute);
      if (this.#minutes.length > mostMinutes) this.#minutes.shift();
    }
    if (isHit(outcome)) minute.hits++;
    else if (outcome === "coalesced") minute.coalesced++;
    else if (outcome === "miss" || outcome === "partial") minute.misses++;
    else minute.bypassed++;
    if (broken || status >= 500) minute.failed++;
  }

  #addToModel(name: string, call: CallRecord): void {
    const known = this.#models.has(name) || this.#models.size < mostModels;
    const model = known ? name : otherModels;
    const totals = this.#models.get(model) ?? {
      model,
      calls: 0,
      hits: 0,
      paidTokens: 0,
      savedTokens: 0,
      paidDollars: 0,
      savedDollars: 0,
    };
    this.#models.set(model, totals);
    totals.calls++;
    if (isHit(call.outcome) || call.outcome === "coalesced") totals.hits++;
    totals.savedTokens += call.saved.tokens;
    totals.savedDollars += call.saved.dollars;
    totals.paidTokens += call.paid.tokens;
    totals.paidDollars += call.paid.dollars;
  }

  #backend(name: string): Mutable<BackendState> {
    const known = this.#backends.get(name);
    if (known !== undefined) return known;
    const state: BackendState = { name, errors: 0, reads: "closed", writes: "closed" };
    this.#backends.set(name, state);
    return state;
  }
}

/** Whether the answer came out of the cache. */
export function isHit(outcome: CallOutcome): boolean {
  return outcome === "hit" || outcome === "stale" || outcome === "semantic";
}

function latencyOf(durations: readonly number[]): Latency {
  const sorted = durations.toSorted((left, right) => left - right);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95) };
}
