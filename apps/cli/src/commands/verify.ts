import { type BackendEvent, decodeContent } from "@llmcache/core";
import type { Command } from "../command.ts";
import { eachAtOnce } from "../each-at-once.ts";
import { exitCode } from "../exit-code.ts";
import { parseArguments } from "../parse-arguments.ts";
import { type Inspection, inspectEntry } from "../store/inspect-entry.ts";
import { deleteKeys } from "../store/delete-keys.ts";
import { Selection, selectionHelp, selectionOptions } from "../store/selection.ts";
import { formatCount, formatNumber } from "../text/format.ts";
import { Progress } from "../text/progress.ts";
import { Tally } from "../transfer/tally.ts";
import { open } from "./open.ts";

export const verify: Command = {
  summary: "checks that every entry decodes and belongs to its key",
  help: `usage: llmcache verify STORE [options]

Reads every entry and names those that are damaged, that cannot be read here (encrypted, or a newer llmcache's), and what
nobody at llmcache has written. Ends with code 1 if there is anything damaged or foreign, also after its removal.

${selectionHelp}
  --delete           remove the damaged; what is foreign or cannot be read stays
  --dry-run          with --delete: remove nothing
  --json             one JSON object, with every finding`,

  async run(words, surroundings) {
    const { values, given } = parseArguments(words, verifyOptions, ["STORE"]);
    const { terminal, signal } = surroundings;
    const selection = await Selection.of(values);
    await using store = await open(given[0] ?? "", surroundings);
    const findings: Finding[] = [];
    const tally = new Tally(signal);
    let sound = 0;
    {
      using progress = new Progress(terminal, "checked");
      await eachAtOnce(selection.entryKeys(store.backend, store.options), (key) =>
        tally.attempt(key, async () => {
          const { state, reason, bytes } = await check(key, store, selection);
          progress.step(bytes);
          if (state === "sound") sound++;
          if (state !== "sound" && state !== "none") findings.push({ state, key, reason });
        }),
      );
    }
    const named = findings.toSorted((one, other) => (one.key < other.key ? -1 : 1));
    const damaged = named.filter(({ state }) => state === "damaged").map(({ key }) => key);
    const deleted =
      values.delete && !values["dry-run"] ? await deleteKeys(store.backend, damaged, store.options) : undefined;
    tally.noteFailures(terminal);
    if (values.json) {
      const { counts, failures } = tally;
      await terminal.json({
        sound,
        ...(deleted !== undefined && { deleted }),
        findings: named,
        failed: counts.failed,
        failures,
      });
    } else {
      for (const { state, key, reason } of named)
        await terminal.line(`${terminal.paint(colours[state], state.padEnd(10))}  ${key}  ${reason}`);
      await terminal.line(`${formatCount(sound, "sound entry", "sound entries")}${summaryOf(named)}`);
      if (values.delete) await terminal.line(deletedText(deleted, damaged.length));
    }
    return named.every(({ state }) => state === "unreadable") ? tally.exitCode : exitCode.wrong;
  },
};

const verifyOptions = {
  ...selectionOptions,
  delete: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

interface Finding {
  readonly state: "damaged" | "unreadable" | "foreign";
  readonly key: string;
  readonly reason: string;
}

const colours = { damaged: "red", unreadable: "yellow", foreign: "magenta" } as const;

interface Checked {
  readonly state: Finding["state"] | "sound" | "none";
  readonly reason: string;
  readonly bytes: number;
}

async function check(
  key: string,
  { backend, options }: Awaited<ReturnType<typeof open>>,
  selection: Selection,
): Promise<Checked> {
  let dropped = false;
  const report = (event: BackendEvent) => {
    if (event.type === "dropped") dropped = true;
    else options.report?.(event);
  };
  const value = await backend.get(key, { ...options, report });
  if (value === undefined) {
    const reason = "the store found it damaged, and has removed it";
    return { state: dropped ? "damaged" : "none", reason, bytes: 0 };
  }
  const found = await inspectEntry(key, value);
  return { ...(selection.matchesTags(found) ? judge(found) : { state: "none", reason: "" }), bytes: value.length };
}

function judge(found: Inspection): Omit<Checked, "bytes"> {
  if (found.state === "damaged" || found.state === "foreign") return found;
  if (found.state !== "sound") return { state: "unreadable", reason: found.reason };
  try {
    decodeContent(found.entry.content);
    return { state: "sound", reason: "" };
  } catch {
    // The decoder's own error may quote the answer.
    return { state: "damaged", reason: "the answer in it does not decode" };
  }
}

function summaryOf(findings: readonly Finding[]): string {
  const counts = Object.entries(Object.groupBy(findings, ({ state }) => state));
  return counts.map(([state, list]) => `, ${formatNumber(list.length)} ${state}`).join("");
}

function deletedText(deleted: number | undefined, damaged: number): string {
  return deleted === undefined
    ? `${formatCount(damaged, "entry", "entries")} would be removed`
    : `${formatCount(deleted, "entry", "entries")} removed`;
}
