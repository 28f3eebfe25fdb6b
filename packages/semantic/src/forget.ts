import { type Backend, LlmCacheError, type SemanticContext } from "@llmcache/core";
import { recordKeyOf } from "./records.ts";
import type { Settings } from "./semantic-settings.ts";

/** Removes an entry from where it is found by meaning, and what was learned of it. Both are tried. */
export async function forgetEntry(settings: Settings, key: string, context: SemanticContext): Promise<void> {
  const { signal, report } = context;
  const removals = [
    settings.storeOf(context).delete(key, { signal, report }),
    settings.stateOf(context)?.delete(recordKeyOf(key), { signal, report }),
  ];
  for (const removed of await Promise.allSettled(removals)) if (removed.status === "rejected") throw removed.reason;
}

/** The same for every key with a prefix, in the stores that are the tier's own: the cache clears its own itself. */
export async function clearEntries(
  { backend, state }: Settings,
  prefix: string,
  context: SemanticContext,
): Promise<void> {
  const clearings = [backend, state].map((store) => store && clearStore(store, prefix, context));
  for (const cleared of await Promise.allSettled(clearings)) if (cleared.status === "rejected") throw cleared.reason;
}

/** How many removals are under way at a time, where the store has no batches. */
const removedAtOnce = 64;

async function clearStore(store: Backend, prefix: string, { signal, report }: SemanticContext): Promise<void> {
  const options = { signal, report };
  if (store.list === undefined) {
    const where = { backend: store.name, operation: "list" };
    throw new LlmCacheError(
      "UNSUPPORTED",
      `${store.name} cannot list its keys, so it cannot clear some of them`,
      where,
    );
  }
  let keys: string[] = [];
  const remove = async () => {
    const batch = keys;
    keys = [];
    if (store.deleteMany !== undefined) await store.deleteMany(batch, options);
    else await Promise.all(batch.map((key) => store.delete(key, options)));
  };
  for await (const key of store.list(prefix, options)) {
    if (key.startsWith(prefix)) keys.push(key);
    if (keys.length === removedAtOnce) await remove();
  }
  if (keys.length > 0) await remove();
}
