import type { OperationOptions } from "@llmcache/core";
import { mutant, type Mutants } from "./mutant.ts";

const unheard = (options: OperationOptions | undefined): OperationOptions => ({ ...options, signal: undefined });

const abortError = () => new Error("the operation was aborted");

/** Resolves when the signal is aborted; never, when there is none. */
const aborted = (options: OperationOptions | undefined) =>
  new Promise<void>((resolve) => options?.signal?.addEventListener("abort", () => resolve(), { once: true }));

const never = new Promise<never>(() => undefined);

export const abortMutants: Mutants = {
  "rejects every operation whose signal is already aborted, with the signal's reason untouched": [
    mutant("does not hear of an abort in get", (honest) => ({
      get: (key, options) => honest.get(key, unheard(options)),
    })),
    mutant("does not hear of an abort in put", (honest) => ({
      put: (key, value, options) => honest.put(key, value, unheard(options)),
    })),
    mutant("does not hear of an abort in delete", (honest) => ({
      delete: (key, options) => honest.delete(key, unheard(options)),
    })),
    mutant("does not hear of an abort in swap", (honest) => ({
      swap: (key, old, value, options) => honest.swap(key, old, value, unheard(options)),
    })),
    mutant("does not hear of an abort in getMany", (honest) => ({
      getMany: (keys, options) => honest.getMany(keys, unheard(options)),
    })),
    mutant("does not hear of an abort in putMany", (honest) => ({
      putMany: (entries, options) => honest.putMany(entries, unheard(options)),
    })),
    mutant("does not hear of an abort in deleteMany", (honest) => ({
      deleteMany: (keys, options) => honest.deleteMany(keys, unheard(options)),
    })),
    mutant("does not hear of an abort in list", (honest) => ({
      list: (prefix, options) => honest.list(prefix, unheard(options)),
    })),
    mutant("does not hear of an abort in ping", (honest) => ({ ping: (options) => honest.ping(unheard(options)) })),
    mutant("hears of an abort in list only when there are keys", (honest, store) => ({
      list: (prefix, options) =>
        honest.list(prefix, [...store.keys()].some((key) => key.startsWith(prefix)) ? options : unheard(options)),
    })),
    mutant("answers an abort with an error of its own", (honest) => ({
      get: (key, options) => (options?.signal?.aborted ? Promise.reject(abortError()) : honest.get(key, options)),
    })),
    mutant("wraps the reason of an abort", (honest) => ({
      put: (key, value, options) =>
        options?.signal?.aborted
          ? Promise.reject(new Error("put failed", { cause: options.signal.reason }))
          : honest.put(key, value, options),
    })),
    mutant("has a reason of its own where the caller's is falsy", (honest) => ({
      get: (key, options) =>
        options?.signal?.aborted ? Promise.reject(options.signal.reason || abortError()) : honest.get(key, options),
    })),
    mutant("throws at once in place of rejecting", (honest) => ({
      get: (key, options) => {
        options?.signal?.throwIfAborted();
        return honest.get(key, options);
      },
    })),
    mutant("hands out the reason of an abort as the results of a batch", (honest) => ({
      getMany: async (keys, options) =>
        options?.signal?.aborted ? keys.map(() => abortError()) : honest.getMany(keys, options),
    })),
  ],
  "changes nothing when the signal is already aborted": [
    mutant("writes before it looks at the signal", (honest) => ({
      put: async (key, value, options) => {
        await honest.put(key, value, unheard(options));
        options?.signal?.throwIfAborted();
      },
    })),
    mutant("deletes before it looks at the signal", (honest) => ({
      delete: async (key, options) => {
        await honest.delete(key, unheard(options));
        options?.signal?.throwIfAborted();
      },
    })),
    mutant("swaps before it looks at the signal", (honest) => ({
      swap: async (key, old, value, options) => {
        await honest.swap(key, old, value, unheard(options));
        options?.signal?.throwIfAborted();
        return true;
      },
    })),
    mutant("looks at the signal after the first entry of a batch", (honest) => ({
      putMany: async (entries, options) => {
        await honest.putMany(entries.slice(0, 1));
        return honest.putMany(entries.slice(1), options);
      },
    })),
    mutant("looks at the signal after it deleted a batch", (honest) => ({
      deleteMany: async (keys, options) => {
        await honest.deleteMany(keys);
        options?.signal?.throwIfAborted();
      },
    })),
  ],
  "settles promptly when a write is aborted midway, and leaves the old value or the new one": [
    mutant("never settles when put is aborted", (honest) => ({
      put: async (key, value, options) => {
        if (options?.signal === undefined) return honest.put(key, value, options);
        options.signal.throwIfAborted();
        await aborted(options);
        return never;
      },
    })),
    mutant("leaves half a value when put is aborted", (honest) => ({
      put: async (key, value, options) => {
        await honest.put(key, value.slice(0, value.length / 2), unheard(options));
        return honest.put(key, value, options);
      },
    })),
    mutant("leaves nothing when swap is aborted", (honest) => ({
      swap: (key, old, value, options) =>
        honest.swap(key, old, value, options).catch(async (error: unknown) => {
          await honest.delete(key);
          throw error;
        }),
    })),
    mutant("resolves when putMany is aborted, and has not written", (honest) => ({
      putMany: (entries, options) => honest.putMany(entries, options).catch(() => undefined),
    })),
    mutant("answers an abort midway with an error of its own", (honest) => ({
      put: (key, value, options) =>
        honest
          .put(key, value, options)
          .catch((error: unknown) => Promise.reject(options?.signal?.aborted ? abortError() : error)),
    })),
  ],
  "settles promptly when a read is aborted midway, with the whole value or the reason": [
    mutant("finds nothing when get is aborted", (honest) => ({
      get: (key, options) => honest.get(key, options).catch(() => undefined),
    })),
    mutant("hands out what it has read so far when get is aborted", (honest) => ({
      get: async (key, options) => {
        const found = await honest.get(key, unheard(options));
        await Promise.resolve();
        return options?.signal?.aborted ? found?.slice(0, 10) : found;
      },
    })),
    mutant("hands out errors for every key when getMany is aborted", (honest) => ({
      getMany: (keys, options) => honest.getMany(keys, options).catch(() => keys.map(abortError)),
    })),
    mutant("never settles when getMany is aborted", (honest) => ({
      getMany: (keys, options) => honest.getMany(keys, options).catch(() => never),
    })),
  ],
  "ends a listing promptly when it is aborted midway": [
    mutant("never ends a listing that is aborted", (honest) => ({
      async *list(prefix, options) {
        for await (const key of honest.list(prefix)) yield key;
        if (options?.signal?.aborted) await never;
      },
    })),
    mutant("ends a listing that is aborted with an error of its own", (honest) => ({
      async *list(prefix, options) {
        for await (const key of honest.list(prefix)) {
          if (options?.signal?.aborted) throw abortError();
          yield key;
        }
      },
    })),
  ],
  "is not disturbed by an abort after an operation has settled": [
    mutant("takes back what it wrote when the signal is aborted later", (honest, store) => ({
      put: async (key, value, options) => {
        options?.signal?.addEventListener("abort", () => store.delete(key));
        return honest.put(key, value, options);
      },
    })),
  ],
};
