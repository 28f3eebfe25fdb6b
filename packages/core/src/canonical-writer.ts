import { formatPath } from "./format-path.ts";
import { hasToJson, isPlainObject, type Sendable } from "./plain-object.ts";

/**
 * The canonical binary form of a value: tagged and length-prefixed, so there is nothing to escape and
 * nothing to forge. `docs/key-format.md` specifies it; a change here is a change of the key format.
 */

const tag = {
  null: 0x00,
  false: 0x01,
  true: 0x02,
  number: 0x03,
  string: 0x04,
  illFormedString: 0x05,
  array: 0x06,
  object: 0x07,
  bytes: 0x08,
  typedArray: 0x09,
  blob: 0x0a,
  date: 0x0b,
  url: 0x0c,
  bigint: 0x0d,
  map: 0x0e,
  set: 0x0f,
  undefined: 0x10,
} as const;

/** No request is nested deeper, and every engine's stack holds this many of our frames. */
const maximumDepth = 1000;

/** Up to this length a loop writes a string faster than the runtime's encoder: measured on Node 24, 1 ns a character against 45 ns a string. */
const shortString = 40;

/** Up to so many names are put in order by insertion: measured on Node 24, 0.03 µs against 0.08 µs for the sort of four. */
const fewNames = 16;

/** A scratch buffer that grew past this is not kept. An image of 1 MB fits: to allocate for each took 30 times as long as to write it. */
const keptScratchBytes = 1 << 22;

/**
 * Held, and not looked up at each character: once any module of the program has defined a subclass of `String`, as ioredis does, V8 no longer
 * knows what the look-up gives, and a key of 0.5 KB took 2.0 µs in place of 1.4 on Node 24.
 */
const { charCodeAt } = String.prototype;

const utf8 = new TextEncoder();

/** The contents of the blobs of a value, which can only be read asynchronously. */
export type BlobContents = ReadonlyMap<Blob, Uint8Array>;

/** A piece of a form that is put together: bytes as `encodeCanonical` made them, or a value that is still to be written. */
export type Piece = Uint8Array | ValuePiece;

export interface ValuePiece {
  readonly value: unknown;
  /** What errors call the value. */
  readonly path: readonly [string, ...string[]];
  /** Members that are left out, so that the value need not be copied without them. It is a plain object then. */
  readonly omitted?: ReadonlySet<string> | undefined;
}

/** What the form of an object begins with. After it come its members in order, each as the form of its name and that of its value. */
export function objectHeader(members: number): Uint8Array {
  return Uint8Array.of(tag.object, 0, 0, members >> 8, members & 0xff);
}

/** Writes the form of a value into a buffer that it keeps. */
export class CanonicalWriter {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  #view: DataView = new DataView(this.#buffer.buffer);
  #length = 0;
  #blobs: BlobContents | undefined;
  /** Blobs that were met while there were no contents yet. */
  #unread: Blob[] = [];
  readonly #path: (string | number)[] = [];
  readonly #ancestors: object[] = [];

  begin(blobs: BlobContents | undefined): void {
    this.#length = 0;
    this.#blobs = blobs;
  }

  piece(piece: Piece): void {
    if (piece instanceof Uint8Array) return this.#raw(piece);
    const { value, path, omitted } = piece;
    const depth = path.length - 1;
    for (let level = 0; level <= depth; level++) this.#path[level] = path[level] as string;
    if (omitted === undefined) return this.#write(value, depth);
    this.#ancestors[depth] = value as object;
    this.#members(value as Record<string, unknown>, depth, omitted);
  }

  /** Forgets what was written after so many bytes. */
  backTo(length: number): void {
    this.#length = length;
  }

