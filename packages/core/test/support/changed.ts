import { isPlainObject } from "../../src/plain-object.ts";
import { formFromSpec } from "./key-from-spec.ts";

/** A copy of `value` in which one place, or the set of members, is another. `where` picks the place. */
export function changedSomewhere(value: unknown, where: number, replacement: unknown): unknown {
  const places = placesOf(value);
  const path = places[where % places.length] ?? [];
  return changedAt(value, path, replacement);
}

function placesOf(value: unknown): (readonly string[])[] {
  if (!Array.isArray(value) && !isPlainObject(value)) return [[]];
  return [[], ...Object.entries(value).flatMap(([name, member]) => placesOf(member).map((path) => [name, ...path]))];
}

function changedAt(value: unknown, [name, ...path]: readonly string[], replacement: unknown): unknown {
  if (name === undefined) return differs(value, replacement) ? replacement : [value, "changed"];
  const change = (member: string, inner: unknown): unknown =>
    member === name ? changedAt(inner, path, replacement) : inner;
  if (Array.isArray(value)) return value.map((item: unknown, index) => change(String(index), item));
  return Object.fromEntries(Object.entries(value as object).map(([member, inner]) => [member, change(member, inner)]));
}

function differs(left: unknown, right: unknown): boolean {
  return !formFromSpec(left).equals(formFromSpec(right));
}
