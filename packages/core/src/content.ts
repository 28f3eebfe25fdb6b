import { formatPath } from "./format-path.ts";
import { hasToJson, isPlainObject } from "./plain-object.ts";
import { describeType } from "./describe-type.ts";

/**
 * What the body of an entry is. The numbers are part of the entry's format.
 *
 * `coded` is JSON whose names are in hex, used where JSON spells one with an escape: the JSON.parse of Node 24.21 may give such a member
 * another's name. Once it has read a name that ends in a backslash, it takes other names that go on with an escape there for it.
 */
export const contentKind = { json: 0, bytes: 1, float32: 2, recording: 3, coded: 4 } as const;

export type ContentKind = (typeof contentKind)[keyof typeof contentKind];

/** A value as it is stored. */
export interface Content {
  readonly kind: ContentKind;
  readonly body: Uint8Array;
}

/** A chunk of a recorded stream. */
export interface RecordedChunk {
  /** When it came, in ms since the stream was opened. */
  readonly offset: number;
  readonly content: Content;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** No answer is nested deeper, and a deeper one must not overflow the stack. */
const maximumDepth = 1000;

/**
 * Takes a private copy of an answer: JSON, a `Uint8Array` or a `Float32Array`. As in JSON, members that are `undefined` are
 * absent and -0 is 0; nothing else may change on the way, so anything that JSON would alter is refused.
 *
 * @throws {TypeError} naming the path of what cannot be stored, never its value.
 */
export function encodeContent(value: unknown): Content {
  if (value instanceof Float32Array) return { kind: contentKind.float32, body: littleEndian(value) };
  if (value instanceof Uint8Array) return { kind: contentKind.bytes, body: new Uint8Array(value) };
  const escaped = checkJson(value, ["answer"]);
  const text = JSON.stringify(escaped ? renamed(value, toHex) : value);
  return { kind: escaped ? contentKind.coded : contentKind.json, body: encoder.encode(text) };
}

/**
 * The value again, new each time, so that whoever gets it may change it.
 *
 * @throws for a body that is not what `kind` says.
 */
export function decodeContent({ kind, body }: Content): unknown {
  switch (kind) {
    case contentKind.json:
      return JSON.parse(decoder.decode(body));
    case contentKind.coded:
      return renamed(JSON.parse(decoder.decode(body)), fromHex);
    case contentKind.bytes:
      return new Uint8Array(body);
    case contentKind.float32:
      return fromLittleEndian(body);
    case contentKind.recording:
      return decodeRecording(body).map((chunk) => decodeContent(chunk.content));
  }
}

/** Whether a value is JSON, and comes back as it was. */
export function isJson(value: unknown): boolean {
  try {
    checkJson(value, ["value"]);
    return true;
  } catch {
    return false;
  }
}

/** Whether JSON spells a name in the value with an escape. @throws {TypeError} for what is no JSON */
function checkJson(value: unknown, path: (string | number)[]): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return false;
  if (typeof value === "number" && Number.isFinite(value)) return false;
  if (path.length > maximumDepth)
    throw new TypeError(`${formatPath(path.slice(0, 4))} is nested too deeply to be stored`);
  let escaped = false;
  if (isPlainArray(value)) {
    for (let index = 0; index < value.length; index++) escaped = checkMember(value[index], path, index) || escaped;
  } else if (isPlainObject(value)) {
    for (const name of Object.keys(value)) {
      if (value[name] === undefined) continue;
      escaped = checkMember(value[name], path, name) || escaped || isSpelledWithEscape(name);
    }
  } else {
    throw new TypeError(`${formatPath(path)} is ${describeInstance(value)}, which would not come back as it was`);
  }
  return escaped;
}

/** JSON spells what needs no escape as it is, between quotes. */
function isSpelledWithEscape(name: string): boolean {
  return JSON.stringify(name).length !== name.length + 2;
}

/** The value with other names at every depth. A member called `__proto__` is a member like any other. */
function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [rename(name), renamed(member, rename)]));
}

/** The UTF-16 code units of a name, four hex digits each, after an `x` so that no name looks like an index. */
function toHex(name: string): string {
  return `x${Array.from({ length: name.length }, (_, index) => name.charCodeAt(index).toString(16).padStart(4, "0")).join("")}`;
}

function fromHex(hex: string): string {
  return hex.slice(1).replaceAll(/.{4}/g, (unit) => String.fromCharCode(Number.parseInt(unit, 16)));
}

/** Whether a value is an array of this realm or another, and no instance of a class of its own: only `Array.prototype` is an array itself. */
function isPlainArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && Array.isArray(Object.getPrototypeOf(value)) && !hasToJson(value);
}

function checkMember(value: unknown, path: (string | number)[], name: string | number): boolean {
  path.push(name);
  const escaped = checkJson(value, path);
  path.pop();
  return escaped;
}

function describeInstance(value: unknown): string {
  const type = describeType(value);
  return typeof value === "object" && value !== null
    ? `an instance of ${value?.constructor?.name || "an unnamed class"}`
    : type;
}

function littleEndian(vector: Float32Array): Uint8Array {
  const body = new Uint8Array(vector.length * 4);
  const view = new DataView(body.buffer);
  for (let index = 0; index < vector.length; index++) view.setFloat32(index * 4, vector[index] ?? 0, true);
  return body;
}

function fromLittleEndian(body: Uint8Array): Float32Array {
  if (body.length % 4 !== 0) throw new RangeError("a float32 body must be a multiple of 4 bytes long");
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  // Neither an iterator nor a callback for each component: a batch has hundreds of thousands of them.
  const vector = new Float32Array(body.length / 4);
  for (let index = 0; index < vector.length; index++) vector[index] = view.getFloat32(index * 4, true);
  return vector;
}

/** Each chunk is its offset (float64), its kind (a byte), its length (uint32, big-endian) and its body. */
const chunkHeaderBytes = 13;

/** The chunks of a complete stream as one content. */
export function encodeRecording(chunks: readonly RecordedChunk[]): Content {
  const length = chunks.reduce((sum, { content }) => sum + chunkHeaderBytes + content.body.length, 0);
  const body = new Uint8Array(length);
  const view = new DataView(body.buffer);
  let position = 0;
  for (const { offset, content } of chunks) {
    view.setFloat64(position, offset);
    view.setUint8(position + 8, content.kind);
    view.setUint32(position + 9, content.body.length);
    body.set(content.body, position + chunkHeaderBytes);
    position += chunkHeaderBytes + content.body.length;
  }
  return { kind: contentKind.recording, body };
}

/** The chunks of a recording, whose bodies are views of it. @throws for a body that is none */
export function decodeRecording(body: Uint8Array): RecordedChunk[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const chunks: RecordedChunk[] = [];
  for (let position = 0; position < body.length;) {
    const offset = view.getFloat64(position);
    const kind = view.getUint8(position + 8);
    const start = position + chunkHeaderBytes;
    const end = start + view.getUint32(position + 9);
    // An offset without end would keep whoever replays it at its pace waiting without end.
    const isSound = offset >= 0 && offset < Infinity && end <= body.length;
    if (!isSound || kind === contentKind.recording || kind > contentKind.coded)
      throw new RangeError("a recorded chunk is malformed");
    chunks.push({
      offset,
      content: { kind: kind as ContentKind, body: body.subarray(start, end) },
    });
    position = end;
  }
  return chunks;
}
