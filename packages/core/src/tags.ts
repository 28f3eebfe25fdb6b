import type { Backend, OperationOptions } from "./backend.ts";
import { withDeadline } from "./deadline.ts";
import { isLlmCacheError } from "./errors.ts";
import { encodeHex } from "./hash.ts";
import { type KeyPlace, keyPrefix } from "./key.ts";
import { encodeSegment } from "./key-segment.ts";
import { type Generations, generationBytes } from "./look-up.ts";
import { getMany } from "./many.ts";

/**
 * Where the generations are kept that an entry with these tags depends on: each tag has one for the whole namespace, and a tagged entry
 * of a scope has one of that scope besides, so that a tenant can invalidate what is its own and the owner of the namespace everything.
 */
export async function tagKeysFor(tags: readonly string[], place: KeyPlace): Promise<string[]> {
  if (tags.length === 0) return [];
  const prefixes = [await keyPrefix({ namespace: place.namespace })];
  if (place.scope !== undefined) prefixes.push(await keyPrefix(place));
  const segments = await Promise.all([...new Set(tags)].map(encodeSegment));
  return prefixes.flatMap((prefix) => segments.map((segment) => `${prefix}_tag/${segment}`));
}

/** Where an invalidation from this place writes: of the scope, or, from no scope, of the whole namespace. */
export async function invalidationKeysFor(tags: readonly string[], place: KeyPlace): Promise<string[]> {
  const prefix = await keyPrefix(place);
  const segments = await Promise.all([...new Set(tags)].map(encodeSegment));
  return segments.map((segment) => `${prefix}_tag/${segment}`);
}

/** Enough for the processes that invalidate one tag at once. */
const mostSwaps = 8;

/** Gives each key a new generation: every entry that remembers another is from now on a miss. @throws what the store throws */
export async function renewGenerations(
  backend: Backend,
  keys: readonly string[],
  options: OperationOptions,
): Promise<void> {
  const renewed = await Promise.allSettled(keys.map((key) => renew(backend, key, options)));
  const failure = renewed.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}

/**
 * By `swap`, because a client that sends a put again, whose answer was lost, would bring back a generation that another process has replaced
 * meanwhile. By a put only where the store cannot swap, or reads other bytes than it compares.
 */
async function renew(backend: Backend, key: string, options: OperationOptions): Promise<void> {
  try {
    for (let attempt = 0; backend.swap !== undefined && attempt < mostSwaps; attempt++) {
      const held = await backend
        .get(key, options)
        .catch((error: unknown) => dropUnreadable(backend, key, error, options));
      // That another has changed it is not enough: what was read may have been out of date already.
      if (await backend.swap(key, held, randomGeneration(), options)) return;
    }
  } catch (error) {
    if (!isLlmCacheError(error) || error.code !== "UNSUPPORTED") throw error;
  }
  await backend.put(key, randomGeneration(), options);
}

/**
 * The generations of these tags, to be remembered by an answer that is still to be made. A tag that has none gets one, and what is then
 * read back is what counts: another process may have been first.
 *
 * @returns `undefined` when they cannot be had within the time-out: the answer must not be stored.
 */
export async function prepareGenerations(
  backend: Backend,
  tagKeys: readonly string[],
  known: Generations,
  timeoutMs: number,
  options: OperationOptions,
): Promise<Generations | undefined> {
  const missing = tagKeys.filter((key) => !known.has(key));
  if (missing.length === 0) return known;
  const deadline = { ms: timeoutMs, backend: backend.name, operation: "tags", key: missing[0] };
  return withDeadline(deadline, options.signal, async (signal) => {
    const bounded = { ...options, signal };
    let held = await readGenerations(backend, missing, bounded);
    const absent = missing.filter((key) => !held.has(key));
    if (absent.length > 0) {
      await Promise.all(absent.map((key) => create(backend, key, bounded)));
      held = await readGenerations(backend, missing, bounded);
    }
    return missing.every((key) => held.has(key)) ? new Map([...known, ...held]) : undefined;
  });
}

/** Whether an entry that remembers these generations is still valid. @throws what the store throws */
export async function areCurrent(
  backend: Backend,
  tags: Readonly<Record<string, string>>,
  options: OperationOptions,
): Promise<boolean> {
  const keys = Object.keys(tags);
  if (keys.length === 0) return true;
  const held = await readGenerations(backend, keys, options);
  return keys.every((key) => held.get(key) === tags[key]);
}

async function create(backend: Backend, key: string, options: OperationOptions): Promise<void> {
  if (backend.swap === undefined) return backend.put(key, randomGeneration(), options);
  try {
    await backend.swap(key, undefined, randomGeneration(), options);
  } catch (error) {
    await dropUnreadable(backend, key, error, options);
    await backend.swap(key, undefined, randomGeneration(), options);
  }
}

/**
 * Makes room for a generation where there is one that cannot be read here: it was stored before there was encryption, or under a key that is
 * gone. Entries that remember it become misses, and a deletion that a client sends again does no more than that.
 *
 * @throws the error where it says something else
 */
async function dropUnreadable(
  backend: Backend,
  key: string,
  error: unknown,
  options: OperationOptions,
): Promise<undefined> {
  if (!isUnreadable(error)) throw error;
  await backend.delete(key, options);
  options.report?.({ type: "dropped", backend: backend.name, key, error });
}

function isUnreadable(error: unknown): boolean {
  return isLlmCacheError(error) && (error.code === "CORRUPT_ENTRY" || error.code === "UNREADABLE_ENTRY");
}

async function readGenerations(
  backend: Backend,
  keys: readonly string[],
  options: OperationOptions,
): Promise<Generations> {
  const results = await getMany(backend, keys, options);
  const generations = new Map<string, string>();
  for (const [index, key] of keys.entries()) {
    const result = results[index];
    if (result instanceof Error) {
      if (!isUnreadable(result)) throw result;
    } else if (result?.length === generationBytes) generations.set(key, encodeHex(result));
  }
  return generations;
}

function randomGeneration(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(generationBytes));
}
