import { expect, test } from "vitest";
import { type Backend, decorate, memory, prefixed } from "../src/index.ts";

const text = (value: string) => new TextEncoder().encode(value);

test("a wrapper has exactly the capabilities of what it wraps", () => {
  const { get, put, delete: remove, list } = memory();
  const plain: Backend = { name: "plain", get, put, delete: remove };
  const overrides = { swap: async () => true, getMany: async () => [], list };
  expect(Object.keys(decorate(plain, overrides)).toSorted()).toEqual(["delete", "get", "name", "put"]);
  expect(Object.keys(decorate({ ...plain, list, maxValueBytes: 5 }, overrides)).toSorted()).toEqual([
    "delete",
    "get",
    "list",
    "maxValueBytes",
    "name",
    "put",
  ]);
});

test("an override that is undefined removes a capability", () => {
  expect(decorate(memory(), { swap: undefined })).not.toHaveProperty("swap");
});

test("methods of a class keep their object", async () => {
  class Store implements Backend {
    readonly name = "class";
    readonly #entries = new Map<string, Uint8Array>();
    async get(key: string) {
      return this.#entries.get(key);
    }
    async put(key: string, value: Uint8Array) {
      this.#entries.set(key, value);
    }
    async delete(key: string) {
      this.#entries.delete(key);
    }
  }
  const backend = decorate(new Store(), {});
  await backend.put("k", text("v"));
  expect(await backend.get("k")).toEqual(text("v"));
});

test("two prefixes share a store without seeing one another", async () => {
  const store = memory();
  const [one, other] = [prefixed(store, "one/"), prefixed(store, "one")];
  await one.put("k", text("one's"));
  await other.put("k", text("other's"));
  expect(await one.get("k")).toEqual(text("one's"));
  expect(await Array.fromAsync(one.list(""))).toEqual(["k"]);
  expect((await Array.fromAsync(store.list(""))).toSorted()).toEqual(["one/k", "onek"]);
});

test.each(["", "Capital/", "a b", "x".repeat(201), undefined as never])("%j is no prefix", (prefix) => {
  expect(() => prefixed(memory(), prefix)).toThrow("prefix must be 1 to 200 characters of a-z 0-9 . _ - /");
});
