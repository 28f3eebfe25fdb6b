import { AsyncLocalStorage } from "node:async_hooks";
import type { CacheEvent, CacheStats } from "@llmcache/core";
import type { CallEvents } from "./call-events.ts";
import type { CallRecord } from "./call.ts";
import { Journal } from "./journal.ts";
import { Metrics } from "./metrics.ts";

/** Takes in what happens, and tells it to whoever watches. */
export class Telemetry {
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly #current = new AsyncLocalStorage<CallEvents>();
  readonly #observer: (event: CacheEvent) => void;
  #calls = 0;

  /** @param observer told of everything too */
  constructor(backends: readonly string[], stats: () => CacheStats, observer: (event: CacheEvent) => void) {
    this.journal = new Journal(backends);
    this.#observer = observer;
    this.metrics = new Metrics(stats);
  }

  /** For a cache's `onEvent`. */
  readonly note = (event: CacheEvent): void => {
    this.#current.getStore()?.note(event);
    this.journal.note(event);
    this.metrics.note(event);
    this.#observer(event);
  };

  /** Runs a call, and gives what the cache tells meanwhile to `events`. */
  during<Result>(events: CallEvents, work: () => Promise<Result>): Promise<Result> {
    return this.#current.run(events, work);
  }

  /** Counts a request that went no further. */
  refused(code: string): void {
    this.metrics.refused(code);
  }

  add(call: Omit<CallRecord, "id">): void {
    const record = { id: ++this.#calls, ...call };
    this.journal.add(record);
    this.metrics.add(record);
  }
}
