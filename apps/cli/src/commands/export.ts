import type { Command } from "../command.ts";
import { BrokenOff, exitCode } from "../exit-code.ts";
import { parseArguments } from "../parse-arguments.ts";
import { Selection, selectionHelp, selectionOptions } from "../store/selection.ts";
import { Progress } from "../text/progress.ts";
import { formatExportLine } from "../transfer/export-line.ts";
import { type Item, judgeItem } from "../transfer/item.ts";
import { readItems } from "../transfer/read-items.ts";
import { summarise } from "../transfer/summary.ts";
import { Tally } from "../transfer/tally.ts";
import { open } from "./open.ts";

export const exportEntries: Command = {
  summary: "writes entries as lines of JSON",
  help: `usage: llmcache export STORE [options] > FILE

Writes one JSON object a line: the key, the bytes in base64, which hold the answer, and what they say of themselves. import
reads it back exactly. What has expired, or is damaged, is left out.

${selectionHelp}`,

  async run(words, surroundings) {
    const { values, given } = parseArguments(words, selectionOptions, ["STORE"]);
    const { terminal, signal } = surroundings;
    const selection = await Selection.of(values);
    await using store = await open(given[0] ?? "", surroundings);
    const tally = new Tally(signal);
    const write = async (item: Item) => {
      const judgement = await judgeItem(item, Date.now());
      if (judgement.verdict === "expired") tally.count("expired");
      if (judgement.verdict === "refused") tally.fail(item.key, judgement.reason);
      if (judgement.verdict !== "entry" && judgement.verdict !== "record") return;
      await terminal.line(await formatExportLine(item));
      tally.count("done", item.value.length);
      if (judgement.verdict === "record") tally.records++;
    };
    try {
      using progress = new Progress(terminal, "seen", !terminal.isTerminal);
      await readItems({ source: store.backend, options: store.options, selection, tally, progress }, write);
    } finally {
      tally.noteFailures(terminal);
      // Standard output is the export's.
      const notes = { ...terminal, line: async (text = "") => terminal.note(text) };
      // Who has closed the pipe has seen what was wanted.
      if (BrokenOff.codeOf(signal) !== exitCode.pipeClosed)
        await summarise(tally, "exported", { terminal: notes, json: false });
    }
    return tally.exitCode;
  },
};
