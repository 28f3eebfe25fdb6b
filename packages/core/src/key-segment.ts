import { withCanonicalForm } from "./canonical.ts";
import { sha256 } from "./hash.ts";

/** The segment of entries that belong to no scope. No encoded name has this form: see `encodeSegment`. */
export const unscopedSegment = "-unscoped";

const longestSegment = 100;
const plain = /^[a-z0-9][a-z0-9._-]*$/;

/**
 * Makes a namespace, a scope or a tag safe to stand between the slashes of a key, without collision.
 *
 * A name that is safe as it stands stays readable. Otherwise the segment begins with `-`, which no plain name does,
 * and each byte that is not `a-z0-9` is `-` and two hex digits; a name whose segment would be too long, or that has
 * no UTF-8, becomes `-h` and a SHA-256.
 */
export function encodeSegment(name: string): string | Promise<string> {
  if (name.length <= longestSegment && plain.test(name) && !name.includes("..") && !name.endsWith(".")) return name;
  if (name.isWellFormed() && name.length <= longestSegment) {
    const escaped = `-${Array.from(new TextEncoder().encode(name), escapeByte).join("")}`;
    if (escaped.length <= longestSegment) return escaped;
  }
  const digest = withCanonicalForm(name, "name", sha256);
  return typeof digest === "string" ? `-h${digest}` : digest.then((hex) => `-h${hex}`);
}

function escapeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[a-z0-9]/.test(character) ? character : `-${byte.toString(16).padStart(2, "0")}`;
}

/** Whether a key is of core's own records, which have a segment that begins with `_`: tag generations, leases. */
export function isInternalKey(key: string): boolean {
  return key.startsWith("_") || key.includes("/_");
}

/** Where the lease of a key lies: beside it, so that whoever clears a scope or a namespace clears its leases. */
export function leaseKeyOf(key: string): string {
  const at = key.lastIndexOf("/") + 1;
  return `${key.slice(0, at)}_lease/${key.slice(at)}`;
}
