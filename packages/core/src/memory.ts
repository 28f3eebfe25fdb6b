import type { Backend, BackendEvent, PutOptions } from "./backend.ts";
import { markImmediate, markLocal, markSelfGuarded } from "./decorate.ts";
import { type Held, type KeptAnswer, markGlance } from "./glance.ts";
import { checkOptions, positiveInteger } from "./options.ts";
import { Sieve, type Sifted } from "./sieve.ts";

export interface MemoryOptions {
  /** The most entries it keeps. @default Infinity */
  readonly maxEntries?: number | undefined;
  /** The most bytes it keeps: values, keys, and what the runtime needs beside them. @default 64 MiB */
  readonly maxBytes?: number | undefined;
  /** The largest value it takes, in bytes. @default an eighth of `maxBytes`, so that one answer cannot push out all others */
  readonly maxEntryBytes?: number | undefined;
  /** Tells it from others in outcomes and events. @default "memory" */
  readonly name?: string | undefined;
  /** The time, in epoch ms. @default Date.now */
  readonly clock?: (() => number) | undefined;
}

/** What `memory` makes. */
export interface MemoryBackend extends Backend {
  readonly maxValueBytes: number;
  readonly expiryGranularityMs: number;
  swap: NonNullable<Backend["swap"]>;
  list: NonNullable<Backend["list"]>;
  /** What it holds now. `bytes` is counted as for `maxBytes`. */
  usage(): { readonly entries: number; readonly bytes: number };
}

interface Slot extends Held, Sifted {
  readonly expiresAt: number;
  /** Core's, for as long as the slot is: see `glance.ts`. */
  kept: KeptAnswer | undefined;
}

/** Measured on Node 24 for 100 000 entries: what a slot, its array and its place in the map take beside key and value. */
const slotOverheadBytes = 200;

/** Keeps entries in this process, within a limit of bytes. Evicts those that are not read: see `Sieve`. */
export function memory(options: MemoryOptions = {}): MemoryBackend {
  checkOptions("memory", options, ["maxEntries", "maxBytes", "maxEntryBytes", "name", "clock"]);
  const name = options.name ?? "memory";
  const maxEntries = positiveInteger("maxEntries", options.maxEntries ?? Infinity);
  const maxBytes = positiveInteger("maxBytes", options.maxBytes ?? 64 * 1024 * 1024);
  const maxValueBytes = positiveInteger("maxEntryBytes", options.maxEntryBytes ?? Math.ceil(maxBytes / 8));
  if (maxValueBytes > maxBytes) throw new TypeError("maxEntryBytes must not be more than maxBytes");
  const clock = options.clock ?? Date.now;

  const sieve = new Sieve<Slot>();
  const { slots } = sieve;
  let bytes = 0;

  const sizeOf = (key: string, value: Uint8Array, kept?: KeptAnswer) =>
    key.length + value.byteLength + slotOverheadBytes + (kept?.bytes ?? 0);

  const remove = (key: string, slot: Slot) => {
    slots.delete(key);
    bytes -= sizeOf(key, slot.value, slot.kept);
  };

  const find = (key: string): Slot | undefined => {
    const slot = slots.get(key);
    if (slot === undefined || clock() <= slot.expiresAt) return slot;
    remove(key, slot);
    return undefined;
  };

  /** What is kept beside an entry goes before any entry does. */
  const drop = (slot: Slot) => {
    bytes -= slot.kept?.bytes ?? 0;
    slot.kept = undefined;
  };

  const read = (key: string): Slot | undefined => {
    const slot = find(key);
    if (slot !== undefined) sieve.visit(slot);
    return slot;
  };

  /** Makes some room. */
  const evict = (report: ((event: BackendEvent) => void) | undefined) => {
    const now = clock();
    const next = sieve.next(({ kept, expiresAt }) => kept !== undefined || now > expiresAt);
    if (next === undefined) return;
    const [key, slot] = next;
    if (slot.kept !== undefined) return drop(slot);
    remove(key, slot);
    report?.({ type: "evicted", backend: name, key });
  };

  const hasRoomFor = (key: string, value: Uint8Array): boolean => {
    const held = slots.get(key);
    const freed = held === undefined ? 0 : sizeOf(key, held.value, held.kept);
    return bytes - freed + sizeOf(key, value) <= maxBytes && slots.size + (held === undefined ? 1 : 0) <= maxEntries;
  };

  const store = (key: string, value: Uint8Array, putOptions: PutOptions | undefined) => {
    if (sizeOf(key, value) > maxBytes)
      throw new RangeError(`${name} has no room for a value of ${value.byteLength} bytes`);
    if (value.byteLength > maxValueBytes) {
      throw new RangeError(`${name} takes values of up to ${maxValueBytes} bytes, got ${value.byteLength}`);
    }
    while (slots.size > 0 && !hasRoomFor(key, value)) evict(putOptions?.report);
    const held = slots.get(key);
    if (held !== undefined) bytes -= sizeOf(key, held.value, held.kept);
    const expiresAt = putOptions?.expiresAt ?? Infinity;
    // A set of a key that is there keeps its place: its turn under the hand does not change.
    slots.set(key, {
      value: new Uint8Array(value),
      expiresAt,
      visits: held?.visits ?? 0,
      kept: undefined,
      source: name,
    });
    bytes += sizeOf(key, value);
  };

  const backend = markSelfGuarded<MemoryBackend>({
    name,
    maxValueBytes,
    expiryGranularityMs: 0,
    async get(key, getOptions) {
      getOptions?.signal?.throwIfAborted();
      const slot = read(key);
      return slot && new Uint8Array(slot.value);
    },
    async put(key, value, putOptions) {
      putOptions?.signal?.throwIfAborted();
      store(key, value, putOptions);
    },
    async delete(key, deleteOptions) {
      deleteOptions?.signal?.throwIfAborted();
      const slot = slots.get(key);
      if (slot !== undefined) remove(key, slot);
    },
    async swap(key, expected, value, swapOptions) {
      swapOptions?.signal?.throwIfAborted();
      if (!sameBytes(find(key)?.value, expected)) return false;
      store(key, value, swapOptions);
      return true;
    },
    async *list(prefix, listOptions) {
      listOptions?.signal?.throwIfAborted();
      for (const key of [...slots.keys()]) {
        if (key.startsWith(prefix) && find(key) !== undefined) yield key;
      }
    },
    usage: () => ({ entries: slots.size, bytes }),
  });
  const keep = (key: string, kept: KeptAnswer): boolean => {
    const slot = slots.get(key);
    if (slot === undefined || bytes + kept.bytes > maxBytes) return false;
    slot.kept = kept;
    bytes += kept.bytes;
    return true;
  };
  return markGlance(markImmediate(markLocal(backend)), { look: read, keep });
}

/** Whether two byte strings, or absences of one, are equal. */
export function sameBytes(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
