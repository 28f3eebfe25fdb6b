import type { Command } from "../command.ts";
import { mapAtOnce } from "../each-at-once.ts";
import { exitCode } from "../exit-code.ts";
import { parseArguments } from "../parse-arguments.ts";
import { deleteKeys } from "../store/delete-keys.ts";
import { freshnessOf, inspectEntry } from "../store/inspect-entry.ts";
import { parseKey, recordKeysOf } from "../store/parsed-key.ts";
import { Selection, selectionHelp, selectionOptions } from "../store/selection.ts";
import { formatCount } from "../text/format.ts";
import { UsageError } from "../usage-error.ts";
import { open, type OpenedStore } from "./open.ts";

export const deleteEntries: Command = {
  summary: "deletes entries by key, by tag, or those that have expired",
  help: `usage: llmcache delete STORE (--key KEY | --tag TAG | --expired) [options]

Deletes the entries that were picked. With --tag it also drops the tag's generation, so that an entry under it is a miss
wherever it lies, also one that cannot be read here or is stored just now. Ends with code 1 if there was nothing to delete.
To delete a namespace, a scope or everything, see llmcache clear.

${selectionHelp}
  --expired          only what has expired and will never be served again
  --dry-run          name what would be deleted, and delete nothing
  --json             say what was done as JSON`,

  async run(words, surroundings) {
    const { values, given } = parseArguments(words, deleteOptions, ["STORE"]);
    const { terminal } = surroundings;
    if (values.key === undefined && values.tag === undefined && !values.expired)
      throw new UsageError("give --key, --tag or --expired; llmcache clear deletes a whole namespace or scope");
    const selection = await Selection.of(values);
    await using store = await open(given[0] ?? "", surroundings);
    const dryRun = values["dry-run"];
    const tags = values.expired ? [] : await tagRecords(store, selection);
    if (!dryRun) await deleteKeys(store.backend, tags, store.options);
    let entries = 0;
    const picked = async function* () {
      for await (const key of entriesToDelete(store, selection, values.expired)) {
        entries++;
        if (dryRun && !values.json) await terminal.line(key);
        if (!dryRun) yield* [...recordKeysOf(key), key];
      }
    };
    await deleteKeys(store.backend, picked(), store.options);
    if (values.json) await terminal.json({ entries, tags: tags.length, dryRun });
    else {
      const also = tags.length === 0 ? "" : `, and ${formatCount(tags.length, "generation")} of tags`;
      const done = dryRun ? "would be deleted" : "deleted";
      await terminal.line(`${formatCount(entries, "entry", "entries")}${also} ${done}`);
    }
    return entries + tags.length === 0 ? exitCode.wrong : exitCode.fine;
  },
};

const deleteOptions = {
  ...selectionOptions,
  expired: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

async function* entriesToDelete(
  { backend, options }: OpenedStore,
  selection: Selection,
  onlyExpired: boolean,
): AsyncGenerator<string> {
  const judged = mapAtOnce(selection.entryKeys(backend, options), async (key) => {
    const value = await backend.get(key, options);
    const found = value && (await inspectEntry(key, value));
    if (found === undefined || !selection.matchesTags(found)) return undefined;
    const isExpired = "times" in found && freshnessOf(found.times, Date.now()) === "expired";
    return isExpired || !onlyExpired ? key : undefined;
  });
  for await (const key of judged) if (key !== undefined) yield key;
}

/** The generations of the tags that were named: without one, every entry under it is a miss. */
async function tagRecords({ backend, options }: OpenedStore, selection: Selection): Promise<string[]> {
  const found: string[] = [];
  if (!selection.namesTags) return found;
  for await (const key of selection.allKeys(backend, options)) {
    const parsed = parseKey(key);
    if (parsed !== undefined && selection.namesTag(parsed)) found.push(key);
  }
  return found;
}
