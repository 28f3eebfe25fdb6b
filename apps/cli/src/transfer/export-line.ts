import { decodeSegment, parseKey } from "../store/parsed-key.ts";
import { inspectEntry } from "../store/inspect-entry.ts";
import { isoTime } from "../text/format.ts";
import { contentName } from "../text/content-name.ts";
import type { Item } from "./item.ts";

/**
 * An item as one line of JSON. `key`, `value` (the bytes in base64) and, of a record, `expiresAt` are what is read back; the rest is there for people
 * and other programs.
 */
export async function formatExportLine({ key, value, expiresAt }: Item): Promise<string> {
  const { namespace = "", scope = "", record } = parseKey(key) ?? {};
  const place = { namespace: decodeSegment(namespace), scope: decodeSegment(scope) };
  const described = record === undefined ? await describeEntry(key, value) : { record };
  const expiry = expiresAt === undefined || expiresAt === Infinity ? {} : { expiresAt };
  return JSON.stringify({ key, ...place, ...described, ...expiry, value: Buffer.from(value).toString("base64") });
}

async function describeEntry(key: string, value: Uint8Array): Promise<object> {
  const found = await inspectEntry(key, value);
  if (found.state !== "sound" && found.state !== "sealed") return {};
  const { createdAt, freshUntil, staleUntil } = found.times;
  const times = { createdAt: isoTime(createdAt), freshUntil: isoTime(freshUntil), staleUntil: isoTime(staleUntil) };
  if (found.state === "sealed") return { ...times, codec: found.codec };
  const { content, tags = {}, call } = found.entry;
  const names = Object.keys(tags).map((tagKey) => decodeSegment(parseKey(tagKey)?.name ?? ""));
  return {
    ...times,
    codec: found.codec,
    content: contentName(content),
    ...(call !== undefined && { operation: call.operation }),
    ...(names.length > 0 && { tags: [...new Set(names)] }),
  };
}

/** Reads such a line back. @throws {Error} that says what is wrong with it, and never quotes it */
export function parseExportLine(line: string): Item {
  const { key, value, expiresAt } = parseObject(line);
  if (typeof key !== "string" || parseKey(key) === undefined) throw new Error("its key is none of llmcache's");
  if (typeof value !== "string") throw new TypeError("it has no value in base64");
  if (expiresAt !== undefined && typeof expiresAt !== "number") throw new Error("its expiresAt is no number");
  const bytes = Buffer.from(value, "base64");
  // What is no base64 the decoder passes over.
  if (bytes.toString("base64") !== value) throw new Error("its value is no base64");
  return { key, value: bytes, expiresAt };
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // The parser's own error would quote the line.
  }
  throw new Error("it is no JSON object");
}
