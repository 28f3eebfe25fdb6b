import { deepStrictEqual } from "node:assert";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { withCanonicalForm } from "../src/canonical.ts";
import { formatPath } from "../src/format-path.ts";
import { isPlainObject } from "../src/plain-object.ts";
import { encodeHex } from "../src/hash.ts";
import { anyValue, reordered } from "./support/arbitrary-values.ts";
import { decodeForm } from "./support/decode-form.ts";
import { formFromSpec } from "./support/key-from-spec.ts";
import { fromNotation, keyVectors, knownBlobs } from "./support/key-vectors.ts";

const formOf = async (value: unknown): Promise<string> => withCanonicalForm(value, "value", encodeHex);

test.each(keyVectors.forms)("the form of $value is the golden one", async ({ value, form }) => {
  expect(await formOf(fromNotation(value))).toBe(form);
});

test.each(keyVectors.forms)("the specification gives $value the golden form", ({ value, form }) => {
  const meant = fromNotation(value);
  expect(formFromSpec(meant, knownBlobs).toString("hex")).toBe(form);
});

test("the specification and the code agree on every value", async () => {
  await fc.assert(
    fc.asyncProperty(anyValue, async (value) => {
      expect(await formOf(value)).toBe(formFromSpec(value).toString("hex"));
    }),
    { numRuns: 1000 },
  );
});

test("a form can be read back, so no two values share one", async () => {
  await fc.assert(
    fc.asyncProperty(anyValue, async (value) => {
      const form = await formOf(value);
      const decoded = decodeForm(Buffer.from(form, "hex"));
      expect(await formOf(decoded)).toBe(form);
      // Vitest does not look at members called `__proto__` or `constructor`.
      expect(() => deepStrictEqual(decoded, withoutNegativeZero(value))).not.toThrow();
    }),
    { numRuns: 1000 },
  );
});

/** -0 is 0 in a form, and nowhere else. */
function withoutNegativeZero(value: unknown): unknown {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (value instanceof Map)
    return new Map(Array.from(value, (entry) => withoutNegativeZero(entry) as [unknown, unknown]));
  if (value instanceof Set) return new Set(Array.from(value, withoutNegativeZero));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutNegativeZero(member)]));
}

test("the order of members does not count", async () => {
  await fc.assert(
    fc.asyncProperty(anyValue, async (value) => {
      expect(await formOf(reordered(value))).toBe(await formOf(value));
    }),
  );
});

test("values that look alike have forms of their own", async () => {
  const date = new Date(0);
  const bytes = new Uint8Array([0, 1, 2, 3]);
  const values: unknown[] = [
    null,
    false,
    true,
    0,
    1,
    1n,
    "1",
    "0",
    "",
    "null",
    "true",
    [],
    {},
    [[]],
    [{}],
    [null],
    { "": null },
    [[], []],
    [[[]]],
    { a: {} },
    { a: [] },
    "[]",
    "{}",
    [1, 2],
    ["1", "2"],
    ["1,2"],
    [[1], 2],
    [1, [2]],
    "a",
    ["a"],
    { a: "a" },
    { 0: "a" },
    "a\u0000",
    "\u0004\u0000\u0000\u0000\u0001a",
    bytes,
    Buffer.from(bytes).toString("base64"),
    Buffer.from(bytes).toString("hex"),
    [0, 1, 2, 3],
    { 0: 0, 1: 1, 2: 2, 3: 3 },
    new Int8Array(bytes),
    new Uint8ClampedArray(bytes),
    new Uint32Array(bytes.buffer),
    new Float32Array(bytes.buffer),
    new DataView(bytes.buffer),
    new Blob([bytes]),
    new Blob([bytes], { type: "a/b" }),
    date,
    date.toISOString(),
    { $date: 0 },
    new Date(NaN),
    new URL("https://a.example/"),
    "https://a.example/",
    NaN,
    Infinity,
    -Infinity,
    "NaN",
    0.1,
    "0.1",
    "\ud800",
    "\udc00",
    "\ufffd",
    new Map(),
    new Set(),
    new Map([["a", "a"]]),
    new Map([["a", null]]),
    new Map([["a", undefined]]),
    new Set([null]),
    new Set([undefined]),
    new Set(["a"]),
    JSON.parse('{ "__proto__": null }'),
    JSON.parse('{ "__proto__": {} }'),
    { constructor: null },
    { "a.b": 1 },
    { a: { b: 1 } },
    { user: "bob", seed: 7 },
    { user: "bobseed: 7" },
    { "user: bob, seed": 7 },
    { toJSON: null },
    { unset: new Unset() },
    { unset: null },
  ];
  const forms = await Promise.all(values.map(formOf));
  expect(new Set(forms).size).toBe(values.length);
});

