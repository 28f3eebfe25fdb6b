import { type Check, having } from "../check.ts";
import { expect, expectBytes, expectEqual, expectMissing, describe, isBytes } from "../expect.ts";
import { filledBytes, noiseBytes, textBytes } from "../sample-bytes.ts";
import { forEachOf } from "../for-each-of.ts";

const thousands = 2_000;

/** That a batch does what its operations would do one by one. */
export const batchChecks: readonly Check[] = [
  {
    name: "gets many in the order of the keys, undefined where one is missing",
    async run({ backend, key }) {
      const store = having(backend, "getMany");
      for (const name of ["c", "a", "b"]) await store.put(key(name), textBytes(name));
      await store.put(key("empty"), new Uint8Array());
      const names = ["b", "missing-1", "a", "empty", "missing-2", "c"];
      const results = await store.getMany(names.map(key));
      expectResults(
        results,
        names.map((name) => (name.startsWith("missing") ? undefined : textBytes(name === "empty" ? "" : name))),
      );
    },
  },
  {
    name: "gets a key as often as it was asked for in a batch",
    async run({ backend, key }) {
      const store = having(backend, "getMany");
      await store.put(key("a"), textBytes("a"));
      await store.put(key("b"), textBytes("b"));
      const names = ["a", "b", "a", "missing", "missing", "b", "a"];
      expectResults(
        await store.getMany(names.map(key)),
        names.map((name) => (name === "missing" ? undefined : textBytes(name))),
      );
    },
  },
  {
    name: "gets nothing for an empty batch, and one result for a batch of one",
    async run({ backend, key }) {
      const store = having(backend, "getMany");
      await store.put(key("one"), textBytes("one"));
      expectResults(await store.getMany([]), []);
      expectResults(await store.getMany([key("one")]), [textBytes("one")]);
      expectResults(await store.getMany([key("missing")]), [undefined]);
    },
  },
  {
    name: "gets 2 000 keys in one batch",
    async run({ backend, key }) {
      const store = having(backend, "getMany");
      // Every 20th is there, so that the check stays affordable where each write is a request.
      const keys = Array.from({ length: thousands }, (_, index) => key(`many/${index}`));
      const isThere = (index: number) => index % 20 === 19;
      await forEachOf(
        keys.filter((_, index) => isThere(index)),
        (at) => store.put(at, textBytes(at)),
      );
      expectResults(
        await store.getMany(keys),
        keys.map((at, index) => (isThere(index) ? textBytes(at) : undefined)),
      );
    },
  },
  {
    name: "hands out bytes of a batch that the caller may change",
    async run({ backend, key }) {
      const store = having(backend, "getMany");
      const value = noiseBytes(1000, 1);
      await store.put(key("owned"), value);
      for (const found of await store.getMany([key("owned"), key("owned/2")])) if (isBytes(found)) found.fill(0);
      expectResults(await store.getMany([key("owned")]), [value]);
      expectBytes(await store.get(key("owned")), value, "get after the bytes of getMany were changed");
    },
  },
  {
    name: "gets in a batch what the last write left, whichever way it was written",
    async run({ backend, key }) {
      const store = having(backend, "getMany");
      const keys = [key("put"), key("deleted"), key("swapped")];
      for (const at of keys) await store.put(at, textBytes("old"));
      expectResults(
        await store.getMany(keys),
        keys.map(() => textBytes("old")),
      );
      await store.put(key("put"), textBytes("new"));
      await store.delete(key("deleted"));
      const swapped = await store.swap?.(key("swapped"), textBytes("old"), textBytes("new"));
      expectResults(await store.getMany(keys), [
        textBytes("new"),
        undefined,
        textBytes(swapped === true ? "new" : "old"),
      ]);
    },
  },
  {
    name: "puts many, each as its own put would",
    async run({ backend, key }) {
      const store = having(backend, "putMany");
      await store.put(key("overwritten"), filledBytes(5000, 9));
      const buffer = noiseBytes(3000, 2);
      const entries = [
        { key: key("overwritten"), value: textBytes("short") },
        { key: key("empty"), value: new Uint8Array() },
        { key: key("view"), value: buffer.subarray(1000, 2000) },
        { key: key("bytes"), value: Uint8Array.from({ length: 256 }, (_, index) => index) },
      ];
      const copies = entries.map(({ value }) => value.slice());
      await store.putMany(entries);
      for (const [index, { value }] of entries.entries()) {
        expectBytes(value, copies[index] ?? value, "the bytes given to putMany");
        value.fill(7);
      }
      for (const [index, entry] of entries.entries()) {
        expectBytes(await store.get(entry.key), copies[index] ?? entry.value, `get of ${entry.key}`);
      }
    },
  },
  {
    name: "puts the last of several values for a key in one batch",
    async run({ backend, key }) {
      const store = having(backend, "putMany");
      const entries = ["first", "second", "last"].flatMap((text) => [
        { key: key("same"), value: textBytes(text) },
        { key: key(text), value: textBytes(text) },
      ]);
      await store.putMany(entries);
      expectBytes(await store.get(key("same")), textBytes("last"), "get of a key that one batch wrote three times");
      expectBytes(await store.get(key("second")), textBytes("second"), "get of another key of that batch");
    },
  },
  {
    name: "puts an empty batch without complaint, and 2 000 entries in one batch",
    async run({ backend, key }) {
      const store = having(backend, "putMany");
      await store.putMany([]);
      const entries = Array.from({ length: thousands }, (_, index) => ({
        key: key(`many/${index}`),
        value: textBytes(`${index}`),
      }));
      await store.putMany(entries);
      await forEachOf(
        entries.filter((_, index) => index % 37 === 0 || index === thousands - 1),
        async (entry) => {
          expectBytes(await store.get(entry.key), entry.value, `get of ${entry.key} after a large putMany`);
        },
      );
    },
  },
  {
    name: "deletes many, missing ones among them, and no others",
    async run({ backend, key }) {
      const store = having(backend, "deleteMany");
      const kept = ["a", "a/b/c", "ab", "tenant/x"];
      const deleted = ["a/b", "ten/x", "ten"];
      for (const name of [...kept, ...deleted]) await store.put(key(name), textBytes(name));
      await store.deleteMany(["missing", ...deleted, "ten", "missing/too"].map(key));
      for (const name of deleted) expectMissing(await store.get(key(name)), `get of "${name}" after deleteMany`);
      for (const name of kept) {
        expectBytes(await store.get(key(name)), textBytes(name), `get of "${name}", which deleteMany did not name`);
      }
    },
  },
  {
    name: "deletes an empty batch without complaint, and 2 000 keys in one batch",
    async run({ backend, key }) {
      const store = having(backend, "deleteMany");
      const keys = Array.from({ length: thousands }, (_, index) => key(`many/${index}`));
      const there = keys.filter((_, index) => index % 20 === 19);
      await forEachOf(there, (at) => store.put(at, textBytes("x")));
      await store.deleteMany([]);
      expectBytes(await store.get(key("many/19")), textBytes("x"), "get after an empty deleteMany");
      await store.deleteMany(keys);
      await forEachOf(there, async (at) => expectMissing(await store.get(at), `get of ${at} after deleteMany`));
    },
  },
];

function expectResults(
  received: readonly (Uint8Array | undefined | Error)[],
  expected: readonly (Uint8Array | undefined)[],
): void {
  expect(Array.isArray(received), `getMany: expected an array, received ${describe(received)}`);
  expectEqual(received.length, expected.length, "the number of results of getMany");
  for (const [index, value] of expected.entries()) {
    const what = `result ${index} of ${expected.length} of getMany`;
    if (value === undefined) expectMissing(received[index], what);
    else expectBytes(received[index], value, what);
  }
}
