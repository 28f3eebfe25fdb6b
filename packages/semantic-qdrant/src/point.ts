import { type PutOptions, unitVector } from "@llmcache/core";
import type { Schemas } from "@qdrant/js-client-rest";
import { createHash } from "node:crypto";

/** The name of the vector in a point. It has one, so that a point may be without: Qdrant wants an unnamed one in every point. */
export const vectorName = "prompt";

/** When what never expires does: the last time of a `Date`, so that one filter does for all. */
const neverExpires = 8.64e15;

/** What is kept in a point beside its vector. */
export interface EntryPayload {
  readonly key: string;
  /** Base64, for JSON holds no bytes. See docs/decisions/0023-qdrant-has-no-swap.md. */
  readonly value: string;
  /** Epoch ms, whole: an index of integers leaves out what is none. */
  readonly exp: number;
  /** Each beginning of the key that ends in a slash. */
  readonly prefixes: readonly string[];
  readonly scope?: string;
}

/** A random UUID of ours (RFC 9562, section 5.5): the name space of the keys. */
const nameSpace = Buffer.from("6f1d2a60e0b84c0c9d0b1b2f4b7a5e31", "hex");

/** The id of the point of a key: a UUID of version 5, so that every process gives a key the same one, and a prompt that is stored twice is one point. */
export function pointId(key: string): string {
  const hash = createHash("sha1").update(nameSpace).update(key).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** An entry as Qdrant keeps it. @throws {TypeError} for a vector of another length, or without a direction */
export function encodePoint(
  key: string,
  value: Uint8Array,
  options: PutOptions | undefined,
  dimensions: number,
): Schemas["PointStruct"] {
  const { embedding, expiresAt = Infinity } = options ?? {};
  const payload: EntryPayload = {
    key,
    value: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64"),
    exp: Math.min(Math.max(Math.ceil(expiresAt), 0), neverExpires),
    prefixes: prefixesOf(key),
    ...(embedding !== undefined && { scope: embedding.scope }),
  };
  const vector = embedding === undefined ? {} : { [vectorName]: Array.from(unitVector(embedding.vector, dimensions)) };
  return { id: pointId(key), vector, payload: { ...payload } };
}

/** The bytes of the entry of `key`, which the caller then owns. @throws {Error} for a point that this store did not write */
export function decodeValue(key: string, payload: unknown): Uint8Array {
  const { key: found, value } = (payload ?? {}) as Partial<Record<keyof EntryPayload, unknown>>;
  if (found !== key || typeof value !== "string") throw new Error("A point in Qdrant holds something that is no entry");
  return new Uint8Array(Buffer.from(value, "base64"));
}

/** Where a listing begins that finds all keys with this prefix. */
export function listedFrom(prefix: string): string | undefined {
  return prefixesOf(prefix).at(-1);
}

function prefixesOf(key: string): string[] {
  return [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index + 1));
}
