import type { Freshness } from "./cache-control.ts";
import { untilAborted } from "./deadline.ts";
import type { Landing } from "./engine.ts";
import type { Entry } from "./entry.ts";
import type { MatchInfo } from "./event.ts";
import { Aborter, onAbort } from "./on-abort.ts";

/** What kind of answer a flight brings. A caller can only join one of its own kind. */
export type FlightKind = "value" | "stream";

/** A stored answer that a flight found after all. */
export interface Adopted<Served = unknown> {
  readonly entry: Entry;
  readonly source: string;
  /** What the one who began the flight is given. */
  readonly served: Served;
  /** For the answer to a similar question; otherwise it is another process's answer to the same. */
  readonly match?: MatchInfo;
}

/** What somebody waited for. The flight goes on until they call `leave`. */
interface Awaiting<Result> {
  readonly result: Result;
  readonly leave: (reason?: unknown) => void;
}

/** How a flight gets its answer. */
export interface FlightWork<Result> {
  readonly make: (flight: Flight<Result>) => Promise<Result | undefined>;
  /** Takes the whole answer where no caller does. */
  readonly drain: (result: Result) => Promise<void>;
}

/** One call of the model, that any number of callers wait for. Aborts the call when the last of them has left. */
export class Flight<Result = unknown> {
  readonly plan: FlightPlan;
  /** Its place in the order of the flights of its key. */
  readonly number: number;
  /** `undefined` where it found a stored answer, which is then `adopted`. */
  readonly result: Promise<Result | undefined>;
  /** Takes the answer to its end. */
  readonly drain: () => Promise<void>;
  /** Resolves to whether the answer was stored, once that is known. Never rejects. */
  readonly ended: Promise<boolean>;
  /** Set by a delete, a clear or an invalidation: its answer is for those who wait, and for nobody else. */
  discarded = false;
  /** When the answer was there, by its slot's counter: the model has nothing more to do. */
  landedAt: number | undefined;
  /** What the model answered, to its end. */
  landing: Landing | undefined;
  /** Resolves when the answer is there, or it is clear that none comes. Never rejects. */
  readonly landed: Promise<void>;
  readonly #land: () => void;
  /** When the answer was stored, or was found not to be storable, by its slot's counter. */
  endedAt: number | undefined;
  /** The life of the answer, once it is there and is to be stored. */
  freshness: Freshness | undefined;
  adopted: Adopted | undefined;
  /** Resolves to whether the answer to a similar question was found, where one is looked for. Never rejects. */
  byMeaning: Promise<boolean> | undefined;
  readonly #end: (stored: boolean) => void;
  readonly #controller = new Aborter();
  #waiters = 0;

  constructor(plan: FlightPlan, number: number, work: FlightWork<Result>) {
    this.plan = plan;
    this.number = number;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.ended = promise;
    this.#end = resolve;
    const landing = Promise.withResolvers<void>();
    this.landed = landing.promise;
    this.#land = landing.resolve;
    // A tick later, so that whoever began it already waits.
    this.result = Promise.resolve().then(() => work.make(this));
    this.drain = async () => {
      const result = await this.result;
      if (result !== undefined) await work.drain(result);
    };
    // Whoever waits is told; a failure that nobody waits for any more is nobody's concern.
    this.result.catch(() => undefined);
  }

  /** Says that the answer is there, or, with nothing, that the model will not end it. */
  land(at: number, landing: Landing | undefined): void {
    this.landedAt = at;
    this.landing = landing;
    this.#land();
  }

  end(at: number, stored: boolean): void {
    this.landedAt ??= at;
    this.#land();
    this.endedAt = at;
    this.#end(stored);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for the answer. Until `leave` is called, or the wait fails, the model call is kept going. */
  wait(signal: AbortSignal | undefined): Promise<Awaiting<Result | undefined>> {
    return this.#wait(this.result, signal);
  }

  /** Waits for the answer to its end, and takes it where nobody else does. */
  async waitForWhole(signal: AbortSignal | undefined): Promise<void> {
    const { leave } = await this.#wait(this.drain(), signal);
    leave();
  }

  async #wait<Awaited>(awaited: Promise<Awaited>, signal: AbortSignal | undefined): Promise<Awaiting<Awaited>> {
    const leave = this.enter();
    // At once, not a tick later: an answer that comes after the abort must find the call aborted.
    const stopListening = onAbort(signal, () => leave(signal?.reason));
    try {
      return { result: await untilAborted(awaited, signal), leave };
    } catch (error) {
      leave(error);
      throw error;
    } finally {
      stopListening();
    }
  }

  /** Keeps the model call going until the function it returns is called. */
  enter(): (reason?: unknown) => void {
    this.#waiters++;
    let left = false;
    return (reason) => {
      if (left) return;
      left = true;
      this.#waiters--;
      if (this.#waiters === 0 && this.landedAt === undefined) this.#controller.abort(reason);
    };
  }
}

export interface FlightPlan {
  readonly kind: FlightKind;
  /** Whether it was begun by a call that wanted a new answer. */
  readonly noCache: boolean;
  /** What the key leaves out but the answer shows: only callers of the same variant share a flight. */
  readonly variant: string;
  /** Whether the store held nothing for the key when it began. */
  readonly afterAbsence: boolean;
  /** The keys of the tag generations that its answer depends on. */
  readonly tagKeys: readonly string[];
  /** Whether the right to make the answer is asked for among processes. */
  readonly leased: boolean;
}

/** Whether a flight had its answer before, and is only still writing it. */
export function wasThere(
  flight: Flight | undefined,
  since: number,
): flight is Flight & { readonly freshness: Freshness } {
  return flight?.freshness !== undefined && flight.landedAt !== undefined && flight.landedAt <= since;
}
