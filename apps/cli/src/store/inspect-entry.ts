import {
  type Backend,
  compressed,
  decodeEntry,
  type Entry,
  entryVersion,
  type Frame,
  frameBytes,
  isLlmCacheError,
  readFrame,
} from "@llmcache/core";
import { parseKey } from "./parsed-key.ts";

/** What lies under the key of an entry. */
export type Inspection =
  | { readonly state: "sound"; readonly times: Frame; readonly codec: string; readonly entry: Entry }
  /** Its times are known, what follows them is not: it is encrypted, or in a form that this release does not know. */
  | { readonly state: "sealed"; readonly times: Frame; readonly codec: string; readonly reason: string }
  /** Of a version that this release does not know: nothing in it means anything here. */
  | { readonly state: "newer"; readonly reason: string }
  | { readonly state: "damaged"; readonly reason: string }
  /** Nothing that llmcache has written. */
  | { readonly state: "foreign"; readonly reason: string };

/** By the number that stands behind the frame: those of plain, of `compressed` and of `encrypted` entries. */
const codecs: ReadonlyMap<number | undefined, string> = new Map([
  [0, "plain"],
  [1, "gzip"],
  [2, "zstd"],
  [3, "uncompressed"],
  [16, "encrypted"],
]);

/** Looks at the bytes of an entry as a cache would, compressed ones included, and checks that they belong to the key. */
export async function inspectEntry(key: string, bytes: Uint8Array): Promise<Inspection> {
  const digest = parseKey(key)?.name;
  if (digest === undefined) return { state: "foreign", reason: "the key is none of llmcache's" };
  const times = readFrame(bytes);
  if (times === undefined || times.version === 0) return { state: "foreign", reason: "the bytes are no entry" };
  if (times.version > entryVersion)
    return { state: "newer", reason: `it is of version ${times.version}, which a newer llmcache has written` };
  if (!(times.createdAt <= times.freshUntil && times.freshUntil <= times.staleUntil))
    return { state: "damaged", reason: "its times contradict each other" };
  const codec = codecs.get(bytes[frameBytes]) ?? "unknown";
  if (codec === "encrypted") return { state: "sealed", times, codec, reason: "it is encrypted" };
  try {
    return { state: "sound", times, codec, entry: decodeEntry(await expand(key, bytes, codec), digest) };
  } catch (error) {
    if (!isLlmCacheError(error)) throw error;
    if (error.code === "UNREADABLE_ENTRY") return { state: "sealed", times, codec, reason: error.message };
    return { state: "damaged", reason: error.message };
  }
}

/** The entry itself; `undefined` where it cannot be read, or is none. */
export function entryOf(inspection: Inspection): Entry | undefined {
  return inspection.state === "sound" ? inspection.entry : undefined;
}

/** What core's own wrapper makes of bytes that it, or one like it, has compressed. */
async function expand(key: string, bytes: Uint8Array, codec: string): Promise<Uint8Array> {
  if (codec === "plain" || codec === "unknown") return bytes;
  const held: Backend = {
    name: "bytes",
    get: async () => bytes,
    put: async () => undefined,
    delete: async () => undefined,
  };
  return (await compressed(held).get(key)) ?? bytes;
}

/** Whether an entry would be served to a call that asks for nothing special. */
export function freshnessOf({ freshUntil, staleUntil }: Frame, now: number): "fresh" | "stale" | "expired" {
  if (now < freshUntil) return "fresh";
  return now < staleUntil ? "stale" : "expired";
}
