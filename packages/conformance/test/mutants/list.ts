import type { Backend } from "@llmcache/core";
import type { Store } from "../honest-backend.ts";
import { mutant, type Mutant, type Mutants } from "./mutant.ts";

type Listing = (prefix: string, store: Store, honest: Required<Backend>) => AsyncIterable<string> | Iterable<string>;

const lists = (lie: string, listing: Listing): Mutant =>
  mutant(lie, (honest, store) => ({
    async *list(prefix, options) {
      options?.signal?.throwIfAborted();
      yield* listing(prefix, store, honest);
    },
  }));

const keysOf = (store: Store, prefix: string) => [...store.keys()].filter((key) => key.startsWith(prefix));

export const listMutants: Mutants = {
  "lists the keys that start with a prefix, and not their siblings": [
    lists("lists siblings whose name begins alike", (prefix, store) => keysOf(store, prefix.replace(/\/$/, ""))),
    lists("lists whole segments only", (prefix, store) => keysOf(store, prefix.slice(0, prefix.lastIndexOf("/") + 1))),
    lists("lists everything whatever the prefix", (_prefix, store) => store.keys()),
    lists("lists the keys that hold the prefix anywhere", (prefix, store) =>
      [...store.keys()].filter((key) => key.includes(prefix.split("/").slice(2).join("/"))),
    ),
    lists("does not list the key that equals the prefix", (prefix, store) =>
      keysOf(store, prefix).filter((key) => key !== prefix),
    ),
    lists("does not list the records of core", (prefix, store) =>
      keysOf(store, prefix).filter((key) => !key.includes("/_")),
    ),
    lists("lists one level below the prefix", (prefix, store) =>
      keysOf(store, prefix).filter((key) => !key.slice(prefix.length).includes("/")),
    ),
  ],
  "takes a prefix as text, not as a pattern": [
    lists("takes an underscore for any character, as LIKE does", (prefix, store) =>
      [...store.keys()].filter((key) => new RegExp(`^${prefix.replaceAll(".", "\\.").replaceAll("_", ".")}`).test(key)),
    ),
    lists("takes a dot for any character, as a regular expression does", (prefix, store) =>
      [...store.keys()].filter((key) => new RegExp(`^${prefix}`).test(key)),
    ),
  ],
  "lists everything for the empty prefix, each key once": [
    lists("lists nothing for the empty prefix", (prefix, store) => (prefix === "" ? [] : keysOf(store, prefix))),
    lists("lists a key twice", (prefix, store) => [...keysOf(store, prefix), ...keysOf(store, prefix).slice(0, 1)]),
  ],
  "lists keys as they were given, whatever their length and characters": [
    lists("lists keys in the form in which it keeps them", (prefix, store) =>
      keysOf(store, prefix).map((key) => key.replaceAll(".", "%2e")),
    ),
    lists("lists keys without their ending", (prefix, store) =>
      keysOf(store, prefix).map((key) => key.replace(/\.json$/, "")),
    ),
    lists("lists 255 characters of a key", (prefix, store) => keysOf(store, prefix).map((key) => key.slice(0, 255))),
    lists("lists keys without the prefix", (prefix, store) =>
      keysOf(store, prefix).map((key) => key.slice(prefix.length)),
    ),
  ],
  "lists what is there now: not what was deleted, and once what was overwritten": [
    mutant("lists what was deleted", (honest, store) => {
      const ever = new Set<string>();
      return {
        put: (key, value, options) => honest.put(key, value, options).then(() => void ever.add(key)),
        async *list(prefix, options) {
          options?.signal?.throwIfAborted();
          for (const key of new Set([...ever, ...store.keys()])) if (key.startsWith(prefix)) yield key;
        },
      };
    }),
    mutant("lists a key once for each of its values", (honest) => {
      const writes: string[] = [];
      return {
        put: (key, value, options) => honest.put(key, value, options).then(() => void writes.push(key)),
        async *list(prefix, options) {
          for await (const key of honest.list(prefix, options)) yield* writes.filter((written) => written === key);
        },
      };
    }),
    lists("does not list the empty value", (prefix, store) =>
      keysOf(store, prefix).filter((key) => store.get(key)?.value.length !== 0),
    ),
    mutant("lists what was only asked for", (honest, store) => ({
      get: async (key, options) => {
        const found = await honest.get(key, options);
        if (found === undefined) store.set(key, { value: new Uint8Array(), expiresAt: Infinity });
        return found;
      },
    })),
  ],
  "lists 2 100 keys, each once, and ends early for a caller who breaks off": [
    lists("lists the first page", (prefix, store) => keysOf(store, prefix).slice(0, 1000)),
    lists("lists the second page from where the first began", (prefix, store) =>
      keysOf(store, prefix).toSpliced(1000, 0, ...keysOf(store, prefix).slice(0, 1000)),
    ),
    lists("lists two pages", (prefix, store) => keysOf(store, prefix).slice(0, 2000)),
    mutant("cannot list again after a caller broke off", (honest) => {
      let open = false;
      return {
        async *list(prefix, options) {
          if (open) throw new Error("a cursor is open");
          open = true;
          for await (const key of honest.list(prefix, options)) yield key;
          open = false;
        },
      };
    }),
  ],
  "lets a caller delete every key while it lists them": [
    lists("counts its place by offset, which moves when keys are deleted", async function* (prefix, store) {
      for (let offset = 0; ; offset += 500) {
        const page = keysOf(store, prefix).slice(offset, offset + 500);
        if (page.length === 0) return;
        yield* page;
      }
    }),
    lists("throws when the store changes", async function* (prefix, store) {
      const size = store.size;
      for (const key of keysOf(store, prefix)) {
        if (store.size !== size) throw new Error("the store was modified while it was listed");
        yield key;
      }
    }),
  ],
};
