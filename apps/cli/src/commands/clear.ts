import { createInterface } from "node:readline/promises";
import type { Command, Surroundings } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { parseArguments } from "../parse-arguments.ts";
import { deleteKeys } from "../store/delete-keys.ts";
import { parseKey } from "../store/parsed-key.ts";
import { Selection } from "../store/selection.ts";
import { formatCount } from "../text/format.ts";
import { UsageError } from "../usage-error.ts";
import { open, type OpenedStore } from "./open.ts";

export const clear: Command = {
  summary: "deletes a namespace, a scope, or everything",
  help: `usage: llmcache clear STORE [options]

Deletes all of llmcache's keys in a store, or those of a namespace or a scope: entries, and what the cache keeps beside them. Asks
first on a terminal, and elsewhere wants --yes. What is not llmcache's stays.

  --namespace NAME   only this namespace
  --scope NAME       only this scope
  --dry-run          count what would be deleted, and delete nothing
  --yes              do not ask
  --json             say what was done as JSON`,

  async run(words, surroundings) {
    const { values, given } = parseArguments(words, clearOptions, ["STORE"]);
    const { terminal, input } = surroundings;
    const dryRun = values["dry-run"];
    const canAsk = input.isTTY && terminal.errors.isTTY;
    if (!values.yes && !dryRun && !canAsk) throw new UsageError("without a terminal to ask on it needs --yes");
    const selection = await Selection.of(values);
    await using store = await open(given[0] ?? "", surroundings);
    const place = [
      ...(values.scope === undefined ? [] : [`scope ${values.scope}`]),
      ...(values.namespace === undefined ? [] : [`namespace ${values.namespace}`]),
    ].join(" of ");
    const found = await countKeys(store, selection);
    const what = `${formatCount(found.entries, "entry", "entries")} and ${formatCount(found.records, "record")}`;
    const where = `${place === "" ? "everything" : place} in ${store.label}`;
    if (!values.yes && !dryRun && !(await confirm(`Delete ${what}: ${where}? Type yes: `, surroundings))) {
      terminal.note("nothing was deleted");
      return exitCode.wrong;
    }
    if (!dryRun) await deleteKeys(store.backend, ownKeys(store, selection), store.options);
    if (values.json) await terminal.json({ ...found, dryRun });
    else await terminal.line(`${what} ${dryRun ? "would be deleted" : "deleted"}: ${where}`);
    return exitCode.fine;
  },
};

const clearOptions = {
  namespace: { type: "string" },
  scope: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  yes: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

async function* ownKeys({ backend, options }: OpenedStore, selection: Selection): AsyncGenerator<string> {
  for await (const key of selection.allKeys(backend, options)) {
    const parsed = parseKey(key);
    if (parsed !== undefined && selection.matches(parsed)) yield key;
  }
}

async function countKeys(store: OpenedStore, selection: Selection) {
  const counts = { entries: 0, records: 0 };
  for await (const key of ownKeys(store, selection)) {
    if (parseKey(key)?.record === undefined) counts.entries++;
    else counts.records++;
  }
  return counts;
}

async function confirm(question: string, { input, terminal, signal }: Surroundings): Promise<boolean> {
  const asking = createInterface({ input, output: terminal.errors });
  // A Ctrl-C at the question is no answer.
  asking.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    return (await asking.question(question, { signal })).trim().toLowerCase() === "yes";
  } finally {
    asking.close();
  }
}
