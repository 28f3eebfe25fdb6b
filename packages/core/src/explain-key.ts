import { withCanonicalForm } from "./canonical.ts";
import { formatPath } from "./format-path.ts";
import { hasToJson, isPlainObject } from "./plain-object.ts";
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
  const sides = [deriver.counted(left), deriver.counted(right)] as const;
  for (const side of sides) await formOf(side);
  const found: KeyDifference[] = [];
  for (const difference of walk(...sides, [])) {
    if (!(await sameForm(difference.left, difference.right))) found.push(difference);
  }
  return found;
}

/** The places that two values have, down to those that have none in common below them. */
function* walk(left: unknown, right: unknown, path: (string | number)[]): Generator<KeyDifference> {
  if (isPlainObject(left) && isPlainObject(right)) {
    const names = new Set([...Object.keys(left), ...Object.keys(right)]);
    for (const name of [...names].toSorted()) yield* walk(member(left, name), member(right, name), [...path, name]);
  } else if (isPlainArray(left) && isPlainArray(right)) {
    const length = Math.max(left.length, right.length);
    for (let index = 0; index < length; index++) yield* walk(item(left, index), item(right, index), [...path, index]);
  } else {
    yield { path: formatPath(path), left, right };
  }
}

/** Only a member of its own: a name such as `constructor` must not find what every object inherits. */
function member(side: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(side, name) ? side[name] : undefined;
}

/** A hole is null, and what lies beyond the end is absent. */
function item(side: readonly unknown[], index: number): unknown {
  return index < side.length ? (side[index] ?? null) : undefined;
}

function isPlainArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && !hasToJson(value);
}

async function sameForm(left: unknown, right: unknown): Promise<boolean> {
  if (left === undefined || right === undefined) return left === right;
  return (await formOf(left)) === (await formOf(right));
}

function formOf(value: unknown): string | Promise<string> {
  return withCanonicalForm(value, "call", encodeHex);
}
