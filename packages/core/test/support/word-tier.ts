import {
  type Backend,
  memory,
  type NearestEntry,
  type PutOptions,
  type SemanticBackend,
  type SemanticTier,
} from "../../src/index.ts";

export const wordDimensions = 64;

/** A text as a vector: its words, hashed. Texts of the same words are equal, of many same words similar. */
export function wordVector(text: string): Float32Array {
  const vector = new Float32Array(wordDimensions);
  for (const word of text.toLowerCase().match(/\w+/g) ?? []) {
    let hash = 2166136261;
    for (const character of word) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619) >>> 0;
    vector[hash % wordDimensions] = (vector[hash % wordDimensions] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((component) => component / length);
}

/** The cosine of two such vectors. */
export function similarity(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, component, at) => sum + component * (right[at] ?? 0), 0);
}

/** A store that compares every vector. `name` tells it from others. */
export function vectorStore(name: string, clock: () => number = Date.now): SemanticBackend {
  const { get, put, delete: remove, swap, list } = memory({ name, clock });
  const embeddings = new Map<string, NonNullable<PutOptions["embedding"]>>();
  return {
    name,
    dimensions: wordDimensions,
    get,
    swap,
    list,
    async put(key, value, options) {
      await put(key, value, options);
      if (options?.embedding === undefined) embeddings.delete(key);
      else embeddings.set(key, options.embedding);
    },
    async delete(key, options) {
      embeddings.delete(key);
      await remove(key, options);
    },
    async nearest(scope, vector, { limit, ...options }) {
      const found: NearestEntry[] = [];
      for (const [key, embedding] of embeddings) {
        const value = embedding.scope === scope ? await get(key, options) : undefined;
        if (value === undefined) continue;
        found.push({ key, value, score: similarity(vector, embedding.vector) });
      }
      return found.toSorted((left, right) => right.score - left.score).slice(0, limit);
    },
  };
}

export interface WordTierOptions {
  /** The tier's own store. Omitted: the cache's. */
  readonly backend?: SemanticBackend;
  readonly race?: boolean;
}

/** What similar questions score above. */
const threshold = 0.7;

/** The least that an honest tier does: the nearest entry above a threshold. */
export function wordTier({ backend, race = false }: WordTierOptions = {}): SemanticTier {
  const storeOf = (context: { readonly backend: Backend }) => backend ?? (context.backend as SemanticBackend);
  return {
    name: "words",
    race,
    check(given) {
      if (backend === undefined && !("nearest" in given)) throw new TypeError("semantic needs a backend with nearest");
    },
    async match({ key, scope, prompt, reads }, context) {
      const vector = wordVector(prompt);
      const store = storeOf(context);
      const [best] = reads ? await store.nearest(scope, vector, { ...context, limit: 1 }) : [];
      const isNear = best !== undefined && best.score >= threshold;
      return {
        ...(isNear && { found: { ...best, source: store.name } }),
        why: { decision: !reads ? "not-read" : isNear ? "hit" : "nothing-near", score: best?.score },
        ...(backend === undefined
          ? { embedding: { scope, vector } }
          : {
              learn: async ({ value, expiresAt }, { signal, report }) =>
                backend.put(key, value, { expiresAt, signal, report, embedding: { scope, vector } }),
            }),
      };
    },
    forget: (key, context) => storeOf(context).delete(key, context),
    async clear(prefix, context) {
      const store = storeOf(context);
      for await (const key of store.list?.(prefix, context) ?? []) await store.delete(key, context);
    },
  };
}
