import type { Command } from "../command.ts";
import { eachAtOnce } from "../each-at-once.ts";
import { parseArguments } from "../parse-arguments.ts";
import { entryOf, freshnessOf, inspectEntry } from "../store/inspect-entry.ts";
import { decodeSegment, type ParsedKey, parseKey } from "../store/parsed-key.ts";
import { Selection, selectionHelp, selectionOptions } from "../store/selection.ts";
import { bar } from "../text/bar.ts";
import { contentName } from "../text/content-name.ts";
import { formatBytes, formatCount, formatNumber } from "../text/format.ts";
import { Progress } from "../text/progress.ts";
import { formatTable } from "../text/table.ts";
import type { Terminal } from "../text/terminal.ts";
import { Tally } from "../transfer/tally.ts";
import { Histogram } from "./histogram.ts";
import { open } from "./open.ts";

export const stats: Command = {
  summary: "counts entries by namespace, scope, operation, model, content, age and size",
  help: `usage: llmcache stats STORE [options]

Reads every entry and counts them. The operation is known of those that hold their call (storeCalls), the model of those
that hold their usage, and nothing but age and size of those that are encrypted.

${selectionHelp}
  --json             all that was counted as one JSON object`,

  async run(words, surroundings) {
    const { values, given } = parseArguments(words, statsOptions, ["STORE"]);
    const { terminal, signal } = surroundings;
    const selection = await Selection.of(values);
    await using store = await open(given[0] ?? "", surroundings);
    const tally = new Tally(signal);
    const counted = new Counted();
    {
      using progress = new Progress(terminal, "read");
      await eachAtOnce(selection.allKeys(store.backend, store.options), (key) =>
        tally.attempt(key, async () => {
          const parsed = parseKey(key);
          if (!selection.matches(parsed)) return;
          if (parsed?.record !== undefined) return counted.addRecord(parsed.record);
          const value = await store.backend.get(key, store.options);
          if (value === undefined) return;
          await counted.add(key, parsed, value, selection);
          progress.step(value.length);
        }),
      );
    }
    tally.noteFailures(terminal);
    if (values.json) await terminal.json({ ...counted.toJson(), failed: tally.counts.failed });
    else await counted.show(terminal, store.label);
    return tally.exitCode;
  },
};

const statsOptions = { ...selectionOptions, json: { type: "boolean", default: false } } as const;

const ageLimits = [
  [60_000, "under 1 min"],
  [3_600_000, "under 1 h"],
  [86_400_000, "under 1 d"],
  [7 * 86_400_000, "under 7 d"],
  [30 * 86_400_000, "under 30 d"],
  [Infinity, "30 d and more"],
] as const;

const sizeLimits = [
  [1_000, "under 1 kB"],
  [4_000, "under 4 kB"],
  [16_000, "under 16 kB"],
  [64_000, "under 64 kB"],
  [256_000, "under 256 kB"],
  [1_000_000, "under 1 MB"],
  [Infinity, "1 MB and more"],
] as const;

/** Rows of a histogram past so many are shown as one. */
const mostRows = 15;

/** The name of what an entry does not say. */
const notStored = "(not stored)";

/** What was counted of a store. */
class Counted {
  readonly #freshness = { fresh: 0, stale: 0, expired: 0 };
  readonly #records: Record<string, number> = {};
  readonly #histograms = {
    namespace: new Histogram(),
    scope: new Histogram(),
    operation: new Histogram(),
    model: new Histogram(),
    content: new Histogram(),
    age: new Histogram(ageLimits),
    size: new Histogram(sizeLimits),
  };
  #entries = 0;
  #bytes = 0;
  #others = 0;

  addRecord(record: string): void {
    this.#records[record] = (this.#records[record] ?? 0) + 1;
  }

  async add(key: string, parsed: ParsedKey | undefined, value: Uint8Array, selection: Selection): Promise<void> {
    const found = await inspectEntry(key, value);
    if (!selection.matchesTags(found)) return;
    if (parsed === undefined || !("times" in found)) {
      this.#others++;
      return;
    }
    const { namespace, scope, operation, model, content, age, size } = this.#histograms;
    const now = Date.now();
    const bytes = value.length;
    this.#entries++;
    this.#bytes += bytes;
    this.#freshness[freshnessOf(found.times, now)]++;
    namespace.add(decodeSegment(parsed.namespace) ?? "", bytes);
    scope.add(decodeSegment(parsed.scope) ?? "(no scope)", bytes);
    const entry = entryOf(found);
    operation.add(entry?.call?.operation ?? notStored, bytes);
    model.add(entry?.usage?.model ?? notStored, bytes);
    content.add(entry === undefined ? found.codec : contentName(entry.content), bytes);
    age.addNumber(now - found.times.createdAt, bytes);
    size.addNumber(bytes, bytes);
  }

  toJson(): object {
    const by = Object.entries(this.#histograms).map(([name, histogram]) => [name, histogram.rows()] as const);
    return {
      entries: this.#entries,
      bytes: this.#bytes,
      ...this.#freshness,
      unreadable: this.#others,
      records: this.#records,
      by: Object.fromEntries(by),
    };
  }

  async show(terminal: Terminal, label: string): Promise<void> {
    const { fresh, stale, expired } = this.#freshness;
    const { paint } = terminal;
    const number = formatCount(this.#entries, "entry", "entries");
    await terminal.line(`${paint("bold", label)}: ${number}, ${formatBytes(this.#bytes)}`);
    const states = [paint("green", `${formatNumber(fresh)} fresh`), paint("yellow", `${formatNumber(stale)} stale`)];
    await terminal.line([...states, paint("dim", `${formatNumber(expired)} expired`)].join(", "));
    const records = Object.entries(this.#records).map(([name, count]) => formatCount(count, `${name} record`));
    if (records.length > 0) await terminal.line(`beside them ${records.join(", ")}`);
    const others = `${formatNumber(this.#others)} damaged, foreign or of a newer version: see llmcache verify`;
    if (this.#others > 0) await terminal.line(paint("red", others));
    if (this.#entries === 0) return;
    for (const [name, histogram] of Object.entries(this.#histograms)) {
      if (histogram.rows().every(({ name: row }) => row === notStored)) continue;
      const rows = histogram.rows(mostRows).map(({ name: row, entries, bytes }) => {
        return [row, formatNumber(entries), formatBytes(bytes), bar(entries / this.#entries, 24)];
      });
      const [head = "", ...lines] = formatTable([name, "entries", "size", ""], rows);
      await terminal.line();
      await terminal.line(paint("bold", head));
      for (const line of lines) await terminal.line(line);
    }
  }
}
