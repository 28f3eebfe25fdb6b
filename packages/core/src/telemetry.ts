import type { Charge } from "./accounting.ts";
import type { BackendEvent } from "./backend.ts";
import type { LlmCacheError } from "./errors.ts";
import type { CacheEvent, CacheStats } from "./event.ts";
import { wrapBackendError } from "./look-up.ts";

type Counts = { -readonly [Name in keyof Omit<CacheStats, "inFlight" | "billed" | "saved">]: number };

type Total = { -readonly [Name in keyof Charge]-?: number };

/** Counts what happens and tells the observer. */
export class Telemetry {
  readonly #counts: Counts = {
    hits: 0,
    stale: 0,
    semantic: 0,
    misses: 0,
    coalesced: 0,
    bypassed: 0,
    stored: 0,
    rejected: 0,
    errors: 0,
    evicted: 0,
  };
  readonly #billed: Total = { inputTokens: 0, outputTokens: 0, cost: 0 };
  readonly #saved: Total = { inputTokens: 0, outputTokens: 0, cost: 0 };
  readonly #observer: () => ((event: CacheEvent) => unknown) | undefined;

  constructor(observer: () => ((event: CacheEvent) => unknown) | undefined) {
    this.#observer = observer;
  }

  counts(): Omit<CacheStats, "inFlight"> {
    return { ...this.#counts, billed: { ...this.#billed }, saved: { ...this.#saved } };
  }

  readonly emit = (event: CacheEvent): void => {
    const counter = counterOf(event);
    if (counter !== undefined) this.#counts[counter]++;
    if ("saved" in event) add(this.#saved, event.saved);
    if ("billed" in event) add(this.#billed, event.billed);
    try {
      const result = this.#observer()?.(event);
      // An asynchronous observer's failure is as little our caller's concern as a synchronous one's.
      if (result instanceof Promise) result.catch(() => undefined);
    } catch {
      // The observer is the last to be told; there is nobody to tell that it failed.
    }
  };

  readonly error = (error: LlmCacheError): void => this.emit({ type: "error", error });

  /** Translates what a wrapper or a store reports. */
  readonly report = (event: BackendEvent): void => {
    switch (event.type) {
      case "failed":
        return this.error(wrapBackendError(event.error, event));
      case "dropped":
        return this.error(wrapBackendError(event.error, { ...event, operation: "get" }));
      case "evicted":
      case "breaker":
        return this.emit(event);
      case "served":
        return;
    }
  };
}

function add(total: Total, charge: Charge | undefined): void {
  if (charge === undefined) return;
  total.inputTokens += charge.inputTokens;
  total.outputTokens += charge.outputTokens;
  total.cost += charge.cost ?? 0;
}

function counterOf(event: CacheEvent): keyof Counts | undefined {
  switch (event.type) {
    case "hit":
      return event.status === "hit" ? "hits" : event.status;
    case "miss":
      return "misses";
    case "bypass":
      return "bypassed";
    case "error":
      return "errors";
    case "breaker":
    case "answered":
    case "unanswered":
    case "shared":
    case "semantic":
      return undefined;
    default:
      return event.type;
  }
}
