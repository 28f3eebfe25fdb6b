import { type Backend, LlmCacheError, type OperationOptions } from "@llmcache/core";
import { decodeRecord, encodeRecord, newRecord, type SemanticRecord } from "./groups.ts";

/** Where the record of an entry lies: beside it, so that whoever clears a scope or a namespace clears its records. */
export function recordKeyOf(key: string): string {
  const at = key.lastIndexOf("/") + 1;
  return `${key.slice(0, at)}_semantic/${key.slice(at)}`;
}

/** The records that are there of some entries, in one batch where the store has one. @throws what the store throws */
export async function readRecords(
  state: Backend,
  keys: readonly string[],
  options: OperationOptions,
): Promise<ReadonlyMap<string, SemanticRecord>> {
  const recordKeys = keys.map(recordKeyOf);
  const found =
    state.getMany === undefined || keys.length < 2
      ? await Promise.all(recordKeys.map((key) => state.get(key, options)))
      : await state.getMany(recordKeys, options);
  const records = new Map<string, SemanticRecord>();
  for (const [index, key] of keys.entries()) {
    const bytes = found[index];
    if (bytes instanceof Error) throw bytes;
    const record = bytes && decodeRecord(bytes);
    if (record !== undefined) records.set(key, record);
  }
  return records;
}

/** More than that many processes do not learn about one entry in the same moment. */
const mostAttempts = 8;

/**
 * Changes the record of an entry, whoever else does at the same time. Resolves to what it is now; `undefined` where there is one that this release
 * cannot read, which is left alone.
 *
 * @throws what the store throws, and `BACKEND_FAILED` where others were always faster
 */
export async function changeRecord(
  state: Backend,
  key: string,
  expiresAt: number | undefined,
  change: (record: SemanticRecord) => SemanticRecord,
  options: OperationOptions,
): Promise<SemanticRecord | undefined> {
  const recordKey = recordKeyOf(key);
  const putOptions = { ...options, ...(expiresAt !== Infinity && { expiresAt }) };
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const held = await state.get(recordKey, options);
    const record = held === undefined ? newRecord(key) : decodeRecord(held);
    if (record === undefined) return undefined;
    const changed = change(record);
    if (await state.swap?.(recordKey, held, encodeRecord(changed), putOptions)) return changed;
  }
  const where = { backend: state.name, operation: "swap", key: recordKey };
  throw new LlmCacheError("BACKEND_FAILED", `${state.name} let others change the record first each time`, where);
}
