import { AsyncLocalStorage } from "node:async_hooks";
import type { CacheEvent, CacheStats } from "@llmcache/core";
import type { Config } from "../config/config.ts";
import type { CallEvents, CallRecord } from "./call.ts";
import { Journal } from "./journal.ts";
import { Metrics } from "./metrics.ts";

/** Takes in what happens, and tells it to whoever watches. */
export class Telemetry {
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly #current = new AsyncLocalStorage<CallEvents>();
  #calls = 0;

  constructor(prices: Config["prices"], backends: readonly string[], stats: () => CacheStats) {
    this.journal = new Journal(prices, backends);
    this.metrics = new Metrics(stats);
  }

  /** For a cache's `onEvent`. */
  readonly note = (event: CacheEvent): void => {
    this.#current.getStore()?.note(event);
    this.journal.note(event);
    this.metrics.note(event);
  };

  /** Runs a call, and gives what the cache tells meanwhile to `events`. */
  during<Result>(events: CallEvents, work: () => Promise<Result>): Promise<Result> {
    return this.#current.run(events, work);
  }

  add(call: Omit<CallRecord, "id">): void {
    const record = { id: ++this.#calls, ...call };
    this.journal.add(record);
    this.metrics.add(record);
  }
}
