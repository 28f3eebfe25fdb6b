import type { Backend, OperationOptions } from "@llmcache/core";
import { eachAtOnce } from "../each-at-once.ts";

/** How many keys go in one request, where the store takes many. */
const batchSize = 500;

/** Deletes keys, and resolves to how many. @throws what the store throws; some of them may be gone then */
export async function deleteKeys(
  store: Backend,
  keys: AsyncIterable<string> | Iterable<string>,
  options: OperationOptions,
): Promise<number> {
  let deleted = 0;
  let batch: string[] = [];
  const flush = async () => {
    options.signal?.throwIfAborted();
    if (store.deleteMany !== undefined && batch.length > 1) await store.deleteMany(batch, options);
    else await eachAtOnce(batch, (key) => store.delete(key, options));
    deleted += batch.length;
    batch = [];
  };
  for await (const key of keys) {
    batch.push(key);
    if (batch.length === batchSize) await flush();
  }
  await flush();
  return deleted;
}
