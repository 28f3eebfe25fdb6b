import type { PutOptions } from "@llmcache/core";
import { mutant, type Mutants } from "./mutant.ts";

const day = 86_400_000;

const checked = (lie: string, check: (expiresAt: number) => void) =>
  mutant(lie, (honest) => ({
    put: async (key, value, options) => {
      if (options?.expiresAt !== undefined) check(options.expiresAt);
      return honest.put(key, value, options);
    },
  }));

const refuse = (condition: boolean) => {
  if (condition) throw new Error("ERR invalid expire time");
};

const withExpiry = (options: PutOptions | undefined, expiresAt: number | undefined): PutOptions => ({
  ...options,
  expiresAt,
});

export const expiryMutants: Mutants = {
  "takes an expiry in the past, and then has the bytes or nothing": [
    checked("refuses an expiry in the past", (expiresAt) => refuse(expiresAt < Date.now())),
    checked("refuses an expiry of 0", (expiresAt) => refuse(expiresAt === 0)),
    checked("refuses a time before 1970", (expiresAt) => refuse(expiresAt < 0)),
    mutant("rejects where it finds an expired entry", (honest, store) => ({
      get: async (key, options) => {
        refuse((store.get(key)?.expiresAt ?? Infinity) < Date.now());
        return honest.get(key, options);
      },
    })),
    mutant("resolves to null where it finds an expired entry", (honest, store) => ({
      get: async (key, options) =>
        (store.get(key)?.expiresAt ?? Infinity) < Date.now() ? (null as never) : honest.get(key, options),
    })),
  ],
  "keeps an entry whose expiry is far away, however far": [
    mutant("sets timers, which overflow after 25 days", (honest, store) => ({
      put: async (key, value, options) => {
        await honest.put(key, value, options);
        const ms = (options?.expiresAt ?? Infinity) - Date.now();
        if (ms > 2 ** 31 - 1 && ms < Infinity) store.delete(key);
      },
    })),
    checked("writes the expiry as a date", (expiresAt) => {
      if (expiresAt !== Infinity) new Date(expiresAt).toISOString();
    }),
    checked("takes whole milliseconds only", (expiresAt) =>
      refuse(expiresAt !== Infinity && !Number.isInteger(expiresAt)),
    ),
    checked("refuses Infinity", (expiresAt) => refuse(expiresAt === Infinity)),
  ],
  "keeps an entry until its expiry, to the millisecond": [
    mutant("counts the time to live in whole seconds", (honest) => ({
      put: (key, value, options) => {
        const seconds = Math.floor(((options?.expiresAt ?? Infinity) - Date.now()) / 1000);
        return honest.put(key, value, withExpiry(options, Date.now() + seconds * 1000));
      },
    })),
    mutant("writes the expiry in whole seconds", (honest) => ({
      put: (key, value, options) =>
        honest.put(key, value, withExpiry(options, Math.floor((options?.expiresAt ?? Infinity) / 1000) * 1000)),
    })),
    mutant("drops an entry 100 ms early", (honest) => ({
      put: (key, value, options) => honest.put(key, value, withExpiry(options, (options?.expiresAt ?? Infinity) - 100)),
    })),
  ],
  "drops an expired entry within expiryGranularityMs": [
    mutant("never drops an entry", (honest) => ({
      put: (key, value, options) => honest.put(key, value, withExpiry(options, undefined)),
    })),
    mutant("lists entries that get no longer finds", (honest, store) => {
      const listed = new Set<string>();
      return {
        put: (key, value, options) => honest.put(key, value, options).then(() => void listed.add(key)),
        async *list(prefix) {
          for (const key of new Set([...listed, ...store.keys()])) if (key.startsWith(prefix)) yield key;
        },
      };
    }),
  ],
  "takes the expiry of the last write, also when that has none": [
    mutant("keeps the expiry of an entry that is overwritten without one", (honest, store) => ({
      put: (key, value, options) =>
        honest.put(key, value, withExpiry(options, options?.expiresAt ?? store.get(key)?.expiresAt)),
    })),
    mutant("keeps the earlier of two expiries", (honest, store) => ({
      put: (key, value, options) => {
        const held = store.get(key)?.expiresAt ?? Infinity;
        return honest.put(key, value, withExpiry(options, options?.expiresAt && Math.min(options.expiresAt, held)));
      },
    })),
  ],
  "takes the expiry that swap gives, also when it gives none": [
    mutant("keeps the expiry of what it swaps out", (honest, store) => ({
      swap: (key, expected, value, options) =>
        honest.swap(key, expected, value, withExpiry(options, store.get(key)?.expiresAt)),
    })),
  ],
  "drops what swap wrote with an expiry within expiryGranularityMs": [
    mutant("never drops what swap wrote", (honest) => ({
      swap: (key, expected, value, options) => honest.swap(key, expected, value, withExpiry(options, undefined)),
    })),
  ],
  "gives each entry of putMany its own expiry": [
    mutant("gives all entries of a batch the expiry of the first", (honest) => ({
      putMany: (entries, options) =>
        honest.putMany(
          entries.map(({ key, value }) => ({
            key,
            value,
            options: withExpiry(options, entries[0]?.options?.expiresAt),
          })),
          options,
        ),
    })),
    mutant("gives an entry the expiry of the one before it, when it has none", (honest) => ({
      putMany: (entries, options) => {
        let last: number | undefined;
        return honest.putMany(
          entries.map((entry) => ({
            ...entry,
            options: withExpiry(entry.options, (last = entry.options?.expiresAt ?? last)),
          })),
          options,
        );
      },
    })),
    mutant("keeps the expiry of an entry that a batch overwrites", (honest, store) => ({
      putMany: (entries, options) =>
        honest.putMany(
          entries.map((entry) => ({
            ...entry,
            options: withExpiry(entry.options, entry.options?.expiresAt ?? store.get(entry.key)?.expiresAt),
          })),
          options,
        ),
    })),
    mutant("refuses a batch in which an entry has expired", (honest) => ({
      putMany: async (entries, options) => {
        refuse(entries.some((entry) => (entry.options?.expiresAt ?? Infinity) < Date.now() - day / 2));
        return honest.putMany(entries, options);
      },
    })),
  ],
};
