import { fromReadable, toReadable } from "./readable-entry.ts";

/** One line of the file: what is kept under a key. What is no entry of core's, or would not be the same again, is kept as its bytes. */
export function formatLine(key: string, value: Uint8Array): string {
  const readable = toReadable(value);
  const kept = readable ?? { bytes: Buffer.from(value).toString("base64") };
  return JSON.stringify({ key, ...withoutDigest(kept, key) });
}

/** @throws for a line that holds no value */
export function valueOf(line: string): Uint8Array {
  const { key, ...kept } = JSON.parse(line) as { readonly key: string; readonly bytes?: unknown };
  if (typeof kept.bytes === "string") return new Uint8Array(Buffer.from(kept.bytes, "base64"));
  return fromReadable({ digest: digestIn(key), ...kept });
}

/** @throws for a line that has no key */
export function keyOf(line: string): string {
  const { key } = JSON.parse(line) as { readonly key?: unknown };
  if (typeof key !== "string") throw new TypeError("the line has no key");
  return key;
}

/** A key of core's ends in the digest that its entry holds too. */
function withoutDigest(kept: object, key: string): object {
  if (!("digest" in kept) || kept.digest !== digestIn(key)) return kept;
  const { digest: _, ...others } = kept;
  return others;
}

function digestIn(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
