import type { OperationOptions } from "@llmcache/core";
import type { Requests } from "./requests.ts";

/** How often expired points are deleted, in ms. */
const intervalMs = 60_000;

/** What expired so long ago, in ms, has done so by every process's clock. */
const graceMs = 60_000;

/** Deletes what has expired, now and then, behind whoever writes. Nothing is found or served for longer because of it. */
export class ExpiredPoints {
  readonly #requests: Requests;
  readonly #name: string;
  readonly #collection: string;
  /** The first time is soon after the start, so that short-lived processes do it as well. */
  #nextAt: number = performance.now() + Math.random() * intervalMs;
  #sweep: Promise<void> | undefined;

  constructor(requests: Requests, name: string, collection: string) {
    this.#requests = requests;
    this.#name = name;
    this.#collection = collection;
  }

  /** Begins to delete if it is time to. What becomes of it is told to `report`. */
  sweepIfDue(report: OperationOptions["report"]): void {
    if (this.#sweep !== undefined || performance.now() < this.#nextAt) return;
    this.#nextAt = performance.now() + intervalMs;
    this.#sweep = this.sweep()
      .catch((error: unknown) => report?.({ type: "failed", backend: this.#name, operation: "sweep", error }))
      .finally(() => (this.#sweep = undefined));
  }

  /** Deletes what expired more than a minute ago. */
  async sweep(): Promise<void> {
    const request = {
      collection_name: this.#collection,
      filter: { must: [{ key: "exp", range: { lt: Date.now() - graceMs } }] },
      // Only handed over, not waited for: it may be much.
      wait: false,
    };
    await this.#requests.send(undefined, (api, init) => api.deletePoints(request, init));
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#sweep;
  }
}
