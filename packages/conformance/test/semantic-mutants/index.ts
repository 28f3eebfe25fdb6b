import type { PutOptions, SemanticBackend } from "@llmcache/core";
import type { HonestSemanticBackend, SemanticStore } from "../honest-semantic-backend.ts";
import { mutant, type Mutants, mutantWhenUnreachable, searchMutant } from "./mutant.ts";

const everything = { limit: 100_000 };

const fits = (vector: Float32Array, dimensions: number) =>
  Float32Array.from({ length: dimensions }, (_, index) => vector[index] ?? 0.001);

const directed = (vector: Float32Array) => vector.map((value) => (Number.isFinite(value) ? value + 1e-6 : 1));

const withVector = (options: PutOptions | undefined, change: (vector: Float32Array) => Float32Array): PutOptions =>
  options?.embedding === undefined
    ? { ...options }
    : { ...options, embedding: { ...options.embedding, vector: change(options.embedding.vector) } };

const put =
  (change: (options: PutOptions | undefined, store: SemanticStore) => PutOptions) =>
  (honest: HonestSemanticBackend, store: SemanticStore): Partial<SemanticBackend> => ({
    put: (key, value, options) => honest.put(key, value, change(options, store)),
  });

/** Keeps what was removed by `remove` findable, in a copy that only searches see. */
const haunted =
  (remove: (honest: HonestSemanticBackend) => Partial<SemanticBackend>) =>
  (honest: HonestSemanticBackend, store: SemanticStore): Partial<SemanticBackend> => {
    const ghosts = new Map<string, Uint8Array>();
    return {
      put: async (key, value, options) => {
        ghosts.set(key, value.slice());
        await honest.put(key, value, options);
      },
      ...remove(honest),
      nearest: async (scope, vector, options) => {
        const gone = [...store.places].filter(([key, at]) => at.scope === scope && !store.entries.has(key));
        const found = await honest.nearest(scope, vector, options);
        return [...found, ...gone.map(([key]) => ({ key, score: 0, value: ghosts.get(key) ?? new Uint8Array() }))];
      },
    };
  };

