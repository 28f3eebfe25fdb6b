import type { Backend, PutEntry, PutOptions, SemanticBackend } from "./backend.ts";
import { type Decorated, decorate } from "./decorate.ts";

const allowed = /^[a-z0-9._/-]{1,200}$/;

/**
 * Keeps everything under a prefix of its own, so that several applications can share one store.
 *
 * @param prefix 1 to 200 characters of `a-z 0-9 . _ - /`, usually ending in `/`. With it a key may have at most 512 characters.
 * @throws {TypeError} for a prefix with other characters.
 */
export function prefixed<B extends Backend>(inner: B, prefix: string): Decorated<B> {
  if (typeof prefix !== "string" || !allowed.test(prefix)) {
    throw new TypeError("prefix must be 1 to 200 characters of a-z 0-9 . _ - /");
  }
  const add = (key: string) => prefix + key;
  const remove = (key: string) => key.slice(prefix.length);
  const addToScope = <Options extends PutOptions | undefined>(options: Options): Options =>
    options?.embedding === undefined
      ? options
      : { ...options, embedding: { ...options.embedding, scope: add(options.embedding.scope) } };
  const addToEntry = ({ key, value, options }: PutEntry): PutEntry => ({
    key: add(key),
    value,
    ...(options && { options: addToScope(options) }),
  });
  const source = inner as Backend & Partial<SemanticBackend>;
  return decorate<B>(inner, {
    get: (key, options) => source.get(add(key), options),
    put: (key, value, options) => source.put(add(key), value, addToScope(options)),
    delete: (key, options) => source.delete(add(key), options),
    swap: async (key, expected, value, options) =>
      source.swap?.(add(key), expected, value, addToScope(options)) ?? false,
    getMany: async (keys, options) => source.getMany?.(keys.map(add), options) ?? [],
    putMany: async (entries, options) => source.putMany?.(entries.map(addToEntry), options),
    deleteMany: async (keys, options) => source.deleteMany?.(keys.map(add), options),
    async *list(start, options) {
      for await (const key of source.list?.(add(start), options) ?? []) yield remove(key);
    },
    nearest: async (scope, vector, options) => {
      const found = (await source.nearest?.(add(scope), vector, options)) ?? [];
      return found.map((entry) => ({ ...entry, key: remove(entry.key) }));
    },
  });
}
