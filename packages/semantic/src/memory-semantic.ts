import {
  type Backend,
  type BackendEvent,
  checkOptions,
  positiveInteger,
  type PutOptions,
  type SemanticBackend,
  Sieve,
  type Sifted,
  unitVector,
} from "@llmcache/core";
import { makeKernel, plainKernel } from "./vectors/scan.ts";
import { type Placed, VectorIndex } from "./vectors/vector-index.ts";

export interface MemorySemanticOptions {
  /** The length of every vector: that of the embedder. */
  readonly dimensions: number;
  /** The most entries it keeps. @default Infinity */
  readonly maxEntries?: number | undefined;
  /** The most bytes it keeps: values, keys, vectors, and what the runtime needs beside them. @default 256 MiB */
  readonly maxBytes?: number | undefined;
  /** The largest value it takes, in bytes. @default an eighth of `maxBytes`, so that one answer cannot push out all others */
  readonly maxEntryBytes?: number | undefined;
  /** Scans with WebAssembly SIMD where the runtime lets it. Without it the verdicts are the same, and come later. @default true */
  readonly simd?: boolean | undefined;
  /** Tells it from others in outcomes and events. @default "memory-semantic" */
  readonly name?: string | undefined;
  /** The time, in epoch ms. @default Date.now */
  readonly clock?: (() => number) | undefined;
}

/** What `memorySemantic` makes. */
export interface MemorySemanticBackend extends SemanticBackend {
  readonly maxValueBytes: number;
  readonly expiryGranularityMs: number;
  swap: NonNullable<Backend["swap"]>;
  list: NonNullable<Backend["list"]>;
  /** What it holds now, `bytes` counted as for `maxBytes`, and what scans it. */
  usage(): { readonly entries: number; readonly bytes: number; readonly scan: "simd" | "plain" };
}

interface Slot extends Sifted {
  readonly key: string;
  readonly value: Uint8Array;
  readonly expiresAt: number;
  readonly vector: Placed<Slot> | undefined;
}

/** What a slot, its array and its place in the maps take beside key, value and vector (core's `memory` measured the same). */
const slotOverheadBytes = 250;

/**
 * Keeps entries in this process, within a limit of bytes, and finds them by key or by meaning. Finds exactly what comparing every
 * vector of the scope would find, equally near ones in the order of their keys.
 *
 * Evicts by core's `Sieve`. An entry that is written again is a new one to it.
 *
 * @throws {TypeError} for an unknown option or one that is out of range.
 */
export function memorySemantic(options: MemorySemanticOptions): MemorySemanticBackend {
  checkOptions("memorySemantic", options, optionNames);
  const dimensions = positiveInteger("dimensions", options.dimensions);
  const name = options.name ?? "memory-semantic";
  const maxEntries = positiveInteger("maxEntries", options.maxEntries ?? Infinity);
  const maxBytes = positiveInteger("maxBytes", options.maxBytes ?? 256 * 1024 * 1024);
  const maxValueBytes = positiveInteger("maxEntryBytes", options.maxEntryBytes ?? Math.ceil(maxBytes / 8));
  if (maxValueBytes > maxBytes) throw new TypeError("maxEntryBytes must not be more than maxBytes");
  const clock = options.clock ?? Date.now;

  const index = new VectorIndex<Slot>(dimensions, options.simd === false ? plainKernel() : makeKernel());
  const sieve = new Sieve<Slot>();
  const { slots } = sieve;
  let bytes = 0;

  const isLive = (slot: Slot) => clock() <= slot.expiresAt;

  const remove = (slot: Slot) => {
    slots.delete(slot.key);
    bytes -= sizeOf(slot.key, slot.value);
    if (slot.vector !== undefined) bytes -= index.remove(slot.vector);
  };

  const find = (key: string): Slot | undefined => {
    const slot = slots.get(key);
    if (slot === undefined || isLive(slot)) return slot;
    remove(slot);
    return undefined;
  };

  const read = (slot: Slot): Uint8Array => {
    sieve.visit(slot);
    return new Uint8Array(slot.value);
  };

  const evictOne = (report: ((event: BackendEvent) => void) | undefined) => {
    const [key, slot] = sieve.next((held) => !isLive(held)) ?? [];
    if (key === undefined || slot === undefined) return;
    remove(slot);
    report?.({ type: "evicted", backend: name, key });
  };

  const store = (key: string, value: Uint8Array, put: PutOptions | undefined) => {
    const vector = put?.embedding && unitVector(put.embedding.vector, dimensions);
    const scope = put?.embedding?.scope ?? "";
    const needed = () => sizeOf(key, value) + (vector === undefined ? 0 : index.costIn(scope));
    const largest = sizeOf(key, value) + (vector === undefined ? 0 : index.blockBytes);
    if (largest > maxBytes || value.byteLength > maxValueBytes) {
      throw new RangeError(`${name} takes values of up to ${maxValueBytes} bytes, got ${value.byteLength}`);
    }
    const held = slots.get(key);
    if (held !== undefined) remove(held);
    while (slots.size > 0 && (bytes + needed() > maxBytes || slots.size >= maxEntries)) evictOne(put?.report);
    const cost = needed();
    const slot = {
      key,
      value: new Uint8Array(value),
      expiresAt: put?.expiresAt ?? Infinity,
      vector: undefined as Placed<Slot> | undefined,
      visits: held?.visits ?? 0,
    };
    if (vector !== undefined) slot.vector = index.add(scope, vector, slot);
    slots.set(key, slot);
    bytes += cost;
  };

  return {
    name,
    dimensions,
    maxValueBytes,
    expiryGranularityMs: 0,
    async get(key, getOptions) {
      getOptions?.signal?.throwIfAborted();
      const slot = find(key);
      return slot && read(slot);
    },
    async put(key, value, putOptions) {
      putOptions?.signal?.throwIfAborted();
      store(key, value, putOptions);
    },
    async delete(key, deleteOptions) {
      deleteOptions?.signal?.throwIfAborted();
      const slot = slots.get(key);
      if (slot !== undefined) remove(slot);
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
    async nearest(scope, vector, { limit, minScore = -1, signal }) {
      signal?.throwIfAborted();
      positiveInteger("limit", limit);
      const compare = (left: Slot, right: Slot) => (left.key < right.key ? -1 : 1);
      const found = index.nearest(scope, vector, { limit, minScore, isLive, compare });
      return found.map(({ item, score }) => ({ key: item.key, score, value: read(item) }));
    },
    usage: () => ({ entries: slots.size, bytes, scan: index.kind }),
  };
}

const optionNames = [
  "dimensions",
  "maxEntries",
  "maxBytes",
  "maxEntryBytes",
  "simd",
  "name",
  "clock",
] as const satisfies readonly (keyof MemorySemanticOptions)[];

function sizeOf(key: string, value: Uint8Array): number {
  return key.length + value.byteLength + slotOverheadBytes;
}

function sameBytes(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
