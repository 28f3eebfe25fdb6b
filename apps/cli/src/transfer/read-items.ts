import { type Backend, type OperationOptions, readFrame } from "@llmcache/core";
import { eachAtOnce } from "../each-at-once.ts";
import { inspectEntry } from "../store/inspect-entry.ts";
import { parseKey } from "../store/parsed-key.ts";
import type { Selection } from "../store/selection.ts";
import type { Progress } from "../text/progress.ts";
import { isCarriedRecord, type Item } from "./item.ts";
import type { Tally } from "./tally.ts";

/** Where items come from, and who is told of it. */
export interface Reading {
  readonly source: Backend;
  readonly selection: Selection;
  readonly options: OperationOptions;
  readonly tally: Tally;
  readonly progress: Progress;
}

/**
 * Hands on what was picked of a store, some at a time: first the records that entries need, so that no entry arrives before the generations
 * of its tags, then the entries. What cannot be read is told to the tally, and the rest goes on.
 */
export async function readItems(reading: Reading, work: (item: Item) => Promise<void>): Promise<void> {
  const { source, selection, options, tally, progress } = reading;
  await eachAtOnce(neededRecords(reading), (key) =>
    tally.attempt(key, async () => {
      const value = await source.get(key, options);
      if (value !== undefined) await work({ key, value, expiresAt: await expiryOfRecord(key, reading) });
    }),
  );
  await eachAtOnce(selection.entryKeys(source, options), (key) =>
    tally.attempt(key, async () => {
      const value = await source.get(key, options);
      // One that is gone since it was listed is nobody's loss.
      const isPicked = value !== undefined && selection.matchesTags(await inspectEntry(key, value));
      if (isPicked) await work({ key, value });
      progress.step(value?.length ?? 0);
    }),
  );
}

/** The keys of the records that go along. Counts the entries on the way. */
async function* neededRecords({ source, selection, options, progress }: Reading): AsyncGenerator<string> {
  for await (const key of selection.surroundingKeys(source, options)) {
    const parsed = parseKey(key);
    if (parsed?.record === undefined) progress.total += selection.matches(parsed) ? 1 : 0;
    else if (isCarriedRecord(parsed) && selection.mayNeed(parsed)) yield key;
  }
}

/** What a semantic tier knows of an entry lives as long as the entry does; a tag's generation for ever. */
async function expiryOfRecord(key: string, { source, options }: Reading): Promise<number | undefined> {
  if (parseKey(key)?.record !== "semantic") return undefined;
  const entry = await source.get(key.replace("/_semantic/", "/"), options);
  return (entry && readFrame(entry)?.staleUntil) ?? 0;
}
