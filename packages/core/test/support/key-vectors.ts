import { readFileSync } from "node:fs";
import type { Call, KeyPlace, KeyRules } from "../../src/key.ts";
import type { KnownBlob } from "./key-from-spec.ts";

interface KeyVectors {
  readonly forms: readonly { readonly value: unknown; readonly form: string }[];
  readonly segments: readonly { readonly name: string; readonly segment: string }[];
  readonly keys: readonly { readonly call: Call; readonly options: KeyPlace & KeyRules; readonly key: string }[];
}

/** The golden vectors of `docs/key-format.md`, as they are written. */
export const keyVectors = JSON.parse(
  readFileSync(new URL("../key-vectors.json", import.meta.url), "utf8"),
) as KeyVectors;

/** The contents of the blobs that `fromNotation` made. */
export const knownBlobs: Map<Blob, KnownBlob> = new Map();

/** What a value of the vectors stands for. */
export function fromNotation(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromNotation);
  if (typeof value !== "object" || value === null) return value;
  const [[name, said] = [], ...others] = Object.entries(value) as [string, never][];
  const read = name !== undefined && others.length === 0 ? notations.get(name) : undefined;
  if (read !== undefined) return read(said as never);
  return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, fromNotation(inner)]));
}

const hex = (digits: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(digits, "hex"));

const notations = new Map<string, (said: never) => unknown>([
  ["$number", (said: string) => Number(said)],
  ["$undefined", () => undefined],
  ["$bytes", hex],
  [
    "$typed",
    ([type, memory]: [keyof typeof views, string]): unknown => Reflect.construct(views[type], [hex(memory).buffer]),
  ],
  [
    "$blob",
    ([type, digits]: [string, string]) => {
      const content = hex(digits);
      const blob = new Blob([content], { type });
      knownBlobs.set(blob, { type, content });
      return blob;
    },
  ],
  ["$date", (said: number) => new Date(said)],
  ["$url", (said: string) => new URL(said)],
  ["$bigint", (said: string) => BigInt(said)],
  [
    "$map",
    (said: [unknown, unknown][]) => new Map(said.map(([key, member]) => [fromNotation(key), fromNotation(member)])),
  ],
  ["$set", (said: unknown[]) => new Set(said.map(fromNotation))],
]);

const views = { Int8Array, Uint8ClampedArray, Int16Array, Float32Array, Float64Array, BigInt64Array, DataView };
