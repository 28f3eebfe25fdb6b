/** What one process tells the others. `from` is the sender, so that nobody heeds its own. */
export type BusMessage =
  /** A lease was released: whoever waits for the answer may look now. */
  | { readonly type: "released"; readonly from: string; readonly key: string }
  /**
   * An entry was written or deleted: a local copy of it is out of date, and so is a flight that began before a delete. The key of a
   * tag's generation stands for every entry that has the tag.
   */
  | { readonly type: "written" | "deleted"; readonly from: string; readonly keys: readonly string[] }
  /** Every entry whose key starts with `prefix` was deleted. */
  | { readonly type: "cleared"; readonly from: string; readonly prefix: string };

/** What a listener hears. After a gap messages may have been missed. */
export type BusNotice = BusMessage | { readonly type: "gap" };

/** Best-effort messages between processes: drop your copy, the answer is there. Never needed for correctness. */
export interface Bus {
  /** Sends to all other listeners. May lose it; rejects only to say so. */
  publish(message: BusMessage): Promise<void>;
  /** Hears what others publish, until the function it returns is called. */
  subscribe(listener: (notice: BusNotice) => void): () => void;
}

/** A bus for the caches of one process, and for tests. What is published is heard before `publish` resolves. */
export function localBus(): Bus {
  const listeners = new Set<(notice: BusNotice) => void>();
  return {
    async publish(message) {
      for (const listener of listeners) listener(message);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
