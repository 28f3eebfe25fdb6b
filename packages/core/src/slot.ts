import { Flight, type FlightPlan, type FlightWork } from "./flight.ts";
import type { LookUp } from "./look-up.ts";

/** Which answers a removal concerns: by their key, and by the keys of their tags' generations. */
export type Concerned = (key: string, tagKeys: readonly string[]) => boolean;

/** A caller at a slot, who came at `since` by the slot's counter. */
export interface Visit {
  readonly slot: Slot;
  readonly since: number;
}

/**
 * What concurrent calls of one key share: one look-up, and the flights. It lives as long as a call or a flight uses it.
 *
 * A counter orders what happens: a caller whose look-up found nothing may still join a flight that ended after it arrived,
 * because its look-up may have been made before the answer was written.
 */
export class Slot {
  readonly key: string;
  users = 0;
  #counter = 0;
  #flights: Flight[] = [];
  #reading: Promise<LookUp> | undefined;
  /** The newest flight, or put, whose answer was stored. */
  #newestStored = 0;

  constructor(key: string) {
    this.key = key;
  }

  tick(): number {
    return ++this.#counter;
  }

  /** Reads once for all who ask while the reading is under way. */
  read(look: () => Promise<LookUp>): Promise<LookUp> {
    if (this.#reading !== undefined) return this.#reading;
    const reading = look().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  /**
   * A flight that a caller who arrived at `since` may join: one that is under way, or one whose answer came too late for the caller's
   * look-up. One that had its answer before, but has not written it yet, is joined where `accepts` says so.
   */
  joinable(
    wanted: Pick<FlightPlan, "kind" | "noCache" | "variant">,
    since: number,
    accepts: (flight: Flight) => boolean,
  ): Flight | undefined {
    return this.#flights.findLast((flight) => {
      const { plan, landedAt, endedAt } = flight;
      // One that is older than what was stored since would bring back what was replaced.
      if (flight.discarded || flight.signal.aborted || flight.number < this.#newestStored) return false;
      if (plan.kind !== wanted.kind || plan.variant !== wanted.variant || (wanted.noCache && !plan.noCache))
        return false;
      if (landedAt === undefined || landedAt > since) return true;
      return !wanted.noCache && (endedAt === undefined || endedAt > since) && accepts(flight);
    });
  }

  /** Begins a flight. The slot lives until the flight has ended. */
  open<Result>(plan: FlightPlan, work: FlightWork<Result>): Flight<Result> {
    this.#flights = this.#flights.filter(({ endedAt }) => endedAt === undefined);
    const flight = new Flight<Result>(plan, this.tick(), work);
    this.#flights.push(flight);
    return flight;
  }

  /** Whether an answer of this age in the order may be stored: an older one never replaces a newer one's. */
  claimStore(number: number): boolean {
    if (number < this.#newestStored) return false;
    this.#newestStored = number;
    return true;
  }

  /** Whether no newer answer than the one of this age in the order was stored. */
  isNewest(number: number): boolean {
    return number >= this.#newestStored;
  }

  /** Keeps the answers of the flights that `concerned` picks from the store and from callers who arrive from now on. */
  discard(concerned: Concerned): void {
    for (const flight of this.#flights) if (concerned(this.key, flight.plan.tagKeys)) flight.discarded = true;
    this.readAnew();
  }

  /** Lets nobody who arrives from now on share a look-up that is under way: what it finds may be out of date. */
  readAnew(): void {
    this.#reading = undefined;
  }

  get inFlight(): number {
    return this.#flights.filter(({ landedAt }) => landedAt === undefined).length;
  }
}

/** The slots that are in use. */
export class Slots {
  readonly #slots = new Map<string, Slot>();

  enter(key: string): Slot {
    let slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, (slot = new Slot(key)));
    slot.users++;
    return slot;
  }

  /** Whether anything is under way for a key. */
  has(key: string): boolean {
    // To look for a key that was just derived takes 0.2 µs, and mostly nothing is under way.
    return this.#slots.size > 0 && this.#slots.has(key);
  }

  leave(slot: Slot): void {
    slot.users--;
    if (slot.users === 0) this.#slots.delete(slot.key);
  }

  [Symbol.iterator](): MapIterator<Slot> {
    return this.#slots.values();
  }
}
