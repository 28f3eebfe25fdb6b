import { createReadStream } from "node:fs";
import type { Command, Surroundings } from "../command.ts";
import { eachAtOnce } from "../each-at-once.ts";
import { parseArguments } from "../parse-arguments.ts";
import { parseKey } from "../store/parsed-key.ts";
import { inspectEntry } from "../store/inspect-entry.ts";
import { Selection, selectionHelp, selectionOptions } from "../store/selection.ts";
import { Progress } from "../text/progress.ts";
import { parseExportLine } from "../transfer/export-line.ts";
import type { Item } from "../transfer/item.ts";
import { readLines } from "../transfer/read-lines.ts";
import { summarise } from "../transfer/summary.ts";
import { Tally } from "../transfer/tally.ts";
import { writeItem } from "../transfer/write-item.ts";
import { open } from "./open.ts";

export const importEntries: Command = {
  summary: "reads back what export has written",
  help: `usage: llmcache import STORE [FILE] [options]

Reads lines of JSON from a file, or from standard input, and writes the entries in them as copy does: bytes and expiry as they
are, nothing over what is newer. A line that is none is named by its number, and the others go on.

${selectionHelp}
  --overwrite        also replace what is newer in STORE, and the generations of its tags
  --json             say what was done as JSON`,

  async run(words, surroundings) {
    const { values, given } = parseArguments(words, importOptions, ["STORE", "[FILE]"]);
    const { terminal, signal } = surroundings;
    const [url = "", file] = given;
    const selection = await Selection.of(values);
    await using store = await open(url, surroundings, { create: true });
    const tally = new Tally(signal);
    const writing = { target: store.backend, options: store.options, overwrite: values.overwrite, tally };
    try {
      using progress = new Progress(terminal, "read");
      await eachAtOnce(readLines(inputOf(file, surroundings)), ({ number, text }) =>
        tally.attempt(`line ${number}`, async () => {
          const item = parseExportLine(text);
          if (await isPicked(item, selection)) await writeItem(item, writing);
          progress.step(item.value.length);
        }),
      );
    } finally {
      tally.noteFailures(terminal);
      await summarise(tally, "imported", { terminal, json: values.json });
    }
    return tally.exitCode;
  },
};

const importOptions = {
  ...selectionOptions,
  overwrite: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

function inputOf(file: string | undefined, { input, signal }: Surroundings): AsyncIterable<Uint8Array | string> {
  if (file !== undefined) return createReadStream(file, { signal });
  signal.addEventListener("abort", () => input.destroy(), { once: true });
  return input;
}

async function isPicked({ key, value }: Item, selection: Selection): Promise<boolean> {
  const parsed = parseKey(key);
  if (parsed?.record !== undefined) return selection.mayNeed(parsed);
  return selection.matches(parsed) && selection.matchesTags(await inspectEntry(key, value));
}
