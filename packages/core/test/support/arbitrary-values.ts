import fc from "fast-check";

/** Strings that look like something else: numbers, tags, separators, other forms; and those that have no UTF-8. */
export const anyString: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 12 }) },
  fc.constantFrom(
    "",
    "0",
    "1",
    "null",
    "undefined",
    "[]",
    "{}",
    "\u0000",
    "\u0004\u0000",
    "a,b",
    "a: 1",
    "input",
    "shared",
    "key",
    "__proto__",
    "constructor",
  ),
  fc.constantFrom("\ud800", "\udc00", "\ud800a", "\udc00\ud800", "\ud83d\ude00", "\ufb33", "\u20ac"),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
);

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -2, max: 2 }),
  fc.double({ noInteger: true }),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER),
);

/** An object of these members, any name included. */
export function objectOf(
  names: fc.Arbitrary<string>,
  member: fc.Arbitrary<unknown>,
): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .uniqueArray(fc.tuple(names, member), { selector: ([name]) => name, maxLength: 4 })
    .map(Object.fromEntries<unknown>);
}

const scalar = fc.oneof(anyString, number, fc.boolean(), fc.constant(null));
const special = fc.oneof(
  fc.bigInt(),
  fc.uint8Array({ maxLength: 6 }),
  fc.int16Array({ maxLength: 3 }),
  fc.float64Array({ maxLength: 2 }),
  fc.date({ noInvalidDate: false }),
  fc.webUrl().map((url) => new URL(url)),
);

/** What a call can be made of. */
export const { json: anyJson, value: anyValue } = fc.letrec<{ json: unknown; value: unknown }>((tie) => ({
  json: fc.oneof({ maxDepth: 4 }, scalar, fc.array(tie("json"), { maxLength: 4 }), objectOf(anyString, tie("json"))),
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    special,
    fc.array(tie("value"), { maxLength: 4 }),
    objectOf(anyString, tie("value")),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((members) => new Set(members)),
  ),
}));

/** The same value, with the members of every object in another order. */
export function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (Object.getPrototypeOf(value ?? 0) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value as object)
      .toReversed()
      .map(([name, member]) => [name, reordered(member)]),
  );
}
