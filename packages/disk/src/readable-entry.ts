import {
  type Content,
  contentKind,
  decodeContent,
  decodeEntry,
  decodeRecording,
  encodeContent,
  encodeEntry,
  encodeRecording,
  type Entry,
  type EntryMetadata,
} from "@llmcache/core";
import { hideJson, showJson } from "./json-in-text.ts";

/** An answer as people read it: JSON as what it is, bytes as text where they are some. */
type ReadableContent =
  | { readonly answer: unknown }
  /** An event of a stream, as servers send it (WHATWG HTML, section 9.2.6): its type, if it names one, and its data, which is JSON. */
  | { readonly event?: string; readonly data: unknown }
  | { readonly text: string }
  | { readonly base64: string }
  | { readonly float32: string };

/** A chunk of a recorded stream, and after how many ms it came. */
type ReadableChunk = { readonly after: number } & ReadableContent;

type Readable = EntryMetadata & {
  readonly digest: string;
  readonly createdAt: string | number;
  /** Missing: for ever. */
  readonly freshUntil?: string | number;
  readonly staleUntil?: string | number;
} & (ReadableContent | { readonly chunks: readonly ReadableChunk[] });

/** An entry as JSON that people read: calls before answers. `undefined` for bytes that it would not make again, to the byte. */
export function toReadable(bytes: Uint8Array): object | undefined {
  try {
    const { call, prompt, scopeDigest, tags, usage, createdAt, freshUntil, staleUntil, content, digest } =
      decodeEntry(bytes);
    const readable = {
      ...(call !== undefined && { call: showJson(call) }),
      ...(prompt !== undefined && { prompt }),
      ...readContent(content),
      ...(usage !== undefined && { usage }),
      ...(tags !== undefined && { tags }),
      ...(scopeDigest !== undefined && { scopeDigest }),
      createdAt: showTime(createdAt),
      ...(freshUntil !== Infinity && { freshUntil: showTime(freshUntil) }),
      ...(staleUntil !== freshUntil && { staleUntil: showTime(staleUntil) }),
      digest,
    };
    return Buffer.from(fromReadable(JSON.parse(JSON.stringify(readable)) as object)).equals(bytes)
      ? readable
      : undefined;
  } catch {
    return undefined;
  }
}

/** The entry again. @throws for what is none */
export function fromReadable(readable: object): Uint8Array {
  const { call, prompt, scopeDigest, tags, usage, digest, ...rest } = readable as Readable;
  const freshUntil = readTime(rest.freshUntil) ?? Infinity;
  const entry = {
    createdAt: readTime(rest.createdAt) ?? Number.NaN,
    freshUntil,
    staleUntil: readTime(rest.staleUntil) ?? freshUntil,
    digest,
    content: "chunks" in rest ? writeRecording(rest.chunks) : writeContent(rest),
    ...(call !== undefined && { call: hideJson(call) }),
    ...(prompt !== undefined && { prompt }),
    ...(scopeDigest !== undefined && { scopeDigest }),
    ...(tags !== undefined && { tags }),
    ...(usage !== undefined && { usage }),
  };
  return encodeEntry(entry as Entry);
}

function readContent(content: Content): ReadableContent | { readonly chunks: readonly ReadableChunk[] } {
  const { kind, body } = content;
  if (kind === contentKind.recording) {
    const chunks = decodeRecording(body);
    return {
      chunks: chunks.map((chunk) => ({ after: chunk.offset, ...(readContent(chunk.content) as ReadableContent) })),
    };
  }
  if (kind === contentKind.float32) return { float32: Buffer.from(body).toString("base64") };
  if (kind === contentKind.bytes) return readBytes(body);
  return { answer: showJson(decodeContent(content)) };
}

function readBytes(body: Uint8Array): ReadableContent {
  const text = Buffer.from(body).toString("utf8");
  if (!Buffer.from(text).equals(body)) return { base64: Buffer.from(body).toString("base64") };
  const [, event, data] = /^(?:event: (.*)\n)?data: (.*)\n\n$/.exec(text) ?? [];
  const said = data === undefined ? undefined : showJson(data);
  if (typeof said !== "object" || said === null || !("$json" in said)) return { text };
  return { ...(event !== undefined && { event }), data: said.$json };
}

function writeRecording(chunks: readonly ReadableChunk[]): Content {
  return encodeRecording(chunks.map(({ after: offset, ...content }) => ({ offset, content: writeContent(content) })));
}

function writeContent(content: ReadableContent): Content {
  if ("answer" in content) return encodeContent(hideJson(content.answer));
  if ("float32" in content) return { kind: contentKind.float32, body: Buffer.from(content.float32, "base64") };
  if ("base64" in content) return { kind: contentKind.bytes, body: Buffer.from(content.base64, "base64") };
  if ("text" in content) return { kind: contentKind.bytes, body: Buffer.from(content.text) };
  const { event, data } = content;
  const type = event === undefined ? "" : `event: ${event}\n`;
  return { kind: contentKind.bytes, body: Buffer.from(`${type}data: ${JSON.stringify(hideJson(data))}\n\n`) };
}

/** As a date where that is exact. */
function showTime(time: number): string | number {
  const date = new Date(time);
  return date.getTime() === time ? date.toISOString() : time;
}

function readTime(time: string | number | undefined): number | undefined {
  return typeof time === "string" ? Date.parse(time) : time;
}
