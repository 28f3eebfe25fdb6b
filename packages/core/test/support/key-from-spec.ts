/**
 * A second implementation of `docs/key-format.md`, written from the document alone and for plainness only.
 * It shares no line with the first, so that where both agree, the document says what the code does.
 */
import { createHash } from "node:crypto";
import type { Call, KeyPlace, KeyRules } from "../../src/key.ts";

/** A blob, whose content the caller knows. */
export interface KnownBlob {
  readonly type: string;
  readonly content: Uint8Array;
}

const u32 = (number: number): Buffer =>
  Buffer.from([number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255]);
const tagged = (tag: number, ...parts: readonly Uint8Array[]): Buffer => Buffer.concat([Buffer.from([tag]), ...parts]);
const sized = (tag: number, bytes: Uint8Array): Buffer => tagged(tag, u32(bytes.length), bytes);
const listed = (tag: number, items: readonly (readonly Uint8Array[])[]): Buffer =>
  tagged(tag, u32(items.length), ...items.flat());

function double(value: number): Buffer {
  if (Number.isNaN(value)) return Buffer.from("7ff8000000000000", "hex");
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(Object.is(value, -0) ? 0 : value);
  return bytes;
}

function text(value: string): Buffer {
  const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value);
  return lone ? sized(0x05, Buffer.from(value, "utf16le").swap16()) : sized(0x04, Buffer.from(value, "utf8"));
}

function compareCodeUnits(left: string, right: string): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = left.charCodeAt(index) - right.charCodeAt(index);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export function formFromSpec(value: unknown, blobs: ReadonlyMap<Blob, KnownBlob> = new Map()): Buffer {
  const form = (inner: unknown): Buffer => formFromSpec(inner, blobs);
  if (value === null) return tagged(0x00);
  if (value === false) return tagged(0x01);
  if (value === true) return tagged(0x02);
  if (value === undefined) return tagged(0x10);
  if (typeof value === "number") return tagged(0x03, double(value));
  if (typeof value === "string") return text(value);
  if (typeof value === "bigint") return tagged(0x0d, text(String(value)));
  if (Array.isArray(value))
    return listed(
      0x06,
      Array.from(value, (item: unknown) => [form(item === undefined ? null : item)]),
    );
  if (value instanceof Uint8Array) return sized(0x08, value);
  if (value instanceof ArrayBuffer) return sized(0x08, new Uint8Array(value));
  if (ArrayBuffer.isView(value)) {
    const memory = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return tagged(0x09, text(value.constructor.name), sized(0x08, memory));
  }
  if (value instanceof Blob) {
    const { type, content } = blobs.get(value) as KnownBlob;
    return tagged(0x0a, text(type), sized(0x08, content));
  }
  if (value instanceof Date) return tagged(0x0b, double(value.getTime()));
  if (value instanceof URL) return tagged(0x0c, text(value.href));
  if (value instanceof Map)
    return listed(
      0x0e,
      Array.from(value, ([key, member]) => [form(key), form(member)]),
    );
  if (value instanceof Set)
    return listed(
      0x0f,
      Array.from(value, (member) => [form(member)]),
    );
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([left], [right]) => compareCodeUnits(left, right));
  return listed(
    0x07,
    members.map(([name, member]) => [text(name), form(member)]),
  );
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** An object of named members, of which the later counts where two have one name. */
const object = (members: readonly (readonly [string, unknown])[]): unknown => Object.fromEntries(new Map(members));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  [null, Object.prototype].includes(Object.getPrototypeOf(value) as null);

export function segmentFromSpec(name: string | undefined): string {
  if (name === undefined) return "-unscoped";
  const readable = /^[a-z0-9][a-z0-9._-]{0,99}$/.test(name);
  if (readable && !name.includes("..") && !name.endsWith(".")) return name;
  const escaped = `-${Buffer.from(name)
    .toString("latin1")
    .replaceAll(/[^a-z0-9]/g, (byte) => `-${Buffer.from(byte, "latin1").toString("hex")}`)}`;
  const isWellFormed = text(name)[0] === 0x04;
  return isWellFormed && name.length <= 100 && escaped.length <= 100 ? escaped : `-h${sha256(text(name))}`;
}

/** The key of a single call. */
export function keyFromSpec(
  call: Call,
  options: KeyPlace & KeyRules = {},
  blobs?: ReadonlyMap<Blob, KnownBlob>,
): string {
  const { namespace = "default", scope, key, ignore = [], modelGroups = [] } = options;
  const digestOf = (preimage: unknown): string => sha256(formFromSpec(preimage, blobs));
  const address = { schema: "llmcache-key-1", namespace, scope, operation: call.operation };
  const place = `${segmentFromSpec(namespace)}/${segmentFromSpec(scope)}`;
  if (key !== undefined) return `${place}/${digestOf({ ...address, key })}`;
  if (!isObject(call.params)) return `${place}/${digestOf({ ...address, params: call.params, context: call.context })}`;

  let members = Object.entries(call.params).filter(([name]) => !["stream", "stream_options", ...ignore].includes(name));
  let { context } = call;
  const model = members.find(([name]) => name === "model")?.[1];
  const group = modelGroups.find((models) => models.includes(model as string))?.[0];
  if (group !== undefined) {
    members = [...members, ["model", group]];
    if (context === undefined || isObject(context))
      context = object([...Object.entries(context ?? {}), ["endpoint", group]]);
  }
  const input = members.find(([name]) => name === "input")?.[1];
  const shared = digestOf({ ...address, params: object(members.filter(([name]) => name !== "input")), context });
  return `${place}/${input === undefined ? shared : digestOf({ shared, input })}`;
}
