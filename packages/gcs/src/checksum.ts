import type { IncomingHttpHeaders } from "node:http";
import type { Storage } from "@google-cloud/storage";

/** The CRC32C of bytes as the API writes it, made by whatever the client makes it with. */
export function checksumOf(client: Storage, bytes: Uint8Array): string {
  const checksum = client.crc32cGenerator();
  checksum.update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return checksum.toString();
}

/** What a reply says of the object's CRC32C, in `x-goog-hash: crc32c=...,md5=...`. */
export function statedChecksum({ "x-goog-hash": hashes = "" }: IncomingHttpHeaders): string | undefined {
  return /(?:^|,)\s*crc32c=([^,\s]+)/.exec(hashes.toString())?.[1];
}
