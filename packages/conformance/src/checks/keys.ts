import type { Backend } from "@llmcache/core";
import type { Check } from "../check.ts";
import { expectBytes, expectMissing, shorten } from "../expect.ts";
import { forEachOf } from "../for-each-of.ts";
import { textBytes } from "../sample-bytes.ts";

const maxKeyLength = 512;

/** That no two keys share an entry, at any length and with any character that a key may have. */
export const keyChecks: readonly Check[] = [
  {
    name: "keeps short keys, and those that JavaScript has a use for",
    async run({ backend }) {
      // Without a root of their own, because it is the bare name that collides with a property or a reserved word.
      const keys = ["a", "0", "z", "constructor", "__proto__", "hasownproperty", "null", "undefined"];
      for (const key of keys) await backend.delete(key);
      for (const key of keys) expectMissing(await backend.get(key), `get of "${key}" before it was written`);
      await keepsApart(backend, keys);
      for (const key of keys) await backend.delete(key);
    },
  },
  {
    name: "keeps keys of 512 characters, also when only the last one differs",
    async run({ backend, key }) {
      const oneSegment = key("x").padEnd(maxKeyLength - 1, "x");
      const manySegments = key("s").padEnd(maxKeyLength - 1, "/s");
      await keepsApart(
        backend,
        [oneSegment, manySegments].flatMap((start) => [`${start}0`, `${start}1`]),
      );
    },
  },
  {
    name: "keeps keys apart that differ in one character, for every character that a key may have",
    async run({ backend, key }) {
      const characters = "abcdefghijklmnopqrstuvwxyz0123456789._-/".split("");
      await keepsApart(
        backend,
        characters.map((character) => key(`one${character}character`)),
      );
    },
  },
  {
    name: "keeps keys apart that begin alike, and deletes only the one that is named",
    async run({ backend, key }) {
      const keys = ["a", "a/b", "a/b/c", "a.b", "a-b", "a_b", "ab", "ten/x", "tenant/x", "ten"].map(key);
      await keepsApart(backend, keys);
      const [parent, child, ...others] = keys as [string, string, ...string[]];
      await backend.delete(parent);
      expectMissing(await backend.get(parent), "get of a deleted key");
      for (const other of [child, ...others]) {
        expectBytes(await backend.get(other), textBytes(other), `get of ${other} after ${parent} was deleted`);
      }
      await backend.delete(child);
      for (const other of others) {
        expectBytes(await backend.get(other), textBytes(other), `get of ${other} after ${child} was deleted`);
      }
    },
  },
  {
    name: "keeps keys whose segments look like names of files or of core's own records",
    async run({ backend, key }) {
      const names = [
        "_lease/x",
        "x/_tag/y",
        "_",
        ".hidden",
        "x.json",
        "x.tmp",
        "x.lock",
        "-",
        "--force",
        "con",
        "0",
        "007",
        "7",
      ];
      await keepsApart(backend, names.map(key));
    },
  },
];

/** Writes each key as its own value, then finds every one as it was written. */
async function keepsApart(backend: Backend, keys: readonly string[]): Promise<void> {
  // One after another: a store that keeps keys as files must cope with a folder that is there already.
  for (const key of keys) await backend.put(key, textBytes(key));
  await forEachOf(keys, async (key) => {
    expectBytes(await backend.get(key), textBytes(key), `get of the key ${shorten(key)}`);
  });
}
