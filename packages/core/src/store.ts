import type { Backend, OperationOptions } from "./backend.ts";
import { Breaker } from "./breaker.ts";
import type { Bus, BusMessage } from "./bus.ts";
import { isSelfGuarded } from "./decorate.ts";
import { guarded } from "./guarded.ts";
import type { SemanticTier } from "./semantic-tier.ts";
import type { Settings } from "./settings.ts";
import { type Concerned, type Slot, Slots } from "./slot.ts";
import { Writer } from "./writer.ts";

/** `Omit` for each member of a union. */
type DistributiveOmit<Union, Name extends PropertyKey> = Union extends unknown ? Omit<Union, Name> : never;

/** Where the entries of a cache are kept, with what goes on around it. A call keeps the one it began with; a replaced one is released once idle. */
export class Store {
  /** The backend as it was given. */
  readonly given: Backend;
  /** The same with a deadline and a breaker. */
  backend: Backend;
  readonly semantic: SemanticTier | undefined;
  /** Keeps an embedder or a vector store that is down from costing every miss its time-out. */
  readonly semanticBreaker: Breaker;
  readonly slots: Slots = new Slots();
  readonly writer: Writer;
  /** What was removed since each look-up by meaning began. */
  readonly #removals = new Set<Concerned[]>();
  readonly #bus: Bus | undefined;
  readonly #id: string = crypto.randomUUID();
  readonly #onBusError: (error: unknown) => void;
  /** Hears no more of what other processes delete. */
  readonly stopListening: () => void;
  /** Whether the backend has been closed. */
  closed = false;
  #users = 0;
  #retired: (() => void) | undefined;

  constructor(settings: Settings, report: NonNullable<OperationOptions["report"]>) {
    this.given = settings.options.backend;
    this.backend = guard(settings);
    this.semantic = settings.options.semantic;
    this.semanticBreaker = new Breaker(this.semantic?.name ?? "none", "reads", { clock: settings.options.clock });
    this.writer = new Writer(report);
    this.#bus = settings.options.bus;
    this.#onBusError = (error) => report({ type: "failed", backend: "bus", operation: "publish", error });
    this.stopListening = this.#heedDeletions();
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

  /** Guards the backend by other settings. */
  reguard(settings: Settings): void {
    this.backend = guard(settings);
  }

  /** Keeps the flights that `concerned` picks from storing their answers and from being joined, and look-ups under way from being shared. */
  discard(concerned: Concerned): void {
    for (const slot of this.slots) slot.discard(concerned);
    for (const removals of this.#removals) removals.push(concerned);
  }

  /** Lets no look-up that is under way be shared with callers who come from now on, nor find by meaning what `concerned` picks. */
  readAnew(concerned: Concerned): void {
    for (const slot of this.slots) slot.readAnew();
    for (const removals of this.#removals) removals.push(concerned);
  }

  /** Watches removals while `work` goes on, and lets it ask whether one of them concerned an answer. */
  async watchingRemovals<Result>(work: (wasRemoved: Concerned) => Promise<Result>): Promise<Result> {
    const removals: Concerned[] = [];
    this.#removals.add(removals);
    try {
      return await work((key, tagKeys) => removals.some((concerned) => concerned(key, tagKeys)));
    } finally {
      this.#removals.delete(removals);
    }
  }

  get inFlight(): number {
    return [...this.slots].reduce((sum, slot) => sum + slot.inFlight, 0);
  }

  /** Tells the other processes. Nobody waits for it, and nothing depends on it. */
  tell(message: DistributiveOmit<BusMessage, "from">): void {
    this.#bus?.publish({ ...message, from: this.#id }).catch((error: unknown) => this.#onBusError(error));
  }

  /** Calls back when another process says that it has released the lease of `key`, or may have. */
  onRelease(key: string): (look: () => void) => () => void {
    return (look) => {
      if (this.#bus === undefined) return () => undefined;
      return this.#bus.subscribe((notice) => {
        if (notice.type === "gap" || (notice.type === "released" && notice.key === key)) look();
      });
    };
  }

  /** Keeps flights from storing what another process has deleted since they began. Returns how to stop that. */
  #heedDeletions(): () => void {
    if (this.#bus === undefined) return () => undefined;
    return this.#bus.subscribe((notice) => {
      if (notice.type === "gap" || notice.type === "released" || notice.from === this.#id) return;
      if (notice.type === "deleted") {
        const told = new Set(notice.keys);
        this.discard((key, tagKeys) => told.has(key) || tagKeys.some((tagKey) => told.has(tagKey)));
      }
      if (notice.type === "cleared") this.discard((key) => key.startsWith(notice.prefix));
    });
  }

  /** Calls `idle` once nobody uses the backend any more. */
  retire(idle: () => void): void {
    this.#retired = idle;
    this.#tellWhenIdle();
  }

  /** Closes now what no `other` store uses: what is stored after this is an error. */
  async close(other?: Store): Promise<void> {
    this.closed = true;
    const opened = [this.semantic, this.given].filter((part) => part !== other?.semantic && part !== other?.given);
    const closings = await Promise.allSettled(opened.map(async (part) => part?.[Symbol.asyncDispose]?.()));
    for (const closing of closings) if (closing.status === "rejected") throw closing.reason;
  }

  #release(): void {
    this.#users--;
    this.#tellWhenIdle();
  }

  #tellWhenIdle(): void {
    if (this.#users > 0 || this.#retired === undefined) return;
    const idle = this.#retired;
    this.#retired = undefined;
    idle();
  }
}

function guard({ options, readTimeoutMs }: Settings): Backend {
  if (isSelfGuarded(options.backend)) return options.backend;
  return guarded(options.backend, { timeout: readTimeoutMs / 1000, clock: options.clock });
}
