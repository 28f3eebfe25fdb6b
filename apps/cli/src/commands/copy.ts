import type { Command } from "../command.ts";
import { parseArguments } from "../parse-arguments.ts";
import { Selection, selectionHelp, selectionOptions } from "../store/selection.ts";
import { Progress } from "../text/progress.ts";
import { readItems } from "../transfer/read-items.ts";
import { summarise } from "../transfer/summary.ts";
import { Tally } from "../transfer/tally.ts";
import { writeItem } from "../transfer/write-item.ts";
import { open } from "./open.ts";

export const copy: Command = {
  summary: "copies entries from one store to another",
  help: `usage: llmcache copy FROM TO [options]

Copies what is not there yet, bytes and expiry as they are, encrypted and compressed entries too, and the generations of
tags. What has expired is left out; what is newer in TO stays. Run again after a failure or an interruption, it goes on
where it was: equal entries are not written again.

${selectionHelp}
  --overwrite        also replace what is newer in TO, and the generations of its tags
  --json             say what was done as JSON`,

  async run(words, surroundings) {
    const { values, given } = parseArguments(words, copyOptions, ["FROM", "TO"]);
    const { terminal, signal } = surroundings;
    const [from = "", to = ""] = given;
    const selection = await Selection.of(values);
    await using source = await open(from, surroundings);
    await using target = await open(to, surroundings, { create: true });
    const tally = new Tally(signal);
    const writing = { target: target.backend, options: target.options, overwrite: values.overwrite, tally };
    try {
      using progress = new Progress(terminal, "seen");
      const reading = { source: source.backend, options: source.options, selection, tally, progress };
      await readItems(reading, (item) => writeItem(item, writing));
    } finally {
      // Also of a copy that is broken off: what is done stays done.
      tally.noteFailures(terminal);
      await summarise(tally, "copied", { terminal, json: values.json });
    }
    return tally.exitCode;
  },
};

const copyOptions = {
  ...selectionOptions,
  overwrite: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;
