import { type BlobContents, formatPath, isPlainObject, withCanonicalForm } from "./canonical.ts";
import { encodeHex } from "./hash.ts";
import { type Call, KeyDeriver, type KeyRules } from "./key.ts";

/** A place where two calls differ. A side that lacks it is `undefined`. The values are the caller's own: take care where they go. */
export interface KeyDifference {
  /** For example `params.messages[0].content`. */
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

/**
 * Says why two calls have different keys: every counted parameter in which they differ, and none when they share a key.
 *
 * @throws {TypeError} for a call that has no key, naming the path.
 */
export async function explainKey(left: Call, right: Call, rules: KeyRules = {}): Promise<KeyDifference[]> {
  const deriver = new KeyDeriver(rules);
  const sides = [deriver.normalize(left), deriver.normalize(right)] as const;
  const blobs: BlobContents = new Map();
  while (sides.some((side) => canonicalHex(side, blobs) === undefined)) {
    for (const blob of blobs.keys()) blobs.set(blob, new Uint8Array(await blob.arrayBuffer()));
  }
  return [...differences(sides[0], sides[1], [], blobs)];
}

function* differences(
  left: unknown,
  right: unknown,
  path: (string | number)[],
  blobs: BlobContents,
): Generator<KeyDifference> {
  if (isPlainObject(left) && isPlainObject(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    for (const name of [...names].sort()) yield* differences(left[name], right[name], [...path, name], blobs);
  } else if (Array.isArray(left) && Array.isArray(right)) {
    const length = Math.max(left.length, right.length);
    const item = (side: readonly unknown[], index: number) => (index < side.length ? (side[index] ?? null) : undefined);
    for (let index = 0; index < length; index++) {
      yield* differences(item(left, index), item(right, index), [...path, index], blobs);
    }
  } else if (!sameForm(left, right, blobs)) {
    yield { path: formatPath(path), left, right };
  }
}

function sameForm(left: unknown, right: unknown, blobs: BlobContents): boolean {
  // As a member, `undefined` is absent; alone it would be written as null.
  if (left === undefined || right === undefined) return left === right;
  return canonicalHex(left, blobs) === canonicalHex(right, blobs);
}

function canonicalHex(value: unknown, blobs: BlobContents): string | undefined {
  return withCanonicalForm(value, "call", blobs, encodeHex);
}
