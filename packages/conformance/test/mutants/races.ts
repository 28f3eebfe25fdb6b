import { turn } from "../honest-backend.ts";
import { mutant, type Mutant, type Mutants } from "./mutant.ts";

/** The first of the racing values has the longest way, so that the parts of several get mixed. */
const onTheWay = (value: Uint8Array) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, 10 - (value[0] ?? 0))));

const writesInParts: Mutant = mutant("writes a value in two parts", (honest, store) => ({
  put: async (key, value, options) => {
    const half = Math.ceil(value.length / 2);
    await honest.put(key, value.slice(0, half), options);
    await onTheWay(value);
    const held = store.get(key)?.value ?? new Uint8Array();
    const whole = new Uint8Array(held.length + value.length - half);
    whole.set(held);
    whole.set(value.subarray(half), held.length);
    return honest.put(key, whole, options);
  },
}));

export const raceMutants: Mutants = {
  "leaves one whole value when writers race for a key": [
    writesInParts,
    mutant("rejects the second of two writers", (honest) => {
      const busy = new Set<string>();
      return {
        put: async (key, value, options) => {
          if (busy.has(key)) throw new Error("locked");
          busy.add(key);
          await honest.put(key, value, options).finally(() => busy.delete(key));
        },
      };
    }),
  ],
  "shows readers the old value or the new one while it is overwritten, never a part or nothing": [
    mutant("deletes the old value some time before it writes", (honest) => ({
      put: async (key, value, options) => {
        await honest.delete(key, options);
        await new Promise((resolve) => setTimeout(resolve, 1));
        return honest.put(key, value, options);
      },
    })),
    mutant("shows half of a value while it writes the rest", (honest) => ({
      put: async (key, value, options) => {
        await honest.put(key, value.slice(0, value.length / 2), options);
        await new Promise((resolve) => setTimeout(resolve, 1));
        return honest.put(key, value, options);
      },
    })),
  ],
  "leaves a whole value or none when writers race with deletes": [
    writesInParts,
    mutant("rejects a write whose entry was deleted meanwhile", (honest, store) => ({
      put: async (key, value, options) => {
        await honest.put(key, value, options);
        await turn();
        if (!store.has(key)) throw new Error("404");
      },
    })),
  ],
  "keeps 500 entries that are written and read at once apart": [
    mutant("refuses more than 100 operations at once", (honest) => {
      let running = 0;
      return {
        put: async (key, value, options) => {
          if (++running > 100) throw new Error("pool is exhausted");
          await honest.put(key, value, options).finally(() => running--);
        },
      };
    }),
    mutant("gives the answer of one get to another that runs at the same time", (honest) => {
      let shared: Promise<Uint8Array | undefined> | undefined;
      return {
        get: async (key, options) => {
          shared ??= honest.get(key, options).finally(() => (shared = undefined));
          return (await shared)?.slice();
        },
      };
    }),
  ],
};
