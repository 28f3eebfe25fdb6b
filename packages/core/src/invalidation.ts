import type { Backend, OperationOptions } from "./backend.ts";
import type { Bus, BusNotice } from "./bus.ts";
import type { Fills } from "./fills.ts";
import { deleteMany, deletePrefix } from "./many.ts";

/**
 * Keeps the tiers that only this process sees in step with what others write and delete in the tiers that all share. A tier is not
 * trusted from a gap in the messages until it has been emptied, nor once it failed to drop what it was told to.
 */
export class Invalidation {
  readonly #bus: Bus;
  readonly #local: ReadonlySet<Backend>;
  readonly #fills: Fills;
  readonly #id: string = crypto.randomUUID();
  readonly #distrusted = new Set<Backend>();
  readonly #stopListening: () => void;

  constructor(bus: Bus, local: readonly Backend[], fills: Fills) {
    this.#bus = bus;
    this.#local = new Set(local);
    this.#fills = fills;
    this.#stopListening = bus.subscribe((notice) => this.#heed(notice));
  }

  /** Whether what a tier holds may be served. */
  trusts(backend: Backend): boolean {
    return !this.#distrusted.has(backend);
  }

  /** Tells the other processes what was written or deleted. Nobody waits for it; that it failed is reported. */
  tell(type: "written" | "deleted", keys: readonly string[], options: OperationOptions | undefined): void {
    this.#bus.publish({ type, from: this.#id, keys }).catch((error: unknown) => {
      options?.report?.({ type: "failed", backend: "bus", operation: "publish", key: keys[0], error });
    });
  }

  close(): void {
    this.#stopListening();
  }

  #heed(notice: BusNotice): void {
    if (notice.type === "released" || ("from" in notice && notice.from === this.#id)) return;
    for (const backend of this.#local) {
      const keys = "keys" in notice ? notice.keys : [];
      const dropped =
        "keys" in notice
          ? deleteMany(backend, keys)
          : this.#empty(backend, notice.type === "cleared" ? notice.prefix : "");
      // A copy that is on its way up may be of what was there before.
      void this.#fills.during(keys, () => dropped).catch(() => this.#distrusted.add(backend));
    }
  }

  async #empty(backend: Backend, prefix: string): Promise<void> {
    if (prefix === "") this.#distrusted.add(backend);
    await this.#fills.outdate(prefix);
    await deletePrefix(backend, prefix);
    if (prefix === "") this.#distrusted.delete(backend);
  }
}
