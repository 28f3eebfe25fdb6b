import { mutant, type Mutants, queue } from "./mutant.ts";

/** As long as a write to another process takes at least. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

export const handleMutants: Mutants = {
  "shows another handle at once what was written, overwritten and deleted": [
    mutant("keeps a copy of what it read or wrote, which other handles do not renew", (honest) => {
      const copies = new Map<string, Uint8Array>();
      return {
        get: async (key, options) => {
          const found = copies.get(key) ?? (await honest.get(key, options));
          if (found) copies.set(key, found);
          return found?.slice();
        },
        put: async (key, value, options) => {
          await honest.put(key, value, options);
          copies.set(key, value.slice());
        },
        delete: async (key, options) => {
          await honest.delete(key, options);
          copies.delete(key);
        },
      };
    }),
    mutant("remembers what it has not found", (honest) => {
      const missing = new Set<string>();
      return {
        get: async (key, options) => {
          const found = missing.has(key) ? undefined : await honest.get(key, options);
          if (found === undefined) missing.add(key);
          return found;
        },
      };
    }),
  ],
  "lists what another handle wrote": [
    mutant("lists only what it wrote itself", (honest) => {
      const own = new Set<string>();
      return {
        put: (key, value, options) => honest.put(key, value, options).then(() => void own.add(key)),
        async *list(prefix, options) {
          for await (const key of honest.list(prefix, options)) if (own.has(key)) yield key;
        },
      };
    }),
  ],
  "leaves one whole value when writers race through two handles": [
    mutant("writes in two parts behind a lock that only its own handle knows", (honest, store) => {
      const alone = queue();
      return {
        put: (key, value, options) =>
          alone(async () => {
            const half = Math.ceil(value.length / 2);
            await honest.put(key, value.slice(0, half), options);
            await pause();
            const held = store.get(key)?.value ?? new Uint8Array();
            const whole = new Uint8Array(held.length + value.length - half);
            whole.set(held);
            whole.set(value.subarray(half), held.length);
            return honest.put(key, whole, options);
          }),
      };
    }),
  ],
  "shows another handle the old value or the new one while it is overwritten": [
    mutant("deletes before it writes, behind a lock that only its own handle knows", (honest) => {
      const alone = queue();
      return {
        get: (key, options) => alone(() => honest.get(key, options)),
        put: (key, value, options) =>
          alone(async () => {
            await honest.delete(key, options);
            await pause();
            return honest.put(key, value, options);
          }),
      };
    }),
  ],
  "goes on working after another handle was disposed of": [
    mutant("empties the store when it is disposed of", (_honest, store) => ({
      [Symbol.asyncDispose]: async () => store.clear(),
    })),
    mutant("closes a client that it shares", (honest, store) => {
      const closed = "client/closed";
      return {
        put: async (key, value, options) =>
          store.has(closed) ? Promise.reject(new Error("client is closed")) : honest.put(key, value, options),
        [Symbol.asyncDispose]: async () => void store.set(closed, { value: new Uint8Array(), expiresAt: Infinity }),
      };
    }),
  ],
};
