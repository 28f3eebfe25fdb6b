import { randomUUID } from "node:crypto";

/** 31 December 9999, the last day of Google's timestamps. */
const latestTime = 253_402_300_799_000;

/**
 * An object with its properties, in one request (`uploadType=multipart`). With the checksum of its bytes Google refuses others, and
 * with `no-store` nobody between keeps what may be overwritten. The custom time is when it expires, never too soon.
 */
export function uploadBody(
  value: Uint8Array,
  crc32c: string,
  expiresAt: number | undefined,
): { readonly contentType: string; readonly body: Uint8Array } {
  const contentType = "application/octet-stream";
  const properties = { contentType, cacheControl: "no-store", crc32c, ...customTime(expiresAt) };
  const boundary = randomUUID();
  const head = [
    `--${boundary}`,
    "Content-Type: application/json; charset=UTF-8",
    "",
    JSON.stringify(properties),
    `--${boundary}`,
    `Content-Type: ${contentType}`,
    "",
    "",
  ].join("\r\n");
  const body = Buffer.concat([Buffer.from(head), value, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { contentType: `multipart/related; boundary=${boundary}`, body };
}

function customTime(expiresAt: number | undefined): { readonly customTime?: string } {
  if (expiresAt === undefined || expiresAt > latestTime) return {};
  return { customTime: new Date(Math.ceil(Math.max(expiresAt, 0))).toISOString() };
}