class Unset {
  toJSON(): undefined {
    return undefined;
  }
}

class Sent {
  readonly #json: unknown;
  constructor(json: unknown) {
    this.#json = json;
  }
  toJSON(): unknown {
    return this.#json;
  }
}

class Versioned extends Map<string, number> {
  version = 0;
  toJSON(): unknown {
    return { version: this.version };
  }
}

// oxlint-disable-next-line no-sparse-arrays -- a hole is what is tested
const hole: unknown[] = [1, , 2];

test.each<[string, unknown, unknown]>([
  ["-0 is 0", -0, 0],
  ["members that are undefined are absent", { a: 1, b: undefined }, { a: 1 }],
  ["holes are null", hole, [1, null, 2]],
  ["undefined items are null", [undefined], [null]],
  ["an object without a prototype is an object", Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  [
    "objects and arrays of another realm are objects and arrays",
    runInNewContext("({ a: [1, { b: null }] })"),
    { a: [1, { b: null }] },
  ],
  ["bytes of another realm are bytes", runInNewContext("new Uint8Array([1, 2])"), new Uint8Array([1, 2])],
  ["a Buffer is its bytes", Buffer.from([1, 2]), new Uint8Array([1, 2])],
  ["an ArrayBuffer is its bytes", new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2])],
  ["only the part that a view shows counts", new Uint8Array([9, 1, 2, 9]).subarray(1, 3), new Uint8Array([1, 2])],
  [
    "a file counts by content and type, never by name",
    new File(["x"], "a.wav", { type: "a/b" }),
    new File(["x"], "b.mp3", { type: "a/b", lastModified: 1 }),
  ],
  ["a blob is as good as a file", new Blob(["x"]), new File(["x"], "a")],
  ["an instance of a class is what its toJSON returns", new Sent({ a: [new Sent(1)] }), { a: [1] }],
  ["a derived map is what its toJSON returns", new Versioned([["a", 1]]), { version: 0 }],
  ["a derived date is sent as text", new (class extends Date {})(0), "1970-01-01T00:00:00.000Z"],
  ["an array is what its toJSON returns", Object.assign([1], { toJSON: () => [2] }), [2]],
  ["a derived array is an array", new (class extends Array<number> {})(1, 2), [1, 2]],
  ["symbols as names do not count", { [Symbol("a")]: 1 }, {}],
  [
    "a getter counts as what it gets",
    {
      get a() {
        return 1;
      },
    },
    { a: 1 },
  ],
  ["a proxy counts as what it shows", new Proxy<object>([{ a: 1 }], {}), [{ a: 1 }]],
])("%s", async (_, left, right) => {
  expect(await formOf(left)).toBe(await formOf(right));
});

test("a type that a class claims to be is not believed", async () => {
  class Claims extends Float32Array {
    override get [Symbol.toStringTag](): "Float32Array" {
      return "Int32Array" as "Float32Array";
    }
  }
  expect(await formOf(new Claims(1))).toBe(await formOf(new Float32Array(1)));
});

test("an array that a getter makes longer is as long as it was", async () => {
  const growing: unknown[] = [];
  Object.defineProperty(growing, 0, { enumerable: true, get: () => growing.push("more") });
  expect(decodeForm(Buffer.from(await formOf(growing), "hex"))).toEqual([2]);
});

test("a getter may derive a form of its own meanwhile", async () => {
  const inner = { a: "inner" };
  const nested = {
    get form() {
      return withCanonicalForm(inner, "inner", encodeHex);
    },
    z: "outer",
  };
  expect(await formOf(nested)).toBe(await formOf({ form: await formOf(inner), z: "outer" }));
});

test("long values of every kind keep their form", async () => {
  const values = [
    "x".repeat(3_000_000),
    "\ud800".repeat(100_000),
    new Uint8Array(2_000_000).fill(7),
    Array.from({ length: 100_000 }, (_, index) => index),
  ];
  for (const value of values) expect(await formOf(value)).toBe(formFromSpec(value).toString("hex"));
});

test("a path is written as code would write it", () => {
  expect(formatPath(["params", "messages", 0, "content", 12, "a"])).toBe("params.messages[0].content[12].a");
});
