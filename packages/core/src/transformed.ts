import type { Backend, PutEntry, SemanticBackend } from "./backend.ts";
import { type Decorated, decorate } from "./decorate.ts";
import { frameBytes, readFrame } from "./frame.ts";
import { toError } from "./many.ts";
import { sameBytes } from "./memory.ts";

/** How bytes are changed on their way into a store, and back. */
export interface Transform {
  /** @param frame the plaintext before `bytes`, which is stored as it is; empty for bytes that have no frame */
  readonly encode: (key: string, frame: Uint8Array, bytes: Uint8Array) => Promise<Uint8Array>;
  /** @throws {LlmCacheError} `CORRUPT_ENTRY` or `UNREADABLE_ENTRY` for what `encode` did not make, or cannot be read here */
  readonly decode: (key: string, frame: Uint8Array, bytes: Uint8Array) => Promise<Uint8Array>;
  /** By how much `encode` may lengthen a value, in bytes. */
  readonly overheadBytes: number;
}

/** A backend whose values are changed on their way in and out, all but the frame of an entry. */
export function transformed<B extends Backend>(inner: B, { encode, decode, overheadBytes }: Transform): Decorated<B> {
  const source = inner as Backend & Partial<SemanticBackend>;
  const maxValueBytes = source.maxValueBytes === undefined ? undefined : source.maxValueBytes - overheadBytes;

  const toStored = async (key: string, value: Uint8Array) => {
    if (value.length > (maxValueBytes ?? Infinity)) {
      throw new RangeError(`${inner.name} takes values of up to ${maxValueBytes} bytes here, got ${value.length}`);
    }
    return apart(value, (frame, rest) => encode(key, frame, rest));
  };
  const fromStored = (key: string, stored: Uint8Array) => apart(stored, (frame, rest) => decode(key, frame, rest));
  const entryToStored = async (entry: PutEntry) => ({ ...entry, value: await toStored(entry.key, entry.value) });

  return decorate<B>(inner, {
    ...(maxValueBytes !== undefined && { maxValueBytes }),
    async get(key, options) {
      const stored = await source.get(key, options);
      return stored && (await fromStored(key, stored));
    },
    async put(key, value, options) {
      options?.signal?.throwIfAborted();
      await source.put(key, await toStored(key, value), options);
    },
    /** The stored bytes differ each time, so what is compared is what they mean; what is swapped is what was read. */
    async swap(key, expected, value, options) {
      const stored = await source.get(key, options);
      const held = stored && (await fromStored(key, stored));
      if (!sameBytes(held, expected)) return false;
      return (await source.swap?.(key, stored, await toStored(key, value), options)) ?? false;
    },
    async getMany(keys, options) {
      const results = (await source.getMany?.(keys, options)) ?? [];
      const decoded = results.map((stored, index) =>
        stored instanceof Uint8Array ? fromStored(keys[index] ?? "", stored).catch(toError) : stored,
      );
      return Promise.all(decoded);
    },
    async putMany(entries, options) {
      options?.signal?.throwIfAborted();
      await source.putMany?.(await Promise.all(entries.map(entryToStored)), options);
    },
    async nearest(scope, vector, options) {
      const found = (await source.nearest?.(scope, vector, options)) ?? [];
      const decoded = found.map(async (entry) => {
        try {
          return [{ ...entry, value: await fromStored(entry.key, entry.value) }];
        } catch (error) {
          // One that cannot be read must not hide the others.
          options.report?.({ type: "dropped", backend: inner.name, key: entry.key, error });
          return [];
        }
      });
      return (await Promise.all(decoded)).flat();
    },
  });
}

/** Changes what follows the frame of an entry, or all of what has none. */
async function apart(
  bytes: Uint8Array,
  change: (frame: Uint8Array, rest: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const length = readFrame(bytes) === undefined ? 0 : frameBytes;
  const frame = bytes.subarray(0, length);
  const changed = await change(frame, bytes.subarray(length));
  if (length === 0) return changed;
  const joined = new Uint8Array(length + changed.length);
  joined.set(frame);
  joined.set(changed, length);
  return joined;
}
