import { crc32 } from "node:zlib";

/**
 * Tells a damaged entry from a whole one: SQLite checks the structure of its pages, not what is in them. The key is in it, so that
 * a damaged index cannot serve another entry's value.
 */
export function checksumOf(key: string, value: Uint8Array): number {
  const ofKey = crc32(key);
  // Of no bytes some releases of Node make 0, others what they are given.
  return value.length === 0 ? ofKey : crc32(value, ofKey);
}

/** Whether a value is the one that its checksum was made of. Of a damaged row, it may not even be bytes. */
export function isIntact(key: string, value: unknown, checksum: unknown): value is Uint8Array {
  return value instanceof Uint8Array && checksumOf(key, value) === checksum;
}
