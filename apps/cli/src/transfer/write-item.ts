import { type Backend, isLlmCacheError, type OperationOptions, type PutOptions, readFrame } from "@llmcache/core";
import { type Item, judgeItem, type Judgement } from "./item.ts";
import type { Tally } from "./tally.ts";

/** Where items go, and how. */
export interface Writing {
  readonly target: Backend;
  readonly options: OperationOptions;
  /** Whether what is there is replaced also by what is older. */
  readonly overwrite: boolean;
  readonly tally: Tally;
}

/** Others write at the same time; they are not faster each time. */
const mostAttempts = 8;

/** Writes an item, if it is worth it and nothing better is there. Its bytes stay as they are, encrypted or compressed. @throws what the store throws */
export async function writeItem(item: Item, writing: Writing): Promise<void> {
  const { tally, options, target } = writing;
  const now = Date.now();
  const judgement = await judgeItem(item, now);
  if (judgement.verdict === "passed-over") return;
  if (judgement.verdict === "expired") return tally.count("expired");
  if (judgement.verdict === "refused") return tally.fail(item.key, judgement.reason);
  const expiresAt = judgement.verdict === "entry" ? judgement.times.staleUntil : (item.expiresAt ?? Infinity);
  const putOptions = { ...options, ...(expiresAt !== Infinity && { expiresAt }) };
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const held = await target.get(item.key, options);
    if (held !== undefined && Buffer.compare(held, item.value) === 0) return tally.count("equal");
    const kept = held === undefined || writing.overwrite ? undefined : whyKept(held, judgement, now);
    if (kept !== undefined) return tally.count(kept);
    if (await swapOrPut(target, item, held, putOptions)) {
      tally.count("done", item.value.length);
      if (judgement.verdict === "record") tally.records++;
      return;
    }
  }
  throw new Error("others wrote to it each time");
}

/** Why what the target has stays there. */
function whyKept(held: Uint8Array, judgement: Judgement, now: number): "newer" | "differing" | undefined {
  // Another generation of a tag must never come back: it may have been replaced because the answers under it are wrong.
  if (judgement.verdict !== "entry") return "differing";
  const times = readFrame(held);
  if (times === undefined || times.version === 0) return undefined;
  if (times.version > judgement.times.version) return "newer";
  return times.createdAt >= judgement.times.createdAt && now < times.staleUntil ? "newer" : undefined;
}

/** Writes over exactly what was looked at, where the store can. */
async function swapOrPut(
  target: Backend,
  { key, value }: Item,
  held: Uint8Array | undefined,
  putOptions: PutOptions,
): Promise<boolean> {
  try {
    if (target.swap !== undefined) return await target.swap(key, held, value, putOptions);
  } catch (error) {
    if (!isLlmCacheError(error) || error.code !== "UNSUPPORTED") throw error;
  }
  await target.put(key, value, putOptions);
  return true;
}
