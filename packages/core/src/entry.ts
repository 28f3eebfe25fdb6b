import type { Freshness } from "./cache-control.ts";
import { isPlainObject } from "./plain-object.ts";
import { type Content, contentKind, type ContentKind } from "./content.ts";
import { LlmCacheError } from "./errors.ts";
import type { Call } from "./key.ts";
import { entryVersion, readFrame, writeFrame } from "./frame.ts";
import { crc32, encodeHex } from "./hash.ts";
import { checkUsage, type Usage } from "./usage.ts";

/** What an entry says of itself besides its content. Members that this copy does not know are ignored. */
export interface EntryMetadata {
  /** Tags, each as the key of its generation and the generation that the entry was made in. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The call that it answers, where the cache keeps calls. */
  readonly call?: Call;
  /** The wording of the last user turn that it answers, where the cache has a semantic tier. */
  readonly prompt?: string;
  /** With `prompt`: the digest of all the rest of the call, 64 hex digits. */
  readonly scopeDigest?: string;
  /** What the model used for it, where the cache was told. */
  readonly usage?: Usage;
}

/** A stored answer. */
export interface Entry extends Freshness, EntryMetadata {
  /** The digest of the key that it answers, 64 hex digits. */
  readonly digest: string;
  readonly content: Content;
}

/**
 * After the frame: codec 0, content kind, two zero bytes, CRC-32 of all the other bytes, length of the metadata (both uint32,
 * big-endian), the key's digest, the metadata (JSON, often none), the body.
 */
const at = { codec: 32, kind: 33, checksum: 36, metadataLength: 40, digest: 44, metadata: 76 } as const;

/** The codec byte of an entry that is neither compressed nor encrypted. */
const plainCodec = 0;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes of an entry: the same for the same entry. */
export function encodeEntry(entry: Entry): Uint8Array {
  const { digest, content, tags, call, prompt, scopeDigest, usage, ...freshness } = entry;
  const described = JSON.stringify({ tags, call, prompt, scopeDigest, usage });
  const metadata = encoder.encode(described === "{}" ? "" : described);
  const bytes = new Uint8Array(at.metadata + metadata.length + content.body.length);
  const view = new DataView(bytes.buffer);
  writeFrame(bytes, freshness);
  bytes[at.codec] = plainCodec;
  bytes[at.kind] = content.kind;
  view.setUint32(at.metadataLength, metadata.length);
  for (let index = 0; index < 32; index++)
    bytes[at.digest + index] = Number.parseInt(digest.slice(index * 2, index * 2 + 2), 16);
  bytes.set(metadata, at.metadata);
  bytes.set(content.body, at.metadata + metadata.length);
  view.setUint32(at.checksum, checksum(bytes));
  return bytes;
}

/**
 * Reads an entry, whose content is a view of `bytes`.
 *
 * @param digest the digest of the key asked for; the entry of another key is corrupt.
 * @throws {LlmCacheError} `CORRUPT_ENTRY`, or `UNREADABLE_ENTRY` for one that a newer version or another codec wrote.
 */
export function decodeEntry(bytes: Uint8Array, digest?: string): Entry {
  const frame = readFrame(bytes);
  if (frame === undefined || frame.version === 0) throw corrupt("the bytes are no entry");
  if (frame.version > entryVersion)
    throw unreadable(`the entry is of version ${frame.version}, this copy reads up to ${entryVersion}`);
  const codec = bytes[at.codec] ?? 0;
  if (codec !== plainCodec)
    throw unreadable(`the entry has codec ${codec}: is a compressing or encrypting wrapper missing?`);
  if (bytes.length < at.metadata) throw corrupt("the entry is truncated");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(at.checksum) !== checksum(bytes)) throw corrupt("the entry's checksum is wrong");
  const found = encodeHex(bytes.subarray(at.digest, at.metadata));
  if (digest !== undefined && found !== digest) throw corrupt("the entry belongs to another key");
  const kind = view.getUint8(at.kind);
  if (kind > contentKind.coded) throw unreadable(`the entry has content of kind ${kind}`);
  const bodyAt = at.metadata + view.getUint32(at.metadataLength);
  const { createdAt, freshUntil, staleUntil } = frame;
  const isSound = createdAt <= freshUntil && freshUntil <= staleUntil && bodyAt <= bytes.length;
  if (!isSound) throw corrupt("the entry contradicts itself");
  return {
    createdAt,
    freshUntil,
    staleUntil,
    digest: found,
    ...parseMetadata(bytes.subarray(at.metadata, bodyAt)),
    content: { kind: kind as ContentKind, body: bytes.subarray(bodyAt) },
  };
}

function parseMetadata(bytes: Uint8Array): EntryMetadata {
  if (bytes.length === 0) return {};
  try {
    const { tags, call, prompt, scopeDigest, usage } = JSON.parse(decoder.decode(bytes)) as EntryMetadata;
    const isSound =
      (tags === undefined || (isPlainObject(tags) && Object.values(tags).every(isString))) &&
      [prompt, scopeDigest].every((text) => text === undefined || isString(text));
    if (isSound) {
      return {
        ...(tags !== undefined && { tags }),
        ...(call !== undefined && { call }),
        ...(prompt !== undefined && { prompt }),
        ...(scopeDigest !== undefined && { scopeDigest }),
        ...(usage !== undefined && { usage: checkUsage(usage) }),
      };
    }
  } catch (cause) {
    throw corrupt("the entry's metadata is malformed", cause);
  }
  throw corrupt("the entry's tags or its wording are malformed");
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

/** Finds the flipped bit of a store that does not look; it is no protection against one that forges (that is `encrypted`). */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(at.metadataLength), crc32(bytes.subarray(0, at.checksum)));
}

function corrupt(message: string, cause?: unknown): LlmCacheError {
  return new LlmCacheError("CORRUPT_ENTRY", message, { cause });
}

function unreadable(message: string): LlmCacheError {
  return new LlmCacheError("UNREADABLE_ENTRY", message);
}
