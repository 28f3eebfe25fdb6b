import { gunzipSync } from "node:zlib";
import { ApiError } from "./api-error.ts";
import { type Exchange, headerOf, send } from "./exchange.ts";
import { etagOf, type StoredObject } from "./stored-object.ts";

/**
 * Sends an object's bytes (`alt=media`): all, or the range that is asked for. What is stored compressed is sent so to those who
 * accept it, and decompressed, ranges ignored, to others (cloud.google.com/storage/docs/transcoding).
 */
export function sendMedia(exchange: Exchange, object: StoredObject): void {
  const { contentEncoding, contentType, cacheControl } = object.properties;
  const accepted = headerOf(exchange, "accept-encoding") ?? "";
  const decompress = contentEncoding === "gzip" && !/\bgzip\b|\*/.test(accepted);
  const headers = {
    "content-type": contentType ?? "application/octet-stream",
    "cache-control": cacheControl ?? "no-cache, no-store, max-age=0, must-revalidate",
    etag: etagOf(object),
    "last-modified": object.updated.toUTCString(),
    "x-goog-generation": `${object.generation}`,
    "x-goog-metageneration": `${object.metageneration}`,
    "x-goog-hash": `crc32c=${object.crc32c},md5=${object.md5}`,
    "x-goog-storage-class": "STANDARD",
    "x-goog-stored-content-encoding": contentEncoding ?? "identity",
    "x-goog-stored-content-length": `${object.bytes.length}`,
  };
  if (decompress) {
    const transformed = {
      "x-guploader-response-body-transformations": "gunzipped",
      warning: "214 UploadServer gunzipped",
    };
    return send(exchange, 200, { ...headers, ...transformed }, gunzipSync(object.bytes));
  }
  const encoding = contentEncoding === undefined ? {} : { "content-encoding": contentEncoding };
  const range = parseRange(headerOf(exchange, "range"), object.bytes.length);
  if (range === undefined) return send(exchange, 200, { ...headers, ...encoding }, object.bytes);
  const contentRange = `bytes ${range.start}-${range.end - 1}/${object.bytes.length}`;
  const partial = { ...headers, ...encoding, "content-range": contentRange };
  send(exchange, 206, partial, object.bytes.subarray(range.start, range.end));
}

/** One range of bytes (RFC 9110, section 14.1.2); `undefined` for none, or one that is to be ignored. */
function parseRange(
  header: string | undefined,
  length: number,
): { readonly start: number; readonly end: number } | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, length - Number(to)) : Number(from);
  const end = from === "" || to === "" ? length : Math.min(Number(to) + 1, length);
  if (start >= length) {
    throw new ApiError(416, "requestedRangeNotSatisfiable", "Request range not satisfiable");
  }
  return start < end ? { start, end } : undefined;
}