/** For every check of the suite, the lying backends that it must catch. */
export const semanticMutants: Mutants = {
  "has nearest, and dimensions that are a whole number above 0": [
    mutant("has no dimensions", () => ({ dimensions: undefined as never })),
    mutant("gives its dimensions as a string", () => ({ dimensions: "12" as never })),
    mutant("has no nearest", () => ({ nearest: undefined as never })),
  ],
  "refuses to store a vector of another length, or without a direction, and then has nothing": [
    mutant(
      "cuts and pads what it stores",
      put((options, { dimensions }) => withVector(options, (one) => fits(one, dimensions))),
    ),
    mutant(
      "stores vectors without a direction",
      put((options) => withVector(options, directed)),
    ),
    mutant("stores the entry and fails to index it", (honest) => ({
      put: async (key, value, options) => {
        await honest.put(key, value);
        await honest.put(key, value, options);
      },
    })),
    mutant("stores the entry without its vector, as Redis does", (honest) => ({
      put: (key, value, options) => honest.put(key, value, options).catch(() => honest.put(key, value)),
    })),
  ],
  "refuses to look for a vector of another length, or without a direction": [
    mutant("finds nothing where the length is wrong", (honest) => ({
      nearest: async (scope, vector, options) =>
        vector.length === honest.dimensions ? honest.nearest(scope, vector, options) : [],
    })),
    mutant("looks for zeros", (honest) => ({
      nearest: (scope, vector, options) =>
        honest.nearest(scope, vector.length === honest.dimensions ? directed(vector) : vector, options),
    })),
    mutant("checks a vector only where there is one to compare it with", (honest, store) => ({
      nearest: async (scope, vector, options) =>
        [...store.places.values()].some((place) => place.scope === scope) ? honest.nearest(scope, vector, options) : [],
    })),
  ],
  "fails at start on an index for vectors of another length, and leaves it as it is": [
    mutant("finds nothing in an index of other dimensions", (honest, store) => ({
      nearest: async (scope, vector, options) =>
        honest.dimensions === store.dimensions ? honest.nearest(scope, vector, options) : [],
    })),
    mutant("drops an index of other dimensions, and then fails", (honest, store) => ({
      nearest: (scope, vector, options) => {
        if (honest.dimensions !== store.dimensions) store.places.clear();
        return honest.nearest(scope, vector, options);
      },
    })),
  ],
  "finds an entry by its vector, and gets it by its key: the same bytes": [
    mutant("finds nothing", () => ({ nearest: async () => [] })),
    mutant("gets only what has no vector", (honest, store) => ({
      get: async (key, options) => (store.places.has(key) ? undefined : honest.get(key, options)),
    })),
    searchMutant("finds keys of its own", (found) => found.map((one) => ({ ...one, key: `doc:${one.key}` }))),
    searchMutant("finds text in place of bytes", (found) =>
      found.map((one) => ({ ...one, value: new TextEncoder().encode(new TextDecoder().decode(one.value)) })),
    ),
  ],
  "finds no entry that was written without a vector": [
    searchMutant("fills up with entries that have no vector", (found, store) => [
      ...found,
      ...[...store.entries]
        .filter(([key]) => !store.places.has(key))
        .map(([key, { value }]) => ({ key, value, score: 0 })),
    ]),
  ],
  "keeps one entry for a key that is written twice, where it was written last": [
    mutant("keeps the first value of a key", (honest, store) => ({
      put: async (key, value, options) => (store.entries.has(key) ? undefined : honest.put(key, value, options)),
    })),
    mutant("keeps the first vector of a key", (honest, store) => ({
      put: async (key, value, options) => {
        const place = store.places.get(key);
        await honest.put(key, value, options);
        if (place !== undefined) store.places.set(key, place);
      },
    })),
    mutant("gives each write a point of its own", (honest) => {
      const writes = new Map<string, number>();
      return {
        put: async (key, value, options) => {
          const count = (writes.get(key) ?? 0) + 1;
          writes.set(key, count);
          await honest.put(key, value, options);
          if (count > 1) await honest.put(`${key}/${count}`, value, options);
        },
      };
    }),
  ],
  "finds an entry in the scope that it was last written to alone": [
    mutant("keeps the first scope of a key", (honest, store) => ({
      put: async (key, value, options) => {
        const scope = store.places.get(key)?.scope;
        await honest.put(key, value, options);
        const place = store.places.get(key);
        if (scope !== undefined && place !== undefined) store.places.set(key, { ...place, scope });
      },
    })),
  ],
  "finds no entry that was written again without a vector": [
    mutant("keeps the vector of a key that is written without one", (honest, store) => ({
      put: async (key, value, options) => {
        const place = store.places.get(key);
        await honest.put(key, value, options);
        if (place !== undefined && !store.places.has(key)) store.places.set(key, place);
      },
    })),
  ],
  "finds what putMany wrote": [
    mutant("writes batches without their vectors", (honest) => ({
      putMany: (entries, options) =>
        honest.putMany(
          entries.map(({ key, value }) => ({ key, value })),
          options,
        ),
    })),
    mutant("gives a whole batch its first vector", (honest) => ({
      putMany: (entries, options) =>
        honest.putMany(
          entries.map(({ key, value }) => ({ key, value, options: entries[0]?.options ?? {} })),
          options,
        ),
    })),
  ],
  "finds what swap wrote": [
    mutant("swaps without the vector", (honest) => ({ swap: (key, old, value) => honest.swap(key, old, value) })),
  ],
  "only borrows the vectors it is given, and hands out bytes that the caller may change": [
    mutant("keeps the caller's vector", (honest, store) => ({
      put: async (key, value, options) => {
        await honest.put(key, value, options);
        if (options?.embedding !== undefined) store.places.set(key, options.embedding);
      },
    })),
    mutant("normalises the caller's vector where it stands", (honest) => ({
      put: async (key, value, options) => {
        await honest.put(key, value, options);
        const vector = options?.embedding?.vector;
        if (vector !== undefined) vector.set(vector.map((one) => one / Math.hypot(...vector)));
      },
    })),
    mutant("normalises the vector that is asked for where it stands", (honest) => ({
      nearest: async (scope, vector, options) => {
        const found = await honest.nearest(scope, vector, options);
        vector.set(vector.map((one) => one / Math.hypot(...vector)));
        return found;
      },
    })),
    searchMutant("hands out its own bytes", (found, store) =>
      found.map((one) => ({ ...one, value: store.entries.get(one.key)?.value ?? one.value })),
    ),
  ],
  "finds nothing in a scope that was never written": [
    mutant("looks everywhere where a scope is empty", (honest, store) => ({
      nearest: async (scope, vector, options) => {
        const found = await honest.nearest(scope, vector, options);
        const other = [...store.places.values()][0]?.scope;
        return found.length > 0 || other === undefined ? found : honest.nearest(other, vector, options);
      },
    })),
  ],
  "finds an entry in its own scope alone, also among scopes that differ in one character": [
    mutant("takes scopes for the same that begin alike", (honest) =>
      shortScopes(honest, (scope) => scope.slice(0, 60)),
    ),
    mutant("takes scopes for the same that end alike", (honest) => shortScopes(honest, (scope) => scope.slice(-60))),
  ],
  "fills the limit from the scope, however many nearer entries other scopes have": [
    mutant("looks for the nearest of all scopes, and then leaves out the others", (honest, store) => ({
      nearest: async (scope, vector, options) => {
        const scopes = new Set([...store.places.values()].map((place) => place.scope));
        const each = await Promise.all([...scopes].map((one) => honest.nearest(one, vector, options)));
        const nearest = each
          .flat()
          .toSorted((left, right) => right.score - left.score)
          .slice(0, options.limit);
        return nearest.filter(({ key }) => store.places.get(key)?.scope === scope);
      },
    })),
  ],
  "scores by cosine similarity, from 1 to -1, and gives the best first": [
    searchMutant("scores by distance", (found) => found.map((one) => ({ ...one, score: 1 - one.score }))),
    searchMutant("scores from 0 to 1", (found) => found.map((one) => ({ ...one, score: (1 + one.score) / 2 }))),
    searchMutant("gives the best last", (found) => found.toReversed()),
    searchMutant("scores beyond 1", (found) => found.map((one) => ({ ...one, score: one.score * 1.0005 }))),
  ],
  "scores the same whatever the lengths of the vectors": [
    mutant("scores by the dot product", (honest, store) => ({
      nearest: async (scope, vector, options) =>
        (await honest.nearest(scope, vector, options)).map((one) => ({
          ...one,
          score: one.score * Math.hypot(...vector) * Math.hypot(...(store.places.get(one.key)?.vector ?? [])),
        })),
    })),
    mutant("takes the vector that is asked for to have length 1", (honest) => ({
      nearest: async (scope, vector, options) =>
        (await honest.nearest(scope, vector, options)).map((one) => ({
          ...one,
          score: one.score * Math.hypot(...vector),
        })),
    })),
  ],
  "gives as many as the limit allows, or all there are": [
    searchMutant(
      "gives ten at most",
      (found) => found,
      (options) => ({ ...options, limit: Math.min(options.limit, 5) }),
    ),
    searchMutant(
      "gives more than was asked for",
      (found) => found,
      (options) => ({ ...options, limit: options.limit + 1 }),
    ),
    searchMutant("fills up with the last one", (found, _store, limit) =>
      found.length === 0 ? found : Array.from({ length: limit }, (_, index) => found[index] ?? (found.at(-1) as never)),
    ),
  ],
  "gives only what has at least minScore": [
    searchMutant(
      "ignores minScore",
      (found) => found,
      ({ limit, signal }) => ({ limit, signal }),
    ),
    searchMutant(
      "takes a minScore below 0 for 0",
      (found) => found,
      (options) => ({
        ...options,
        minScore: options.minScore === undefined ? -1 : Math.max(0, options.minScore),
      }),
    ),
    searchMutant(
      "takes minScore for a distance",
      (found) => found,
      (options) => ({
        ...options,
        minScore: 1 - (options.minScore ?? 2),
      }),
    ),
  ],
  "finds what comparing every vector finds": [
    searchMutant(
      "misses one in ten",
      (found, _store, limit) => found.filter(({ key }) => !key.endsWith("7")).slice(0, limit),
      (options) => ({ ...options, ...everything }),
    ),
    mutant("scores with four bits a dimension, and does not look again", (honest) => ({
      nearest: (scope, vector, options) => {
        const largest = Math.max(...vector.map(Math.abs));
        return honest.nearest(
          scope,
          vector.map((one) => Math.round((one / largest) * 7)),
          options,
        );
      },
    })),
  ],
  "finds the only entry that is near among thousands that are not": [
    searchMutant("looks at the first thousand", (found, store) => {
      const first = new Set([...store.places.keys()].slice(0, 1_000));
      return found.filter(({ key }) => first.has(key));
    }),
  ],
  "finds no deleted entry, and still finds its neighbours": [
    mutant(
      "deletes the entry and leaves its vector",
      haunted((honest) => ({ delete: (key, options) => honest.delete(key, options) })),
    ),
    mutant("deletes the last vector with any other", (honest, store) => ({
      delete: async (key, options) => {
        const last = [...store.places.keys()].at(-1);
        await honest.delete(key, options);
        if (last !== undefined) store.places.delete(last);
      },
    })),
    mutant("deletes the vector and leaves the entry", (_honest, store) => ({
      delete: async (key) => void store.places.delete(key),
    })),
  ],
  "finds no entry that deleteMany removed, and still finds its neighbours": [
    mutant(
      "deletes batches of entries and leaves their vectors",
      haunted((honest) => ({ deleteMany: (keys, options) => honest.deleteMany(keys, options) })),
    ),
    mutant("deletes only the first of a batch that has unknown keys", (honest) => ({
      deleteMany: async (keys, options) => {
        if (keys.length === 1) await honest.deleteMany(keys, options);
      },
    })),
  ],
  "finds no entry that was cleared, key by key of a listing": [
    mutant("lists no entry that has a vector", (honest, store) => ({
      async *list(prefix, options) {
        for await (const key of honest.list(prefix, options)) if (!store.places.has(key)) yield key;
      },
    })),
  ],
  "finds an entry again that was deleted and then written again": [
    mutant("remembers what was deleted", (honest) => {
      const deleted = new Set<string>();
      return {
        delete: (key, options) => (deleted.add(key), honest.delete(key, options)),
        nearest: async (scope, vector, options) =>
          (await honest.nearest(scope, vector, options)).filter(({ key }) => !deleted.has(key)),
      };
    }),
  ],
  "finds no entry that had expired when it was written": [
    mutant(
      "takes an expiry in the past for none",
      put((options) => pastIsNone(options, () => true)),
    ),
    mutant(
      "takes an expiry of 0 for none",
      put((options) => pastIsNone(options, (expiresAt) => expiresAt === 0)),
    ),
    mutant(
      "takes a time before 1970 for none",
      put((options) => pastIsNone(options, (expiresAt) => expiresAt < 0)),
    ),
  ],
  "finds an entry until its expiry and not after it, before the store itself may have dropped it": [
    mutant(
      "keeps what has expired for another minute",
      put((options) => shifted(options, 60_000)),
    ),
    mutant(
      "counts in whole seconds, rounded down twice",
      put((options) => shifted(options, -1_000)),
    ),
  ],
  "fills the limit with live entries, however many nearer ones have expired": [
    mutant("leaves out what has expired after it has found the nearest", (honest, store) => {
      const expiries = new Map<string, number>();
      return {
        put: async (key, value, options) => {
          expiries.set(key, options?.expiresAt ?? Infinity);
          await honest.put(key, value, { ...options, expiresAt: undefined });
        },
        nearest: async (scope, vector, options) =>
          (await honest.nearest(scope, vector, options)).filter(
            ({ key }) => store.places.has(key) && (expiries.get(key) ?? 0) > Date.now(),
          ),
      };
    }),
  ],
  "finds an entry by the expiry of its last write, also when that has none": [
    mutant("keeps the first expiry of a key", (honest) => {
      const expiries = new Map<string, number | undefined>();
      return {
        put: (key, value, options) => {
          if (!expiries.has(key)) expiries.set(key, options?.expiresAt);
          return honest.put(key, value, { ...options, expiresAt: expiries.get(key) });
        },
      };
    }),
    mutant("keeps an expiry where the last write has none", (honest) => {
      const expiries = new Map<string, number | undefined>();
      return {
        put: (key, value, options) => {
          const expiresAt = options?.expiresAt ?? expiries.get(key);
          expiries.set(key, expiresAt);
          return honest.put(key, value, { ...options, expiresAt });
        },
      };
    }),
  ],
  "rejects nearest when the signal is already aborted, with the signal's reason untouched": [
    mutant("does not hear of an abort in nearest", (honest) => ({
      nearest: (scope, vector, options) => honest.nearest(scope, vector, { ...options, signal: undefined }),
    })),
    mutant("answers an abort with nothing found", (honest) => ({
      nearest: async (scope, vector, options) =>
        options.signal?.aborted === true ? [] : honest.nearest(scope, vector, options),
    })),
    mutant("wraps the reason of an abort", (honest) => ({
      nearest: (scope, vector, options) =>
        options.signal?.aborted === true
          ? Promise.reject(new Error("nearest failed", { cause: options.signal.reason }))
          : honest.nearest(scope, vector, options),
    })),
  ],
  "settles promptly when nearest is aborted midway, with what it found or the reason": [
    mutant("answers an abort midway with nothing found", (honest) => ({
      nearest: async (scope, vector, options) => {
        const found = await honest.nearest(scope, vector, { ...options, signal: undefined });
        await new Promise((resolve) => setTimeout(resolve, 30));
        return options.signal?.aborted === true ? [] : found;
      },
    })),
    mutant("never settles once it is aborted", (honest) => ({
      nearest: async (scope, vector, options) => {
        const found = await honest.nearest(scope, vector, options);
        await new Promise((resolve) => setTimeout(resolve, 30));
        return options.signal?.aborted === true ? new Promise<never>(() => undefined) : found;
      },
    })),
  ],
  "rejects nearest when its store cannot be reached: a failure is not a miss": [
    mutantWhenUnreachable("finds nothing when its store is gone", { nearest: async () => [] }),
    mutantWhenUnreachable("rejects with nothing when its store is gone", {
      nearest: () => Promise.reject(undefined),
    }),
  ],
  "shows another handle's search at once what was written, overwritten and deleted": [
    mutant("searches a copy that only its own writes renew", (honest, store) => {
      const own = new Set<string>();
      return {
        put: (key, value, options) => (own.add(key), honest.put(key, value, options)),
        nearest: async (scope, vector, options) =>
          (await honest.nearest(scope, vector, options)).filter(({ key }) => own.has(key) && store.places.has(key)),
      };
    }),
  ],
  "lets eight handles begin at the same time, and loses nothing that they write": [
    mutant("makes a new index at the first write of each handle", (honest, store) => {
      let started = false;
      return {
        put: async (key, value, options) => {
          await honest.put(key, value, options);
          const place = store.places.get(key);
          if (!started && place !== undefined) {
            store.places.clear();
            store.places.set(key, place);
          }
          started = true;
        },
      };
    }),
  ],
};

function shortScopes(honest: HonestSemanticBackend, short: (scope: string) => string): Partial<SemanticBackend> {
  return {
    put: (key, value, options) =>
      honest.put(key, value, {
        ...options,
        embedding: options?.embedding && { ...options.embedding, scope: short(options.embedding.scope) },
      }),
    nearest: (scope, vector, options) => honest.nearest(short(scope), vector, options),
  };
}

function pastIsNone(options: PutOptions | undefined, isNone: (expiresAt: number) => boolean): PutOptions {
  const expiresAt = options?.expiresAt;
  const isPast = expiresAt !== undefined && expiresAt < Date.now();
  return { ...options, expiresAt: isPast && isNone(expiresAt) ? undefined : expiresAt };
}

function shifted(options: PutOptions | undefined, ms: number): PutOptions {
  const expiresAt = options?.expiresAt;
  return { ...options, expiresAt: expiresAt === undefined ? undefined : expiresAt + ms };
}
