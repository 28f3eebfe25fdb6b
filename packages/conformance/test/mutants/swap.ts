import { areEqual, turn } from "../honest-backend.ts";
import { mutant, type Mutant, type Mutants, queue } from "./mutant.ts";

type Comparison = (held: Uint8Array | undefined, expected: Uint8Array | undefined) => boolean;

const compares = (lie: string, comparison: Comparison): Mutant =>
  mutant(lie, (honest) => ({
    swap: async (key, expected, value, options) => {
      const held = await honest.get(key, options);
      return comparison(held, expected) ? honest.swap(key, held, value, options) : false;
    },
  }));

const notAtomic: Mutant = mutant("compares first and writes a moment later", (honest) => ({
  swap: async (key, expected, value, options) => {
    if (!areEqual(await honest.get(key, options), expected)) return false;
    await turn();
    await honest.put(key, value, options);
    return true;
  },
}));

const atomicInOneHandle: Mutant = mutant("swaps behind a lock that only its own handle knows", (honest) => {
  const alone = queue();
  return {
    swap: (key, expected, value, options) =>
      alone(async () => {
        if (!areEqual(await honest.get(key, options), expected)) return false;
        await new Promise((resolve) => setTimeout(resolve, 1));
        await honest.put(key, value, options);
        return true;
      }),
  };
});

export const swapMutants: Mutants = {
  "swaps a value in where the key is missing and nothing was expected": [
    compares("never swaps a missing key", (held, expected) => held !== undefined && areEqual(held, expected)),
    mutant("says that it swapped, and did not", () => ({ swap: async () => true })),
    mutant("says nothing after it swapped", (honest) => ({
      swap: (async (...given: Parameters<typeof honest.swap>) => void (await honest.swap(...given))) as never,
    })),
    mutant("does not take a key that was deleted for missing", (honest) => {
      const deleted = new Set<string>();
      return {
        delete: (key, options) => honest.delete(key, options).then(() => void deleted.add(key)),
        swap: async (key, ...rest) => (deleted.has(key) ? false : honest.swap(key, ...rest)),
      };
    }),
  ],
  "does not swap where there is a value and nothing was expected": [
    compares("takes undefined for anything", (held, expected) => expected === undefined || areEqual(held, expected)),
  ],
  "swaps where the key holds exactly what was expected": [
    compares("compares which array it is", (held, expected) => held === expected),
    compares(
      "takes the empty value for anything but the empty value",
      (held, expected) => held?.length !== 0 && areEqual(held, expected),
    ),
    mutant("removes the entry where it should write the empty value", (honest) => ({
      swap: async (key, expected, value, options) => {
        const swapped = await honest.swap(key, expected, value, options);
        if (swapped && value.length === 0) await honest.delete(key);
        return swapped;
      },
    })),
    mutant("reads from a copy that swap does not renew", (honest) => {
      const copies = new Map<string, Uint8Array>();
      return {
        get: async (key, options) => {
          const found = copies.get(key) ?? (await honest.get(key, options));
          if (found) copies.set(key, found);
          return found?.slice();
        },
        put: (key, value, options) => honest.put(key, value, options).then(() => void copies.delete(key)),
        delete: (key, options) => honest.delete(key, options).then(() => void copies.delete(key)),
      };
    }),
  ],
  "does not swap where the key holds anything but what was expected": [
    compares("compares lengths only", (held, expected) => held?.length === expected?.length),
    compares("compares the beginning only", (held, expected) => areEqual(held?.slice(0, expected?.length), expected)),
    compares("compares as many bytes as there are", (held, expected) =>
      areEqual(held, expected?.slice(0, held?.length)),
    ),
    compares(
      "takes the empty value for anything",
      (held, expected) => expected?.length === 0 || areEqual(held, expected),
    ),
    mutant("refuses, but writes all the same", (honest) => ({
      swap: async (key, expected, value, options) => {
        const swapped = await honest.swap(key, expected, value, options);
        await honest.put(key, value, options);
        return swapped;
      },
    })),
  ],
  "does not swap a missing key where a value was expected": [
    compares(
      "swaps whatever was expected where the key is missing",
      (held, expected) => held === undefined || areEqual(held, expected),
    ),
    mutant("compares with what was there before it was deleted", (honest, store) => {
      const last = new Map<string, Uint8Array>();
      return {
        put: (key, value, options) => honest.put(key, value, options).then(() => void last.set(key, value.slice())),
        swap: async (key, expected, value, options) => {
          const deleted = store.has(key) ? undefined : last.get(key);
          return honest.swap(key, deleted && areEqual(deleted, expected) ? undefined : expected, value, options);
        },
      };
    }),
  ],
  "tells the empty value from a missing one when it swaps": [
    compares("takes a missing value for the empty one", (held, expected) =>
      areEqual(held ?? new Uint8Array(), expected ?? new Uint8Array()),
    ),
    compares(
      "swaps in where the empty value is, expecting nothing",
      (held, expected) => areEqual(held, expected) || (held?.length === 0 && !expected),
    ),
    compares(
      "swaps in where nothing is, expecting the empty value",
      (held, expected) => areEqual(held, expected) || (expected?.length === 0 && !held),
    ),
  ],
  "keeps its own copy of what it swapped in, and leaves the bytes it is given as they are": [
    mutant("keeps the bytes that swap was lent", (honest, store) => ({
      swap: async (key, expected, value, options) => {
        const swapped = await honest.swap(key, expected, value, options);
        if (swapped) store.set(key, { value, expiresAt: options?.expiresAt ?? Infinity });
        return swapped;
      },
    })),
    mutant("wipes the expected bytes", (honest) => ({
      swap: (key, expected, value, options) =>
        honest.swap(key, expected, value, options).finally(() => expected?.fill(0)),
    })),
  ],
  "lets exactly one of 16 racing swaps win": [notAtomic],
  "lets exactly one of 16 racing swaps win through two handles": [atomicInOneHandle],
  "loses no increment that is made by reading and swapping until it succeeds": [
    notAtomic,
    mutant("says that it swapped where it was too late", (honest) => ({
      swap: (...given) => honest.swap(...given).then(() => true),
    })),
  ],
  "loses no increment that is made through two handles": [atomicInOneHandle],
  "takes an expiry in the past when it swaps, and then has the bytes or nothing": [
    mutant("refuses to swap with an expiry in the past", (honest) => ({
      swap: async (key, expected, value, options) => {
        if ((options?.expiresAt ?? Infinity) < Date.now()) throw new Error("ERR invalid expire time");
        return honest.swap(key, expected, value, options);
      },
    })),
    mutant("does not swap in what has expired, and says so", (honest) => ({
      swap: async (key, expected, value, options) =>
        (options?.expiresAt ?? Infinity) < Date.now() ? false : honest.swap(key, expected, value, options),
    })),
  ],
  "swaps an expired entry as get finds it": [
    mutant("hides an expired entry from get, but not from swap", (honest, store) => ({
      get: async (key, options) =>
        (store.get(key)?.expiresAt ?? Infinity) < Date.now() ? undefined : honest.get(key, options),
      swap: async (key, expected, value, options) => {
        if (!areEqual(store.get(key)?.value, expected)) return false;
        await honest.put(key, value, options);
        return true;
      },
    })),
    mutant("swaps an expired entry whatever was expected", (honest, store) => ({
      swap: async (key, expected, value, options) =>
        (store.get(key)?.expiresAt ?? Infinity) < Date.now()
          ? honest.put(key, value, options).then(() => true)
          : honest.swap(key, expected, value, options),
    })),
  ],
};
