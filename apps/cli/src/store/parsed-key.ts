import { unscopedSegment } from "@llmcache/core";

/** What a key says. Namespace and scope are the segments as they stand in it. */
export interface ParsedKey {
  readonly namespace: string;
  readonly scope: string;
  /** What kind of core's own records it is the key of: `"tag"`, `"lease"`, `"semantic"`, … `undefined`: it is an entry's. */
  readonly record: string | undefined;
  /** The digest, or of a tag's record the tag. */
  readonly name: string;
}

/** What a backend may be given as a key. */
const safeKey = /^[a-z0-9._/-]{1,512}$/;

const digest = /^[0-9a-f]{64}$/;

/** Reads a key from its end, so that one that was prefixed is read too. `undefined` for a key that is none of llmcache's. */
export function parseKey(key: string): ParsedKey | undefined {
  const parts = key.split("/");
  const name = parts.pop() ?? "";
  const record = parts.at(-1)?.startsWith("_") === true ? parts.pop()?.slice(1) : undefined;
  // A record that belongs to the whole store, as that of a ping does, has no place.
  const scope = parts.pop() ?? "";
  const namespace = parts.pop() ?? "";
  const isEntry = namespace !== "" && scope !== "" && digest.test(name);
  return safeKey.test(key) && (isEntry || record !== undefined) ? { namespace, scope, record, name } : undefined;
}

/** Whether text is the digest of a key. */
export function isDigest(text: string): boolean {
  return digest.test(text);
}

/** What lies beside an entry and goes with it: its lease, whose holder would store it again, and what a semantic tier knows of it. */
export function recordKeysOf(key: string): string[] {
  const at = key.lastIndexOf("/") + 1;
  return ["_lease/", "_semantic/"].map((record) => `${key.slice(0, at)}${record}${key.slice(at)}`);
}

/** The name that a segment stands for, as far as it tells: a long one is only known by its hash. `undefined`: no scope. */
export function decodeSegment(segment: string): string | undefined {
  if (segment === unscopedSegment) return undefined;
  if (/^-h[0-9a-f]{64}$/.test(segment)) return `#${segment.slice(2, 14)}`;
  if (!segment.startsWith("-")) return segment;
  try {
    return decodeURIComponent(segment.slice(1).replaceAll("-", "%"));
  } catch {
    return segment;
  }
}
