import type { Backend, OperationOptions } from "@llmcache/core";

/** What several handles share. */
export type Store = Map<string, { readonly value: Uint8Array; readonly expiresAt: number }>;

/** One handle on a store that keeps its word in everything: what the lying backends of `mutants/` are made from. */
export function honestBackend(store: Store): Required<Backend> {
  const maxValueBytes = 2 * 1024 * 1024;

  const find = (key: string): Uint8Array | undefined => {
    const slot = store.get(key);
    if (slot === undefined || Date.now() < slot.expiresAt) return slot?.value;
    store.delete(key);
    return undefined;
  };
  const write = (key: string, value: Uint8Array, expiresAt: number = Infinity) => {
    if (value.length > maxValueBytes) throw new RangeError("too large");
    store.set(key, { value: value.slice(), expiresAt });
  };

  return {
    name: "honest",
    maxValueBytes,
    expiryGranularityMs: 0,
    async get(key, options) {
      await turn(options);
      return find(key)?.slice();
    },
    async put(key, value, options) {
      await turn(options);
      write(key, value, options?.expiresAt);
    },
    async delete(key, options) {
      await turn(options);
      store.delete(key);
    },
    async swap(key, expected, value, options) {
      await turn(options);
      if (!areEqual(find(key), expected)) return false;
      write(key, value, options?.expiresAt);
      return true;
    },
    async getMany(keys, options) {
      await turn(options);
      return keys.map((key) => find(key)?.slice());
    },
    async putMany(entries, options) {
      await turn(options);
      for (const entry of entries) write(entry.key, entry.value, entry.options?.expiresAt);
    },
    async deleteMany(keys, options) {
      await turn(options);
      for (const key of keys) store.delete(key);
    },
    async *list(prefix, options) {
      for (const key of [...store.keys()]) {
        await turn(options);
        if (key.startsWith(prefix) && find(key) !== undefined) yield key;
      }
      await turn(options);
    },
    async ping(options) {
      await turn(options);
      options?.report?.({ type: "served", backend: "honest", key: "ping" });
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** A backend whose store cannot be reached. */
export function unreachableBackend(): Backend {
  const refuse = async () => {
    throw new Error("connection refused");
  };
  return {
    name: "unreachable",
    get: refuse,
    put: refuse,
    delete: refuse,
    swap: refuse,
    getMany: refuse,
    putMany: refuse,
    deleteMany: refuse,
    async *list() {
      await refuse();
      yield "";
    },
    ping: refuse,
  };
}

export function areEqual(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** Lets others run, as a round trip to a store would. */
export async function turn(options?: OperationOptions): Promise<void> {
  options?.signal?.throwIfAborted();
  await Promise.resolve();
  options?.signal?.throwIfAborted();
}
