import type { Backend, OperationOptions, PutEntry } from "./backend.ts";
import { describeType } from "./describe-type.ts";
import { LlmCacheError } from "./errors.ts";

/** How many single operations stand in for a batch at a time, where the store has none of its own. */
const concurrency = 16;

/** How many keys of a listing are deleted at a time. */
const deletionBatch = 500;

/** `getMany`, natively or by single reads: one result for each key, an `Error` where only that key failed. */
export async function getMany(
  backend: Backend,
  keys: readonly string[],
  options?: OperationOptions,
): Promise<(Uint8Array | undefined | Error)[]> {
  if (backend.getMany !== undefined && keys.length > 1) {
    const found = await backend.getMany(keys, options);
    return keys.map((_, index) => bytesOrError(found[index]));
  }
  const results = await eachOf(keys, (key) => foundOrError(backend, key, options));
  options?.signal?.throwIfAborted();
  return results;
}

/** What a store holds under a key, or why that is not known. It may also throw at once. */
export async function foundOrError(
  backend: Backend,
  key: string,
  options: OperationOptions | undefined,
): Promise<Uint8Array | undefined | Error> {
  try {
    return bytesOrError(await backend.get(key, options));
  } catch (error) {
    return toError(error);
  }
}

/** What a store gave for a key; what it should not have given is a failure of that key, and of no other. */
function bytesOrError(found: unknown): Uint8Array | undefined | Error {
  if (found === undefined || found instanceof Error || found instanceof Uint8Array) return found;
  return new LlmCacheError("CORRUPT_ENTRY", `the store gave ${describeType(found)} where bytes were due`);
}

/** `putMany`, natively or by single writes. All are tried; then it rejects with the first failure. */
export async function putMany(
  backend: Backend,
  entries: readonly PutEntry[],
  options?: OperationOptions,
): Promise<void> {
  throwFirst(await putEach(backend, entries, options), options);
}

/** Writes entries, natively in one batch or one by one: an `Error` for each that may not have been written. */
export async function putEach(
  backend: Backend,
  entries: readonly PutEntry[],
  options?: OperationOptions,
): Promise<(Error | undefined)[]> {
  if (backend.putMany !== undefined && entries.length > 1) {
    const failure = await failureOf(() => backend.putMany?.(entries, options));
    return entries.map(() => failure);
  }
  const put = (entry: PutEntry) =>
    failureOf(() => backend.put(entry.key, entry.value, { ...options, ...entry.options }));
  // One after another where a key stands twice: the later entry wins.
  const atOnce = new Set(entries.map(({ key }) => key)).size === entries.length ? concurrency : 1;
  return eachOf(entries, put, atOnce);
}

/** `deleteMany`, natively or by single removals. All are tried; then it rejects with the first failure. */
export async function deleteMany(backend: Backend, keys: readonly string[], options?: OperationOptions): Promise<void> {
  if (backend.deleteMany !== undefined && keys.length > 1) return backend.deleteMany(keys, options);
  throwFirst(await eachOf(keys, (key) => failureOf(() => backend.delete(key, options))), options);
}

/**
 * Deletes every key that starts with `prefix`.
 *
 * @throws {LlmCacheError} `UNSUPPORTED` for a store that cannot list.
 */
export async function deletePrefix(backend: Backend, prefix: string, options?: OperationOptions): Promise<void> {
  if (backend.list === undefined) {
    throw new LlmCacheError("UNSUPPORTED", `${backend.name} cannot list its keys, so it cannot clear some of them`, {
      backend: backend.name,
      operation: "list",
    });
  }
  let batch: string[] = [];
  for await (const key of backend.list(prefix, options)) {
    // A store that lists more than it was asked for must not lose another's entries for it.
    if (key.startsWith(prefix)) batch.push(key);
    if (batch.length < deletionBatch) continue;
    await deleteMany(backend, batch, options);
    batch = [];
  }
  if (batch.length > 0) await deleteMany(backend, batch, options);
}

/** The keys of several stores that start with `prefix`, each once. All of them can list. */
export async function* unionOfKeys(
  stores: readonly Backend[],
  prefix: string,
  options?: OperationOptions,
): AsyncGenerator<string> {
  const seen = new Set<string>();
  for (const store of stores) {
    for await (const key of store.list?.(prefix, options) ?? []) {
      if (seen.has(key)) continue;
      seen.add(key);
      yield key;
    }
  }
}

/** Calls `work` for each item, some at a time, and keeps the results in order. `work` must not reject. */
async function eachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce: number = concurrency,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** A store may also throw at once. */
async function failureOf(work: () => Promise<void> | undefined): Promise<Error | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return toError(error);
  }
}

function throwFirst(results: readonly (Error | undefined)[], options: OperationOptions | undefined): void {
  options?.signal?.throwIfAborted();
  const failure = results.find((result) => result instanceof Error);
  if (failure !== undefined) throw failure;
}

/** What was thrown, as an `Error`: a rejection may hold anything. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new Error("a backend rejected with something that is no Error", { cause: thrown });
}
