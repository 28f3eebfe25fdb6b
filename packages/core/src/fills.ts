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

  /** Keys that are being written or deleted, each as often as that is under way. */
  readonly #changing = new Map<string, number>();

  /** To be called before the lower tier is read. */
  begin(key: string): Fill {
    // What is read while the key changes may be what was there before.
    const fill: Fill = { outdated: this.#changing.has(key), writing: undefined };
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

  /** Does `change` to some keys, after the fills that are being written; all others of these keys, until it has ended, are out of date. */
  async during<Result>(keys: readonly string[], change: () => Promise<Result>): Promise<Result> {
    for (const key of keys) this.#changing.set(key, (this.#changing.get(key) ?? 0) + 1);
    try {
      await this.#outdate(keys);
      return await change();
    } finally {
      for (const key of keys) {
        const others = (this.#changing.get(key) ?? 1) - 1;
        if (others > 0) this.#changing.set(key, others);
        else this.#changing.delete(key);
      }
    }
  }

  /** Waits for the fills that are being written of keys that start with `prefix`; all others of these keys are out of date. */
  outdate(prefix: string): Promise<void> {
    return this.#outdate([...this.#active.keys()].filter((key) => key.startsWith(prefix)));
  }

  async #outdate(keys: readonly string[]): Promise<void> {
    const fills = keys.flatMap((key) => [...(this.#active.get(key) ?? [])]);
    for (const fill of fills) fill.outdated = true;
    await Promise.all(fills.map((fill) => fill.writing));
  }

  /** Waits for all writes that have begun. */
  async settled(): Promise<void> {
    await Promise.all([...this.#active.values()].flatMap((active) => [...active].map((fill) => fill.writing)));
  }
}
