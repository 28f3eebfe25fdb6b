import { crc32c, md5 } from "./checksums.ts";
import { invalid } from "./api-error.ts";

/** What a client may write of an object's resource (cloud.google.com/storage/docs/json_api/v1/objects). */
export interface ObjectProperties {
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly contentType?: string;
  readonly customTime?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Those that are texts of any kind. */
const texts = ["cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType"] as const;

/** An object as it is kept. A new generation is a new one; only a patch changes one that is there. */
export interface StoredObject {
  readonly bucket: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly generation: bigint;
  readonly created: Date;
  readonly crc32c: string;
  readonly md5: string;
  metageneration: bigint;
  updated: Date;
  properties: ObjectProperties;
}

/** @throws {ApiError} where the checksums that were sent along are not those of the bytes, or a property is none */
export function createObject(
  place: { readonly bucket: string; readonly name: string; readonly generation: bigint },
  bytes: Buffer,
  sent: Readonly<Record<string, unknown>>,
): StoredObject {
  const sums = { crc32c: crc32c(bytes), md5: md5(bytes) };
  checkSum("CRC32C", sent["crc32c"], sums.crc32c);
  checkSum("MD5 hash", sent["md5Hash"], sums.md5);
  const now = new Date();
  const properties = pickWritable(sent);
  return { ...place, bytes, ...sums, created: now, updated: now, metageneration: 1n, properties };
}

/** Changes what is given and removes what is `null` (RFC 7396); what cannot be written is ignored, as Google does. */
export function patchObject(object: StoredObject, sent: Readonly<Record<string, unknown>>): void {
  const { customTime, metadata } = object.properties;
  const changes = pickWritable(sent);
  if ("customTime" in sent && customTime !== undefined) {
    if (changes.customTime === undefined || Date.parse(changes.customTime) < Date.parse(customTime)) {
      throw invalid("Cannot remove or decrease the custom time of an object.");
    }
  }
  const kept = Object.entries(object.properties).filter(([name]) => sent[name] !== null);
  const merged = { ...Object.fromEntries(kept), ...changes };
  if (metadata !== undefined && isRecord(sent["metadata"])) {
    const { metadata: given } = sent;
    const keptEntries = Object.entries(metadata).filter(([name]) => given[name] !== null);
    merged.metadata = { ...Object.fromEntries(keptEntries), ...changes.metadata };
  }
  object.properties = merged;
  object.metageneration++;
  object.updated = new Date();
}

/** The object's resource. Numbers of 64 bits are strings in it. */
export function objectResource(object: StoredObject, endpoint: string): Record<string, unknown> {
  const { bucket, name, generation, metageneration } = object;
  const path = `${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${endpoint}/storage/v1/b/${path}`,
    mediaLink: `${endpoint}/download/storage/v1/b/${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: `${generation}`,
    metageneration: `${metageneration}`,
    storageClass: "STANDARD",
    size: `${object.bytes.length}`,
    md5Hash: object.md5,
    crc32c: object.crc32c,
    etag: etagOf(object),
    timeCreated: object.created.toISOString(),
    updated: object.updated.toISOString(),
    timeStorageClassUpdated: object.created.toISOString(),
    ...object.properties,
  };
}

export function etagOf({ generation, metageneration }: StoredObject): string {
  return Buffer.from(`${generation}/${metageneration}`).toString("base64");
}

/** What is `null` is left out. @throws {ApiError} 400 for a value of the wrong kind */
function pickWritable(sent: Readonly<Record<string, unknown>>): ObjectProperties {
  const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null));
  const properties: { -readonly [Name in keyof ObjectProperties]: ObjectProperties[Name] } = {};
  for (const name of texts) {
    const value = given[name];
    if (value === undefined) continue;
    if (typeof value !== "string") throw invalid(`Invalid value for: ${name} is not a valid value`);
    properties[name] = value;
  }
  const { customTime, metadata } = given;
  if (customTime !== undefined) {
    if (typeof customTime !== "string" || !isTime(customTime)) {
      throw invalid(`Invalid value for: Invalid format: ${JSON.stringify(customTime)} is malformed`);
    }
    properties.customTime = new Date(customTime).toISOString();
  }
  if (metadata !== undefined) {
    properties.metadata = parseMetadata(metadata);
  }
  return properties;
}

function parseMetadata(value: unknown): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, text] of isRecord(value) ? Object.entries(value) : [["", value] as const]) {
    if (text === null) continue;
    if (typeof text !== "string") throw invalid("Invalid value for: metadata is not a map of strings");
    metadata[name] = text;
  }
  return metadata;
}

/** RFC 3339, of the years that a timestamp of Google's has. */
function isTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}

function checkSum(kind: string, sent: unknown, calculated: string): void {
  if (sent !== undefined && sent !== calculated) {
    throw invalid(`Provided ${kind} ${JSON.stringify(sent)} doesn't match calculated ${kind} "${calculated}".`);
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
