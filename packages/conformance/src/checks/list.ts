import { type Check, having } from "../check.ts";
import { expect, expectEqual, expectSameKeys } from "../expect.ts";
import { keysOf } from "../operations.ts";
import { textBytes } from "../sample-bytes.ts";
import { forEachOf } from "../for-each-of.ts";

/** More than two pages of the stores that hand out a thousand keys at a time. */
const thousands = 2_100;

/** Made anew each time: a backend that changes the bytes it is given must not spoil other checks. */
const value = () => textBytes("listed");

/** That a listing has every key below its prefix, once, and no other. */
export const listChecks: readonly Check[] = [
  {
    name: "lists the keys that start with a prefix, and not their siblings",
    async run({ backend, key, root }) {
      const store = having(backend, "list");
      const names = ["ten/x", "ten/x/y", "ten/_lease/x", "tenant/x", "ten", "tex/x", "other/ten/x"];
      for (const name of names) await store.put(key(name), value());
      const below = async (prefix: string) =>
        (await keysOf(store.list(key(prefix)))).map((listed) => listed.slice(root.length + 1));
      expectSameKeys(await below("ten/"), ["ten/x", "ten/x/y", "ten/_lease/x"], 'list of "ten/"');
      expectSameKeys(await below("ten"), ["ten/x", "ten/x/y", "ten/_lease/x", "tenant/x", "ten"], 'list of "ten"');
      expectSameKeys(
        await below("te"),
        names.filter((name) => name.startsWith("te")),
        'list of "te"',
      );
      expectSameKeys(await below("ten/x"), ["ten/x", "ten/x/y"], 'list of "ten/x", a key itself');
      expectSameKeys(await below("nobody/"), [], 'list of "nobody/"');
    },
  },
  {
    name: "takes a prefix as text, not as a pattern",
    async run({ backend, key }) {
      const store = having(backend, "list");
      for (const name of ["a_c/x", "abc/x", "a.c/x", "a-c/x", "a/c/x"]) await store.put(key(name), value());
      for (const prefix of ["a_c/", "a.c/", "a-c/", "a_", "a."]) {
        const expected = prefix.length > 2 ? `${prefix}x` : `${prefix}c/x`;
        expectSameKeys(await keysOf(store.list(key(prefix))), [key(expected)], `list of "${prefix}"`);
      }
    },
  },
  {
    name: "lists everything for the empty prefix, each key once",
    async run({ backend, key, root }) {
      const store = having(backend, "list");
      const keys = ["a", "b/c", "_d", "e.f/g-h"].map(key);
      for (const at of keys) await store.put(at, value());
      const own = (await keysOf(store.list(""))).filter((listed) => listed.startsWith(`${root}/`));
      expectSameKeys(own, keys, "list of the empty prefix");
    },
  },
  {
    name: "lists keys as they were given, whatever their length and characters",
    async run({ backend, key }) {
      const store = having(backend, "list");
      const longest = key("long/").padEnd(512, "x");
      const keys = [
        longest,
        ...["0123456789", "abcdefghijklmnopqrstuvwxyz", "-._", "x.json", "_lease/x", "a/b/c/d/e/f"].map(key),
      ];
      for (const at of keys) await store.put(at, value());
      expectSameKeys(await keysOf(store.list(key(""))), keys, "list");
    },
  },
  {
    name: "lists what is there now: not what was deleted, and once what was overwritten",
    async run({ backend, key }) {
      const store = having(backend, "list");
      for (const name of ["kept", "deleted", "overwritten", "empty"]) await store.put(key(name), value());
      await store.put(key("overwritten"), textBytes("again"));
      await store.put(key("empty"), new Uint8Array());
      await store.get(key("missing"));
      await store.delete(key("deleted"));
      expectSameKeys(await keysOf(store.list(key(""))), ["kept", "overwritten", "empty"].map(key), "list");
    },
  },
  {
    name: "lists 2 100 keys, each once, and ends early for a caller who breaks off",
    async run({ backend, key }) {
      const store = having(backend, "list");
      const keys = Array.from({ length: thousands }, (_, index) => key(`many/${index}`));
      await forEachOf(keys, (at) => store.put(at, value()));
      expectSameKeys(await keysOf(store.list(key("many/"))), keys, "list");
      let seen = 0;
      for await (const listed of store.list(key("many/"))) {
        expect(listed.startsWith(key("many/")), `list: received ${listed}, which is not below the prefix`);
        if (++seen === 3) break;
      }
      expectEqual(seen, 3, "keys seen before the caller broke off");
      expectSameKeys(await keysOf(store.list(key("many/"))), keys, "list after one that was broken off");
    },
  },
  {
    name: "lets a caller delete every key while it lists them",
    async run({ backend, key }) {
      const store = having(backend, "list");
      const keys = Array.from({ length: 1_200 }, (_, index) => key(`many/${index}`));
      await forEachOf(keys, (at) => store.put(at, value()));
      const listed: string[] = [];
      let batch: string[] = [];
      for await (const at of store.list(key("many/"))) {
        listed.push(at);
        batch.push(at);
        if (batch.length < 100) continue;
        await forEachOf(batch, (one) => store.delete(one));
        batch = [];
      }
      await forEachOf(batch, (one) => store.delete(one));
      expectSameKeys(listed, keys, "list while its keys are deleted");
      expectSameKeys(await keysOf(store.list(key("many/"))), [], "list after all was deleted");
    },
  },
];
