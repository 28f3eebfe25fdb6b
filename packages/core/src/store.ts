import { type Backend, type OperationOptions } from "./backend.ts";
import { isSelfGuarded } from "./decorate.ts";
import { type Flight } from "./flight.ts";
import { guarded } from "./guarded.ts";
import { type Settings } from "./settings.ts";
import { type Slot, Slots } from "./slot.ts";
import { Writer } from "./writer.ts";

/** The backend of a cache with what goes on around it. A call keeps the one it began with; a replaced one is released once idle. */
export class Store {
  /** The backend as it was given. */
  readonly given: Backend;
  /** The same with a deadline and a breaker. */
  readonly backend: Backend;
  readonly slots: Slots = new Slots();
  readonly writer: Writer;
  /** Whether the backend has been closed. */
  closed = false;
  #users = 0;
  #retired: ((error: unknown) => void) | undefined;

  constructor({ options, readTimeoutMs }: Settings, report: OperationOptions["report"]) {
    this.given = options.backend;
    this.backend = isSelfGuarded(options.backend)
      ? options.backend
      : guarded(options.backend, { timeout: readTimeoutMs / 1000, clock: options.clock });
    this.writer = new Writer(report);
  }

  /** The slot of a key. Until `leave` is called with it, the backend stays open. */
  enter(key: string): Slot {
    this.#users++;
    return this.slots.enter(key);
  }

  leave(slot: Slot): void {
    this.slots.leave(slot);
    this.#release();
  }

  /** Does something with the backend, which stays open until it is done. */
  async use<Result>(work: (backend: Backend) => Promise<Result>): Promise<Result> {
    this.#users++;
    try {
      return await work(this.backend);
    } finally {
      this.#release();
    }
  }

  /** Keeps the flights that `concerned` picks from storing their answers and from being joined, and look-ups under way from being shared. */
  discard(concerned: (flight: Flight, key: string) => boolean): void {
    for (const slot of this.slots) slot.discard((flight) => concerned(flight, slot.key));
  }

  get inFlight(): number {
    return [...this.slots].reduce((sum, slot) => sum + slot.inFlight, 0);
  }

  /** Closes the backend once nobody uses it. @param failed told of what the backend throws when it is closed */
  retire(failed: (error: unknown) => void): void {
    this.#retired = failed;
    this.#closeWhenIdle();
  }

  /** Closes the backend now: what is stored after this is an error. */
  async close(): Promise<void> {
    this.closed = true;
    await this.given[Symbol.asyncDispose]?.();
  }

  #release(): void {
    this.#users--;
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.#users > 0 || this.#retired === undefined || this.closed) return;
    this.close().catch(this.#retired);
  }
}
