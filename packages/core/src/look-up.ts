import type { Backend, OperationOptions } from "./backend.ts";
import { withDeadline } from "./deadline.ts";
import { isImmediate } from "./decorate.ts";
import { decodeEntry, type Entry } from "./entry.ts";
import { isLlmCacheError, LlmCacheError, type LlmCacheErrorCode } from "./errors.ts";
import type { MissReason } from "./event.ts";
import { encodeHex } from "./hash.ts";
import { foundOrError, getMany } from "./many.ts";

/** The generation of each tag, by the key it is kept under. Missing: the tag has none yet, or it could not be read. */
export type Generations = ReadonlyMap<string, string>;

/** What the store holds for one key. */
export interface LookUp {
  readonly entry?: Entry;
  /** The store, or the tier, that held it. */
  readonly source?: string;
  /** Why there is no entry. */
  readonly reason: MissReason;
  /** As of before the entry was read, for the tags that the caller named. `undefined`: they cannot be had. */
  readonly generations: Generations | undefined;
}

/** The length of a tag's generation. */
export const generationBytes = 16;

export const nothingRead: LookUp = { reason: "not-read", generations: new Map() };

export interface LookUpTarget {
  readonly key: string;
  readonly digest: string;
}

export interface LookUpContext {
  readonly backend: Backend;
  readonly timeoutMs: number;
  readonly report: NonNullable<OperationOptions["report"]>;
  /** Told of what went wrong: a look-up never rejects, except by the caller's abort. */
  readonly onError: (error: LlmCacheError) => void;
}

/**
 * Reads the entries of some keys, and the generations of the tags that the caller named, in one batch; the generations of other tags in a
 * second. Whatever the store does, it resolves within the time-out, to a result for each key.
 */
export async function lookUp(
  targets: readonly LookUpTarget[],
  tagKeys: readonly string[],
  context: LookUpContext,
): Promise<LookUp[]> {
  const { backend, timeoutMs, onError } = context;
  try {
    // A look-up in this process's own memory ends at once, and a deadline would cost more than it does.
    if (isImmediate(backend)) return await lookUpWithin(targets, tagKeys, context, undefined);
    return await withDeadline({ ms: timeoutMs, backend: backend.name, operation: "look-up" }, undefined, (signal) =>
      lookUpWithin(targets, tagKeys, context, signal),
    );
  } catch (error) {
    onError(wrapBackendError(error, { backend: backend.name, operation: "get", key: targets[0]?.key }));
    return targets.map(() => ({ reason: "unavailable", generations: undefined }));
  }
}

async function lookUpWithin(
  targets: readonly LookUpTarget[],
  tagKeys: readonly string[],
  { backend, report, onError }: LookUpContext,
  signal: AbortSignal | undefined,
): Promise<LookUp[]> {
  const servedBy = new Map<string, string>();
  const options: OperationOptions = {
    signal,
    report: (event) => {
      if (event.type === "served") servedBy.set(event.key, servedBy.get(event.key) ?? event.backend);
      else report(event);
    },
  };
  const read = async (keys: readonly string[]): Promise<(Uint8Array | undefined | Error)[]> =>
    keys.length === 1 && keys[0] !== undefined
      ? [await foundOrError(backend, keys[0], options)]
      : getMany(backend, keys, options);
  const readGenerations = async (keys: readonly string[]) => toGenerations(keys, await read(keys));

  const results = await read([...targets.map(({ key }) => key), ...tagKeys]);
  // After the deadline nobody wants to hear of it again.
  signal?.throwIfAborted();
  const generations = toGenerations(tagKeys, results.slice(targets.length));
  const found = targets.map(({ key, digest }, index): LookUp => {
    const result = results[index];
    if (result === undefined) return { reason: "absent", generations };
    const where = { backend: servedBy.get(key) ?? backend.name, operation: "get", key };
    try {
      if (result instanceof Error) throw result;
      return { entry: decodeEntry(result, digest), source: where.backend, reason: "expired", generations };
    } catch (thrown) {
      const error = wrapBackendError(thrown, where);
      onError(error);
      return { reason: reasons.get(error.code) ?? "unavailable", generations };
    }
  });

  const named = new Set(tagKeys);
  const others = new Set(found.flatMap(({ entry }) => Object.keys(entry?.tags ?? {})).filter((key) => !named.has(key)));
  const all = others.size === 0 ? generations : new Map([...generations, ...(await readGenerations([...others]))]);
  return found.map((result) => {
    const { entry } = result;
    const valid =
      entry === undefined || Object.entries(entry.tags ?? {}).every(([key, generation]) => all.get(key) === generation);
    return valid ? result : { reason: "invalidated", generations };
  });
}

function toGenerations(keys: readonly string[], results: readonly (Uint8Array | undefined | Error)[]): Generations {
  const generations = new Map<string, string>();
  for (const [index, key] of keys.entries()) {
    const result = results[index];
    // A store that lost a part of one must not make two of them equal.
    if (result instanceof Uint8Array && result.length === generationBytes) generations.set(key, encodeHex(result));
  }
  return generations;
}

/** Why there is no entry, where it is not that the store failed. */
const reasons: ReadonlyMap<LlmCacheErrorCode, MissReason> = new Map([
  ["CORRUPT_ENTRY", "corrupt"],
  ["UNREADABLE_ENTRY", "unreadable"],
]);

/** A store's failure as an error of ours, once: one that is ours already only gets what it does not say. */
export function wrapBackendError(
  error: unknown,
  where: { readonly backend: string; readonly operation: string; readonly key?: string | undefined },
): LlmCacheError {
  if (!isLlmCacheError(error)) {
    return new LlmCacheError("BACKEND_FAILED", `${where.backend} failed in ${where.operation}`, {
      ...where,
      cause: error,
    });
  }
  if (error.backend !== undefined && error.key !== undefined) return error;
  const { code, message, cause, backend = where.backend, operation = where.operation, key = where.key } = error;
  return new LlmCacheError(code, message, { cause, backend, operation, key });
}
