import type { Backend } from "@llmcache/core";
import { mutant, type Mutant, type Mutants } from "./mutant.ts";

type Change = (value: Uint8Array) => Uint8Array;

const changesOnPut = (lie: string, change: Change): Mutant =>
  mutant(lie, (honest) => ({ put: (key, value, options) => honest.put(key, change(value), options) }));

const answersGet = (lie: string, answer: (found: Uint8Array | undefined) => unknown): Mutant =>
  mutant(lie, (honest) => ({
    get: (async (key, options) => answer(await honest.get(key, options))) as Backend["get"],
  }));

const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
const bytes = (of: string) => new TextEncoder().encode(of);
const magic = "89 4c 4c 4d 43 0d 0a";
const hex = (of: Uint8Array) => Array.from(of, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
const isFramed = (value: Uint8Array) => value.length >= 32 && hex(value.subarray(0, 7)) === magic;

export const valueMutants: Mutants = {
  "resolves to undefined for a key that was never written": [
    answersGet("resolves to null for a missing key", (found) => found ?? null),
    answersGet("resolves to no bytes for a missing key", (found) => found ?? new Uint8Array()),
    answersGet("rejects for a missing key", (found) => found ?? Promise.reject(new Error("404"))),
  ],
  "keeps the empty value, and tells it from a missing one": [
    answersGet("takes the empty value for a missing one", (found) => (found?.length === 0 ? undefined : found)),
    mutant("does not write the empty value", (honest) => ({
      put: async (key, value, options) => (value.length === 0 ? undefined : honest.put(key, value, options)),
    })),
    changesOnPut("pads the empty value to 64 KiB", (value) => (value.length === 0 ? new Uint8Array(65_536) : value)),
  ],
  "keeps bytes exactly, whatever they look like": [
    changesOnPut("keeps values as text", (value) => bytes(text(value))),
    changesOnPut("loses a byte order mark", (value) =>
      hex(value.subarray(0, 3)) === "ef bb bf" ? value.subarray(3) : value,
    ),
    changesOnPut("cuts off zeros at the end", (value) => value.slice(0, value.findLastIndex((byte) => byte !== 0) + 1)),
    changesOnPut("rewrites line ends", (value) =>
      text(value).includes("\r\n") ? bytes(text(value).replaceAll("\r\n", "\n")) : value,
    ),
    answersGet("tries to unpack what begins like gzip", (found) =>
      found?.[0] === 0x1f ? Promise.reject(new Error("incorrect header")) : found,
    ),
  ],
  "keeps bytes exactly when they begin like an entry of core": [
    answersGet("takes an expired entry of core for a missing value", (found) => {
      const expired = found && isFramed(found) && new DataView(found.buffer).getFloat64(24) < Date.now();
      return expired ? undefined : found;
    }),
    answersGet("rejects for a version it does not know", (found) =>
      found && isFramed(found) && found[7] !== 1 ? Promise.reject(new Error("version")) : found,
    ),
    answersGet("takes a codec it does not know for a missing value", (found) =>
      found && isFramed(found) && (found[32] ?? 0) > 9 ? undefined : found,
    ),
    answersGet("takes a cut-off frame for a missing value", (found) =>
      found && hex(found.subarray(0, 7)) === magic && found.length < 33 ? undefined : found,
    ),
  ],
  "keeps a mebibyte": [answersGet("reads 64 KiB at most", (found) => found?.slice(0, 65_536))],
  "keeps a value of exactly maxValueBytes": [
    mutant("takes one byte less than it says", (honest) => ({
      put: async (key, value, options) => {
        if (value.length >= honest.maxValueBytes) throw new RangeError("too large");
        return honest.put(key, value, options);
      },
    })),
  ],
  "refuses a value of one byte more than maxValueBytes, and has the old one or nothing": [
    changesOnPut("cuts off what is too large", (value) => value.slice(0, 2 * 1024 * 1024)),
    mutant("takes more than it says", () => ({ maxValueBytes: 1024 })),
    mutant("does not write what is too large, and does not say so", (honest) => ({
      put: (...given) => honest.put(...given).catch(() => undefined),
    })),
    mutant("writes what fits before it refuses the rest", (honest) => ({
      put: async (key, value, options) => {
        await honest.put(key, value.slice(0, honest.maxValueBytes), options);
        return honest.put(key, value, options);
      },
    })),
    mutant("swaps in what is too large", (_honest, store) => ({
      swap: async (key, _expected, value) => store.set(key, { value, expiresAt: Infinity }).has(key),
    })),
    mutant("leaves what is too large out of a batch", (honest) => ({
      putMany: (entries, options) =>
        honest.putMany(
          entries.filter(({ value }) => value.length <= honest.maxValueBytes),
          options,
        ),
    })),
  ],
  "keeps only what a view shows of its buffer": [
    changesOnPut("keeps the whole buffer under a view", (value) => new Uint8Array(value.buffer)),
    changesOnPut(
      "keeps the beginning of the buffer under a view",
      (value) => new Uint8Array(value.buffer, 0, value.length),
    ),
  ],
  "hands out bytes that the caller may change": [
    mutant("hands out its own bytes", (_honest, store) => ({ get: async (key) => store.get(key)?.value })),
  ],
  "keeps its own copy of the bytes, once put has settled": [
    mutant("keeps the bytes that it was lent", (_honest, store) => ({
      put: async (key, value, options) => void store.set(key, { value, expiresAt: options?.expiresAt ?? Infinity }),
    })),
  ],
  "leaves the bytes that it is given as they are": [
    mutant("wipes the bytes after it wrote them", (honest) => ({
      put: async (key, value, options) => {
        await honest.put(key, value, options);
        value.fill(0);
      },
    })),
  ],
  "keeps the last of several values": [
    mutant("keeps the first value", (honest, store) => ({
      put: async (key, value, options) => (store.has(key) ? undefined : honest.put(key, value, options)),
    })),
    mutant("reads from a copy that writes do not renew", (honest) => {
      const copies = new Map<string, Uint8Array | undefined>();
      return {
        get: async (key, options) => {
          if (!copies.has(key)) copies.set(key, await honest.get(key, options));
          return copies.get(key)?.slice();
        },
      };
    }),
  ],
  "keeps nothing of a longer value that a shorter one overwrites": [
    mutant("writes over the beginning of the old value", (honest, store) => ({
      put: async (key, value, options) => {
        const tail = store.get(key)?.value.slice(value.length) ?? new Uint8Array();
        return honest.put(key, Uint8Array.of(...value, ...tail), options);
      },
    })),
  ],
  "forgets what is deleted, and takes it again": [
    mutant("deletes nothing", () => ({ delete: async () => undefined })),
    mutant("deletes for ever", (honest) => {
      const deleted = new Set<string>();
      return {
        delete: async (key) => void deleted.add(key),
        get: async (key, options) => (deleted.has(key) ? undefined : honest.get(key, options)),
      };
    }),
    mutant("keeps the empty value where it deletes", (honest) => ({
      delete: (key, options) => honest.put(key, new Uint8Array(), options),
    })),
  ],
  "deletes a key that is not there without complaint": [
    mutant("rejects the deletion of a missing key", (honest, store) => ({
      delete: async (key, options) => (store.has(key) ? honest.delete(key, options) : Promise.reject(new Error("404"))),
    })),
  ],
};
