import type { NearestEntry, OperationOptions, PutOptions, SemanticBackend } from "@llmcache/core";
import { honestBackend, type Store, turn, unreachableBackend } from "./honest-backend.ts";

export type HonestSemanticBackend = Required<SemanticBackend>;

/** What several handles share: entries, and for those that can be found by meaning, where. */
export interface SemanticStore {
  readonly entries: Store;
  readonly places: Map<string, { readonly scope: string; readonly vector: Float32Array }>;
  readonly dimensions: number;
}

export const newStore = (): SemanticStore => ({ entries: new Map(), places: new Map(), dimensions: 12 });

/** One handle on a store that keeps its word: what the lying backends of `mutants/semantic/` are made from. */
export function honestSemanticBackend(
  store: SemanticStore,
  dimensions: number = store.dimensions,
): HonestSemanticBackend {
  const honest = honestBackend(store.entries);

  const check = (vector: Float32Array) => {
    if (dimensions !== store.dimensions) throw new Error("the index has other dimensions");
    if (vector.length !== dimensions) throw new TypeError("wrong dimensions");
    const length = Math.hypot(...vector);
    if (!(length > 0 && length < Infinity)) throw new TypeError("no direction");
  };
  const place = (key: string, options: PutOptions | undefined) => {
    const embedding = options?.embedding;
    if (embedding === undefined) store.places.delete(key);
    else store.places.set(key, { scope: embedding.scope, vector: embedding.vector.slice() });
  };
  const checkPut = (options: PutOptions | undefined) => {
    if (options?.embedding !== undefined) check(options.embedding.vector);
  };

  return {
    ...honest,
    dimensions,
    async put(key, value, options) {
      checkPut(options);
      await honest.put(key, value, options);
      place(key, options);
    },
    async putMany(entries, options) {
      for (const entry of entries) checkPut(entry.options);
      await honest.putMany(entries, options);
      for (const entry of entries) place(entry.key, entry.options);
    },
    async swap(key, expected, value, options) {
      checkPut(options);
      const wrote = await honest.swap(key, expected, value, options);
      if (wrote) place(key, options);
      return wrote;
    },
    async nearest(scope, vector, options) {
      await turn(options);
      check(vector);
      const found: NearestEntry[] = [];
      for (const [key, at] of store.places) {
        const slot = store.entries.get(key);
        if (slot === undefined || at.scope !== scope || Date.now() >= slot.expiresAt) continue;
        found.push({ key, score: cosine(vector, at.vector), value: slot.value.slice() });
      }
      return found
        .filter(({ score }) => score >= (options.minScore ?? -1))
        .toSorted((left, right) => right.score - left.score)
        .slice(0, options.limit);
    },
  };
}

/** A backend whose store cannot be reached. */
export function unreachableSemanticBackend(): SemanticBackend {
  const nearest = async (_scope: string, _vector: Float32Array, _options: OperationOptions) => {
    throw new Error("connection refused");
  };
  return { ...unreachableBackend(), dimensions: 12, nearest };
}

function cosine(left: Float32Array, right: Float32Array): number {
  const product = left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
  return Math.max(-1, Math.min(1, product / (Math.hypot(...left) * Math.hypot(...right))));
}
