import { decodeEntry, type PutOptions, unitVector } from "@llmcache/core";
import { copyForClient, timeToLive } from "@llmcache/redis/commands";

/** When what never expires does: the last time of a `Date`, so that one filter does for all. */
const neverExpires = 8.64e15;

/** Where an entry is found by its meaning. */
export interface Placement {
  readonly scope: string;
  /** Of length 1. */
  readonly vector: Float32Array;
}

/** An entry as it is written: the fields of a hash, and the ms that it has to live. */
export interface EntryRecord {
  readonly key: string;
  readonly fields: readonly (readonly [name: string, value: string | Buffer])[];
  readonly expiresAt: number;
  readonly ttlMs: number | undefined;
  readonly placement: Placement | undefined;
}

/** @throws {TypeError} for a vector of another length, or without a direction: an index would leave it out without a word */
export function encodeRecord(
  key: string,
  value: Uint8Array,
  options: PutOptions | undefined,
  dimensions: number,
): EntryRecord {
  const { embedding, expiresAt = Infinity } = options ?? {};
  const exp = Math.min(Math.max(Math.ceil(expiresAt), 0), neverExpires);
  return {
    key,
    fields: [["value", copyForClient(value)], ["exp", `${exp}`], ...describe(value)],
    expiresAt: exp,
    ttlMs: timeToLive(options?.expiresAt),
    placement: embedding && {
      scope: scopeTag(embedding.scope),
      vector: unitVector(embedding.vector, dimensions),
    },
  };
}

/** A scope as text in which nothing has to be escaped: a digest as it is, anything else as hex. */
export function scopeTag(scope: string): string {
  return /^[0-9a-f]+$/.test(scope) ? scope : `x${Buffer.from(scope).toString("hex")}`;
}

/** Numbers as an index takes them. */
export function float32Bytes(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes;
}

/** What people look for entries by, where the bytes tell: those of a compressing or encrypting wrapper do not. */
function describe(value: Uint8Array): [string, string][] {
  try {
    const { createdAt, call, tags = {} } = decodeEntry(value);
    const model = (call?.params as { readonly model?: unknown } | undefined)?.model;
    const names = new Set(Object.keys(tags).map((key) => key.slice(key.lastIndexOf("/") + 1)));
    return [
      ["created", `${createdAt}`],
      ...(typeof model === "string" ? [["model", model] as [string, string]] : []),
      ...(names.size > 0 ? [["tags", [...names].join("|")] as [string, string]] : []),
    ];
  } catch {
    return [];
  }
}