  /** The blobs whose contents are missing from what was written. */
  takeUnread(): readonly Blob[] | undefined {
    const unread = this.#unread;
    if (unread.length === 0) return undefined;
    this.#unread = [];
    return unread;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  reusable(): boolean {
    this.#blobs = undefined;
    this.takeUnread();
    this.#ancestors.length = 0;
    return this.#buffer.length <= keptScratchBytes;
  }

  #write(value: unknown, depth: number): void {
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "number":
        return this.#number(value, depth);
      case "boolean":
        return this.#byte(value ? tag.true : tag.false);
      case "undefined":
        return this.#byte(tag.undefined);
      case "bigint":
        this.#byte(tag.bigint);
        return this.#string(value.toString());
      case "object":
        return value === null ? this.#byte(tag.null) : this.#object(value, depth);
      default:
        throw this.#unusable(`a ${typeof value}`, depth);
    }
  }

  #object(value: object, depth: number): void {
    if (depth >= maximumDepth) throw this.#tooDeep(value, depth);
    this.#ancestors[depth] = value;
    if (Array.isArray(value)) return hasToJson(value) ? this.#sent(value, depth) : this.#array(value, depth);
    if (isPlainObject(value)) return this.#members(value, depth);
    if (ArrayBuffer.isView(value)) return this.#bufferView(value);
    if (value instanceof Blob) return this.#blob(value, depth);
    // A subclass may send what its base knows nothing of.
    const isBase = isPlainObject(Object.getPrototypeOf(value));
    if (isBase && value instanceof Date) return this.#float(tag.date, value.getTime());
    if (isBase && value instanceof URL) {
      this.#byte(tag.url);
      return this.#string(value.href);
    }
    if (hasToJson(value)) return this.#sent(value, depth);
    if (isBase && value instanceof ArrayBuffer) return this.#tagged(tag.bytes, new Uint8Array(value));
    if (isBase && value instanceof Map) return this.#map([...value], depth);
    if (isBase && value instanceof Set) return this.#set([...value], depth);
    throw this.#unusable(`an instance of ${value.constructor?.name || "an unnamed class"}`, depth);
  }

  /** What `JSON.stringify` sends for it. The result is not asked for its own `toJSON`, so it must need none. */
  #sent(value: Sendable, depth: number): void {
    this.#path[depth + 1] = "toJSON()";
    const json = value.toJSON();
    if (typeof json === "object" && json !== null && !Array.isArray(json) && !isPlainObject(json)) {
      throw this.#unusable("an instance of a class", depth + 1);
    }
    this.#write(json, depth + 1);
  }

  #number(value: number, depth: number): void {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw this.#unusable("an integer beyond 2^53 - 1, which does not survive JSON parsing", depth);
    }
    // Adding 0 turns -0 into 0, as JSON does.
    this.#float(tag.number, value + 0);
  }

  #string(value: string): void {
    if (value.length <= shortString && this.#asciiString(value)) return;
    if (!value.isWellFormed()) return this.#illFormedString(value);
    // Room for ASCII first: a long string is mostly that, and three times its length would be too much to keep.
    const ascii = this.#encode(value, value.length);
    // UTF-8 takes at most three bytes for a UTF-16 code unit.
    const { written } = ascii.read < value.length ? this.#encode(value, value.length * 3) : ascii;
    this.#buffer[this.#length] = tag.string;
    this.#view.setUint32(this.#length + 1, written);
    this.#length += 5 + written;
  }

  #encode(value: string, room: number): { read: number; written: number } {
    this.#reserve(5 + room);
    return utf8.encodeInto(value, this.#buffer.subarray(this.#length + 5));
  }

  /** The same for a string that is all ASCII, which most names and many values are. Resolves to whether it was. */
  #asciiString(value: string): boolean {
    const { length } = value;
    this.#reserve(5 + length);
    const buffer = this.#buffer;
    const start = this.#length + 5;
    for (let index = 0; index < length; index++) {
      const unit = charCodeAt.call(value, index);
      if (unit > 0x7f) return false;
      buffer[start + index] = unit;
    }
    this.#header(tag.string, length);
    this.#length += length;
    return true;
  }

  /** A lone surrogate has no UTF-8, and replacing it would let two strings share a form. */
  #illFormedString(value: string): void {
    this.#header(tag.illFormedString, value.length * 2);
    this.#reserve(value.length * 2);
    for (let index = 0; index < value.length; index++) {
      this.#view.setUint16(this.#length, value.charCodeAt(index));
      this.#length += 2;
    }
  }

  /** The length is read once, because a getter of an item may change it. */
  #array(value: readonly unknown[], depth: number): void {
    const { length } = value;
    this.#header(tag.array, length);
    for (let index = 0; index < length; index++) {
      this.#path[depth + 1] = index;
      this.#write(value[index] ?? null, depth + 1);
    }
  }

  /** Members in the order of their names' UTF-16 code units (RFC 8785, section 3.2.3), which is how `sort` compares. */
  #members(value: Readonly<Record<string, unknown>>, depth: number, omitted?: ReadonlySet<string>): void {
    this.#header(tag.object, 0);
    const countAt = this.#length - 4;
    let count = 0;
    for (const name of sortedNames(value)) {
      if (omitted?.has(name) === true) continue;
      const member = value[name];
      if (member === undefined) continue;
      this.#path[depth + 1] = name;
      this.#string(name);
      this.#write(member, depth + 1);
      count++;
    }
    this.#view.setUint32(countAt, count);
  }

  #bufferView(value: ArrayBufferView): void {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const typeName = typedArrayName.call(value) ?? "DataView";
    if (typeName === "Uint8Array") return this.#tagged(tag.bytes, bytes);
    this.#byte(tag.typedArray);
    this.#string(typeName);
    this.#tagged(tag.bytes, bytes);
  }

  #blob(value: Blob, depth: number): void {
    if (this.#blobs === undefined) return void this.#unread.push(value);
    const content = this.#blobs.get(value);
    if (content === undefined) throw this.#unusable("a Blob that is another one at each reading", depth);
    this.#byte(tag.blob);
    this.#string(value.type);
    this.#tagged(tag.bytes, content);
  }

  #map(entries: readonly (readonly [unknown, unknown])[], depth: number): void {
    this.#header(tag.map, entries.length);
    for (const [index, [key, member]] of entries.entries()) {
      this.#path[depth + 1] = index;
      this.#write(key, depth + 1);
      this.#write(member, depth + 1);
    }
  }

  #set(members: readonly unknown[], depth: number): void {
    this.#header(tag.set, members.length);
    for (const [index, member] of members.entries()) {
      this.#path[depth + 1] = index;
      this.#write(member, depth + 1);
    }
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  #float(kind: number, value: number): void {
    this.#reserve(9);
    this.#buffer[this.#length] = kind;
    // Which bits `setFloat64` writes for NaN is the engine's choice.
    if (Number.isNaN(value)) this.#view.setBigUint64(this.#length + 1, 0x7ff8000000000000n);
    else this.#view.setFloat64(this.#length + 1, value);
    this.#length += 9;
  }

  #header(kind: number, count: number): void {
    this.#reserve(5);
    this.#buffer[this.#length] = kind;
    this.#view.setUint32(this.#length + 1, count);
    this.#length += 5;
  }

  #tagged(kind: number, bytes: Uint8Array): void {
    this.#header(kind, bytes.length);
    this.#raw(bytes);
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Only here is a cycle told from mere depth, so that no ordinary value pays for the search. */
  #tooDeep(value: object, depth: number): TypeError {
    const seen = new Set<object>();
    for (const [level, ancestor] of [...this.#ancestors.slice(0, depth), value].entries()) {
      if (seen.has(ancestor)) return this.#unusable("a cycle", level);
      seen.add(ancestor);
    }
    return new TypeError(`${this.#pathTo(4)} is nested deeper than ${maximumDepth} levels and cannot be part of a key`);
  }

  #unusable(what: string, depth: number): TypeError {
    return new TypeError(`${this.#pathTo(depth)} is ${what} and cannot be part of a key`);
  }

  #pathTo(depth: number): string {
    return formatPath(this.#path.slice(0, depth + 1));
  }
}

/** What a typed array of any realm is, whatever its class says of itself; `undefined` for a `DataView`. */
const typedArrayName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as (this: ArrayBufferView) => string | undefined;

/** The names of an object's members in order. Most are few, and nearly in order already. */
function sortedNames(value: object): readonly string[] {
  const names = Object.keys(value);
  if (names.length > fewNames) return names.toSorted();
  for (let index = 1; index < names.length; index++) {
    const name = names[index] as string;
    let at = index;
    for (; at > 0 && (names[at - 1] as string) > name; at--) names[at] = names[at - 1] as string;
    names[at] = name;
  }
  return names;
}
