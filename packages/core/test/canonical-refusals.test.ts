import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { withCanonicalForm } from "../src/canonical.ts";
import { encodeHex } from "../src/hash.ts";

const formOf = async (value: unknown): Promise<string> => withCanonicalForm(value, "value", encodeHex);

class Sent {
  readonly #json: unknown;
  constructor(json: unknown) {
    this.#json = json;
  }
  toJSON(): unknown {
    return this.#json;
  }
}

const secret = "secret-4711";
class Account {
  readonly secret = secret;
}
test.each<[string, unknown, string]>([
  ["a function", { a: [() => secret] }, "value.a[0] is a function"],
  ["a symbol", { a: Symbol(secret) }, "value.a is a symbol"],
  ["an instance of a class", { a: { b: new Account() } }, "value.a.b is an instance of Account"],
  ["a regular expression", [new RegExp(secret)], "value[0] is an instance of RegExp"],
  ["an error", { a: new Error(secret) }, "value.a is an instance of Error"],
  ["a boxed string", { a: Object(secret) as unknown }, "value.a is an instance of String"],
  ["a boxed number", { a: Object(1) as unknown }, "value.a is an instance of Number"],
  ["a promise", { a: Promise.resolve(secret) }, "value.a is an instance of Promise"],
  ["2^53", { seed: 2 ** 53 }, "value.seed is an integer beyond 2^53 - 1"],
  ["-2^53", { seed: -(2 ** 53) }, "value.seed is an integer beyond 2^53 - 1"],
  ["a number too large for a fraction", [1e300], "value[0] is an integer beyond 2^53 - 1"],
  ["what toJSON returns", { a: new Sent(() => secret) }, "value.a.toJSON() is a function"],
  ["an instance that toJSON returns", { a: new Sent(new Sent(1)) }, "value.a.toJSON() is an instance of a class"],
  ["a key of a map", new Map([[() => secret, 1]]), "value[0] is a function"],
  ["a member of a set", new Set([1, Symbol(secret)]), "value[1] is a symbol"],
  ["a map of another realm", { a: runInNewContext("new Map()") as unknown }, "value.a is an instance of Map"],
])("%s is a TypeError that names the path and not the value", async (_, value, message) => {
  const error: unknown = await formOf(value).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TypeError);
  expect((error as TypeError).message).toContain(message);
  expect((error as TypeError).message).not.toContain(secret);
});

test("a cycle is named where it closes, whatever it goes through", async () => {
  const through = (wrap: (self: object) => unknown): unknown => {
    const self: Record<string, unknown> = {};
    self["a"] = wrap(self);
    return { top: self };
  };
  await expect(formOf(through((self) => self))).rejects.toThrow("value.top.a is a cycle");
  await expect(formOf(through((self) => [self]))).rejects.toThrow("value.top.a[0] is a cycle");
  await expect(formOf(through((self) => new Map([["x", self]])))).rejects.toThrow("value.top.a[0] is a cycle");
  await expect(formOf(through((self) => new Set([self])))).rejects.toThrow("is a cycle");
});

test("a value that stands twice is no cycle", async () => {
  const shared = { a: 1 };
  expect(await formOf([shared, shared])).toBe(await formOf([{ a: 1 }, { a: 1 }]));
});

test("what is nested deeper than any request is refused before the stack is full", async () => {
  const nested = (depth: number): unknown => {
    let value: unknown = "core";
    for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  };
  expect(await formOf(nested(1000))).toMatch(/^07/);
  await expect(formOf(nested(1001))).rejects.toThrow(/^value\[0\]\.a\[0\]\.a is nested deeper than 1000 levels/);
  await expect(formOf(nested(50_000))).rejects.toThrow(TypeError);
  const endless = (): object => ({
    get next() {
      return endless();
    },
  });
  await expect(formOf(endless())).rejects.toThrow(/^value\.next\.next\.next\.next is nested deeper/);
});

test("a blob that is another one at each reading is refused", async () => {
  const value = {
    files: [
      {
        get file() {
          return new Blob(["x"]);
        },
      },
    ],
  };
  await expect(formOf(value)).rejects.toThrow("value.files[0].file is a Blob that is another one at each reading");
});

test("a writer that failed leaves nothing behind", async () => {
  const before = await formOf({ a: [1, "two"] });
  await expect(formOf({ a: [1, "two", () => 3] })).rejects.toThrow(TypeError);
  expect(await formOf({ a: [1, "two"] })).toBe(before);
});
