import type { Frame } from "@llmcache/core";
import { freshnessOf, inspectEntry } from "../store/inspect-entry.ts";
import { type ParsedKey, parseKey } from "../store/parsed-key.ts";

/** An entry, or one of core's own records, on its way from one place to another. */
export interface Item {
  readonly key: string;
  readonly value: Uint8Array;
  /** Of a record, which does not say it itself: epoch ms after which nobody needs it. `undefined`: never. */
  readonly expiresAt?: number | undefined;
}

/** What becomes of an item before it is written anywhere. */
export type Judgement =
  | { readonly verdict: "entry"; readonly times: Frame }
  | { readonly verdict: "record" }
  | { readonly verdict: "expired" }
  /** It is of use to this process, or to this store, alone. */
  | { readonly verdict: "passed-over" }
  | { readonly verdict: "refused"; readonly reason: string };

/** Records that are worth something elsewhere: without the generations of its tags an entry is a miss. A lease is held where it lies. */
const carried: ReadonlySet<string | undefined> = new Set(["tag", "semantic"]);

/** Whether a key is that of a record which goes along with the entries. */
export function isCarriedRecord(key: ParsedKey | undefined): boolean {
  return key !== undefined && carried.has(key.record);
}

/** Judges an item by itself: what is damaged, foreign or of no use any more is not worth a place. */
export async function judgeItem({ key, value, expiresAt = Infinity }: Item, now: number): Promise<Judgement> {
  const parsed = parseKey(key);
  if (parsed?.record !== undefined) {
    if (!isCarriedRecord(parsed)) return { verdict: "passed-over" };
    return { verdict: now < expiresAt ? "record" : "expired" };
  }
  const found = await inspectEntry(key, value);
  if (found.state !== "sound" && found.state !== "sealed") {
    const { state, reason } = found;
    return { verdict: "refused", reason: state === "newer" ? reason : `it is ${state}: ${reason}` };
  }
  return freshnessOf(found.times, now) === "expired"
    ? { verdict: "expired" }
    : { verdict: "entry", times: found.times };
}
