/** What a sieve keeps under a key. */
export interface Sifted {
  /** How many sweeps of the hand it survives: one more for each time it was read. Begins at 0; from then on the sieve's alone. */
  visits: number;
}

/** Enough to tell an entry that is read often from one that was read twice, little enough to forget it soon. */
const mostVisits = 3;

/**
 * Slots by key, and which of them is to go next, for a store with limited room.
 *
 * By SIEVE (Zhang et al., NSDI 2024), with a small counter in place of its one bit: a hand sweeps from the oldest slot to the newest and stops at
 * the first that was not read since it last came by. Slots that are read stay where they are, so a scan of one-off prompts only ever pushes out
 * one another, and a hit costs one increment.
 */
export class Sieve<Slot extends Sifted> {
  /** From the oldest to the newest. One that is set again keeps its place. */
  readonly slots: Map<string, Slot> = new Map();
  // A map's iterators are live, so one of them is the hand.
  #hand = this.slots.entries();

  /** Counts a read. */
  visit(slot: Slot): void {
    if (slot.visits < mostVisits) slot.visits++;
  }

  /** The slot to be removed next, which its owner then does. `goesFirst` tells those that are not spared, however often they were read. */
  next(goesFirst: (slot: Slot) => boolean): readonly [key: string, slot: Slot] | undefined {
    while (this.slots.size > 0) {
      const { value, done } = this.#hand.next();
      if (done === true) this.#hand = this.slots.entries();
      else if (!(value[1].visits > 0) || goesFirst(value[1])) return value;
      else value[1].visits--;
    }
    return undefined;
  }
}
