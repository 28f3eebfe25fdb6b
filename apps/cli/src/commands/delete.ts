import type { Command } from "../command.ts";
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
    const keys = entriesToDelete(store, selection, values.expired);
    const picked: string[] = [];
    for await (const key of keys) {
      picked.push(key);
      if (dryRun && !values.json) await terminal.line(key);
    }
    const tags = values.tag === undefined || values.expired ? [] : await tagRecords(store, selection);
    if (!dryRun) await deleteKeys(store.backend, [...tags, ...picked.flatMap(withRecords)], store.options);
    const done = dryRun ? "would be deleted" : "deleted";
    if (values.json) await terminal.json({ entries: picked.length, tags: tags.length, dryRun, keys: picked });
    else {
      const also = tags.length === 0 ? "" : `, and ${formatCount(tags.length, "generation")} of tags`;
      await terminal.line(`${formatCount(picked.length, "entry", "entries")}${also} ${done}`);
    }
    return picked.length + tags.length === 0 ? exitCode.wrong : exitCode.fine;
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
  for await (const key of selection.entryKeys(backend, options)) {
    const value = await backend.get(key, options);
    if (value === undefined) continue;
    const found = await inspectEntry(key, value);
    const isExpired = "times" in found && freshnessOf(found.times, Date.now()) === "expired";
    if (selection.matchesTags(found) && (isExpired || !onlyExpired)) yield key;
  }
}

/** What lies beside an entry goes with it: a lease whose holder would store it again, and what a semantic tier knows of it. */
function withRecords(key: string): readonly string[] {
  return [...recordKeysOf(key), key];
}

async function tagRecords({ backend, options }: OpenedStore, selection: Selection): Promise<string[]> {
  const found: string[] = [];
  for await (const key of selection.allKeys(backend, options)) {
    const parsed = parseKey(key);
    if (parsed !== undefined && selection.namesTag(parsed)) found.push(key);
  }
  return found;
}
