import { mutant, type Mutants } from "./mutant.ts";

export const batchMutants: Mutants = {
  "gets many in the order of the keys, undefined where one is missing": [
    mutant("gets only what it finds", (honest) => ({
      getMany: async (keys, options) => (await honest.getMany(keys, options)).filter((found) => found !== undefined),
    })),
    mutant("gets in the order of the alphabet", (honest) => ({
      getMany: (keys, options) => honest.getMany(keys.toSorted(), options),
    })),
    mutant("gets null where a key is missing", (honest) => ({
      getMany: async (keys, options) => (await honest.getMany(keys, options)).map((found) => found ?? (null as never)),
    })),
    mutant("gets an error where a key is missing", (honest) => ({
      getMany: async (keys, options) => (await honest.getMany(keys, options)).map((found) => found ?? new Error("404")),
    })),
    mutant("gets nothing where the value is empty", (honest) => ({
      getMany: async (keys, options) =>
        (await honest.getMany(keys, options)).map((found) =>
          found instanceof Uint8Array && found.length === 0 ? undefined : found,
        ),
    })),
  ],
  "gets a key as often as it was asked for in a batch": [
    mutant("gets a key once, however often it was asked for", (honest) => ({
      getMany: (keys, options) => honest.getMany([...new Set(keys)], options),
    })),
    mutant("gets a key at the first place that asked for it", (honest) => ({
      getMany: async (keys, options) =>
        (await honest.getMany(keys, options)).map((found, index) =>
          keys.indexOf(keys[index] ?? "") === index ? found : undefined,
        ),
    })),
  ],
  "gets nothing for an empty batch, and one result for a batch of one": [
    mutant("rejects an empty batch of keys", (honest) => ({
      getMany: async (keys, options) =>
        keys.length === 0 ? Promise.reject(new Error("ERR wrong number of arguments")) : honest.getMany(keys, options),
    })),
    mutant("gets a batch of one as a single value", (honest) => ({
      getMany: async (keys, options) =>
        keys.length === 1 ? (honest.get(keys[0] ?? "", options) as never) : honest.getMany(keys, options),
    })),
  ],
  "gets 2 000 keys in one batch": [
    mutant("gets 1 000 keys at most", (honest) => ({
      getMany: (keys, options) => honest.getMany(keys.slice(0, 1000), options),
    })),
    mutant("has no parameters for more than 999 keys", (honest) => ({
      getMany: async (keys, options) =>
        keys.length > 999 ? Promise.reject(new Error("too many SQL variables")) : honest.getMany(keys, options),
    })),
  ],
  "hands out bytes of a batch that the caller may change": [
    mutant("hands out its own bytes in a batch", (_honest, store) => ({
      getMany: async (keys) => keys.map((key) => store.get(key)?.value),
    })),
  ],
  "gets in a batch what the last write left, whichever way it was written": [
    mutant("reads batches from a copy that writes do not renew", (honest) => {
      const copies = new Map<string, Uint8Array | undefined | Error>();
      return {
        getMany: async (keys, options) => {
          const results = await honest.getMany(keys, options);
          for (const [index, key] of keys.entries()) if (!copies.has(key)) copies.set(key, results[index]);
          return keys.map((key) => copies.get(key));
        },
      };
    }),
  ],
  "puts many, each as its own put would": [
    mutant("keeps the whole buffer under the views of a batch", (honest) => ({
      putMany: (entries, options) =>
        honest.putMany(
          entries.map((entry) => ({ ...entry, value: new Uint8Array(entry.value.buffer) })),
          options,
        ),
    })),
    mutant("keeps the bytes that a batch lent it", (_honest, store) => ({
      putMany: async (entries) => {
        for (const { key, value } of entries) store.set(key, { value, expiresAt: Infinity });
      },
    })),
    mutant("leaves the empty value out of a batch", (honest) => ({
      putMany: (entries, options) =>
        honest.putMany(
          entries.filter(({ value }) => value.length > 0),
          options,
        ),
    })),
    mutant("does not overwrite in a batch", (honest, store) => ({
      putMany: (entries, options) =>
        honest.putMany(
          entries.filter(({ key }) => !store.has(key)),
          options,
        ),
    })),
  ],
  "puts the last of several values for a key in one batch": [
    mutant("puts the entries of a batch in any order", (honest) => ({
      putMany: (entries, options) => honest.putMany(entries.toReversed(), options),
    })),
    mutant("refuses a batch that names a key twice", (honest) => ({
      putMany: async (entries, options) => {
        if (new Set(entries.map(({ key }) => key)).size < entries.length) {
          throw new Error("cannot affect row a second time");
        }
        return honest.putMany(entries, options);
      },
    })),
  ],
  "puts an empty batch without complaint, and 2 000 entries in one batch": [
    mutant("rejects an empty batch of entries", (honest) => ({
      putMany: async (entries, options) =>
        entries.length === 0 ? Promise.reject(new Error("nothing to write")) : honest.putMany(entries, options),
    })),
    mutant("puts 1 000 entries at most", (honest) => ({
      putMany: (entries, options) => honest.putMany(entries.slice(0, 1000), options),
    })),
  ],
  "deletes many, missing ones among them, and no others": [
    mutant("rejects a batch that names a missing key", (honest, store) => ({
      deleteMany: async (keys, options) =>
        keys.every((key) => store.has(key)) ? honest.deleteMany(keys, options) : Promise.reject(new Error("404")),
    })),
    mutant("deletes a batch as prefixes", (_honest, store) => ({
      deleteMany: async (keys) => {
        for (const held of [...store.keys()]) if (keys.some((key) => held.startsWith(key))) store.delete(held);
      },
    })),
    mutant("deletes up to the first missing key of a batch", (honest, store) => ({
      deleteMany: (keys, options) =>
        honest.deleteMany(
          keys.slice(
            0,
            keys.findIndex((key) => !store.has(key)),
          ),
          options,
        ),
    })),
  ],
  "deletes an empty batch without complaint, and 2 000 keys in one batch": [
    mutant("deletes everything for an empty batch", (honest, store) => ({
      deleteMany: async (keys, options) => (keys.length === 0 ? store.clear() : honest.deleteMany(keys, options)),
    })),
    mutant("rejects an empty batch to delete", (honest) => ({
      deleteMany: async (keys, options) =>
        keys.length === 0 ? Promise.reject(new Error("MalformedXML")) : honest.deleteMany(keys, options),
    })),
    mutant("deletes 1 000 keys at most", (honest) => ({
      deleteMany: (keys, options) => honest.deleteMany(keys.slice(0, 1000), options),
    })),
  ],
};
