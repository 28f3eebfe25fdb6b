/** A copy of an entry on its way from a lower tier to the ones above. */
export interface Fill {
  /** Set when the key was written or deleted meanwhile: what was read below is then out of date. */
  outdated: boolean;
  /** The writes, once they have begun. */
  writing: Promise<void> | undefined;
}

/** The fills that are under way, so that a delete or a newer write can stop them or come after them. */
export class Fills {
  readonly #active = new Map<string, Set<Fill>>();

  /** To be called before the lower tier is read. */
  begin(key: string): Fill {
    const fill: Fill = { outdated: false, writing: undefined };
    const active = this.#active.get(key);
    if (active === undefined) this.#active.set(key, new Set([fill]));
    else active.add(fill);
    return fill;
  }

  end(key: string, fill: Fill): void {
    const active = this.#active.get(key);
    active?.delete(fill);
    if (active?.size === 0) this.#active.delete(key);
  }

  /** Outdates the fills of `key`, and waits for the writes that had already begun. */
  async outdate(key: string): Promise<void> {
    const active = this.#active.get(key);
    if (active === undefined) return;
    for (const fill of active) fill.outdated = true;
    await Promise.all([...active].map((fill) => fill.writing));
  }

  /** Waits for all writes that have begun. */
  async settled(): Promise<void> {
    await Promise.all([...this.#active.values()].flatMap((active) => [...active].map((fill) => fill.writing)));
  }
}
