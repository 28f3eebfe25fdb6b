import { type Backend, decodeContent, type Entry, type OperationOptions, type Usage } from "@llmcache/core";
import type { Command } from "../command.ts";
import { mapAtOnce } from "../each-at-once.ts";
import { exitCode } from "../exit-code.ts";
import { parseArguments } from "../parse-arguments.ts";
import { entryOf, freshnessOf, type Inspection, inspectEntry } from "../store/inspect-entry.ts";
import { decodeSegment, parseKey } from "../store/parsed-key.ts";
import { Selection, selectionHelp, selectionOptions } from "../store/selection.ts";
import { contentName } from "../text/content-name.ts";
import { formatBytes, formatNumber, formatSpan, formatTime, isoTime } from "../text/format.ts";
import { formatTable } from "../text/table.ts";
import type { Terminal } from "../text/terminal.ts";
import { UsageError } from "../usage-error.ts";
import { open, type OpenedStore } from "./open.ts";

export const get: Command = {
  summary: "shows entries: their place, age, size and freshness, and the answer where asked",
  help: `usage: llmcache get STORE [options]

With --key all that an entry says of itself; without, a table of those that were picked. Neither shows what was asked or
answered unless told to. Ends with code 1 if there is nothing.

${selectionHelp}
  --limit NUMBER     at most so many entries; 50, unless keys are given
  --show-answer      also the answer
  --show-call        also the call, where the entry holds it (storeCalls)
  --json             one JSON object a line`,

  async run(words, surroundings) {
    const { values, given } = parseArguments(words, getOptions, ["STORE"]);
    const { terminal, signal } = surroundings;
    const limit = parseLimit(values.limit) ?? (values.key === undefined ? 50 : Infinity);
    const selection = await Selection.of(values);
    await using store = await open(given[0] ?? "", surroundings);
    const isDetailed = values.key !== undefined || values["show-answer"] || values["show-call"];
    const rows: string[][] = [];
    let shown = 0;
    let hasMore = false;
    for await (const found of findEntries(store, selection)) {
      signal.throwIfAborted();
      if (shown === limit) {
        hasMore = true;
        break;
      }
      shown++;
      if (!values.json && !isDetailed) {
        rows.push(rowOf(found, terminal));
        continue;
      }
      const described = await describe(found, store);
      const shownParts = { ...(values["show-call"] && callOf(found)), ...(values["show-answer"] && answerOf(found)) };
      if (values.json) await terminal.json({ ...described.machine, ...shownParts });
      else await showDetails([...described.person], shownParts, terminal);
    }
    if (rows.length > 0) {
      const [head = "", ...lines] = formatTable(["state", "age", "size", "content", "operation", "key"], rows);
      await terminal.line(terminal.paint("bold", head));
      for (const line of lines) await terminal.line(line);
    }
    if (hasMore) terminal.note(`and more: --limit shows more than ${limit}`);
    if (shown === 0) terminal.note("there is no such entry");
    return shown === 0 ? exitCode.wrong : exitCode.fine;
  },
};

const getOptions = {
  ...selectionOptions,
  limit: { type: "string" },
  "show-answer": { type: "boolean", default: false },
  "show-call": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

function parseLimit(text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d{0,8}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new UsageError("--limit must be a whole number above 0");
}

interface Found {
  readonly key: string;
  readonly bytes: number;
  readonly inspection: Inspection;
}

async function* findEntries({ backend, options }: OpenedStore, selection: Selection): AsyncGenerator<Found> {
  const inspected = mapAtOnce(selection.entryKeys(backend, options), async (key) => {
    const value = await backend.get(key, options);
    return value && { key, bytes: value.length, inspection: await inspectEntry(key, value) };
  });
  for await (const found of inspected) if (found !== undefined && selection.matchesTags(found.inspection)) yield found;
}

const colours = { fresh: "green", stale: "yellow", expired: "dim" } as const;

function rowOf({ key, bytes, inspection }: Found, { paint }: Terminal): string[] {
  const now = Date.now();
  if (!("times" in inspection)) return [paint("red", inspection.state), "", formatBytes(bytes), "", "", key];
  const freshness = freshnessOf(inspection.times, now);
  const entry = entryOf(inspection);
  return [
    paint(colours[freshness], freshness),
    formatSpan(now - inspection.times.createdAt),
    formatBytes(bytes),
    entry === undefined ? inspection.codec : contentName(entry.content),
    entry?.call?.operation ?? "",
    key,
  ];
}

/** What an entry says of itself, for machines and for people. */
async function describe(
  { key, bytes, inspection }: Found,
  { backend, options }: OpenedStore,
): Promise<{ readonly machine: object; readonly person: readonly (readonly [string, string])[] }> {
  const { namespace = "", scope = "" } = parseKey(key) ?? {};
  const place = { namespace: decodeSegment(namespace), scope: decodeSegment(scope) };
  if (!("times" in inspection)) {
    const { state, reason } = inspection;
    return {
      machine: { key, ...place, bytes, state, reason },
      person: [
        ["key", key],
        [state, reason],
      ],
    };
  }
  const now = Date.now();
  const { times, codec } = inspection;
  const freshness = freshnessOf(times, now);
  const entry = entryOf(inspection);
  const tags = await standingOf(entry?.tags ?? {}, backend, options);
  const isInvalidated = tags.some(({ current }) => !current);
  const content = entry && contentName(entry.content);
  const operation = entry?.call?.operation;
  const usage = entry?.usage;
  const { createdAt, freshUntil, staleUntil } = times;
  return {
    machine: {
      key,
      ...place,
      bytes,
      state: isInvalidated ? "invalidated" : freshness,
      createdAt: isoTime(createdAt),
      freshUntil: isoTime(freshUntil),
      staleUntil: isoTime(staleUntil),
      codec,
      content,
      operation,
      usage,
      tags,
    },
    person: [
      ["key", key],
      ["namespace", place.namespace ?? ""],
      ["scope", place.scope ?? "(no scope)"],
      ["state", isInvalidated ? "invalidated: a tag has another generation by now" : freshness],
      ["created", formatTime(createdAt, now)],
      ["fresh", untilText(freshUntil, now)],
      ["kept", untilText(staleUntil, now)],
      ["size", `${formatBytes(bytes)}, ${codec}`],
      ...(content === undefined ? [] : ([["content", content]] as const)),
      ...(operation === undefined ? [] : ([["operation", operation]] as const)),
      ...(usage === undefined ? [] : ([["used", usageText(usage)]] as const)),
      ...tags.map(({ tag, current }) => ["tag", current ? tag : `${tag} (invalidated)`] as const),
    ],
  };
}

function usageText({ model, inputTokens, outputTokens }: Usage): string {
  const tokens = `${formatNumber(inputTokens)} tokens in, ${formatNumber(outputTokens)} out`;
  return model === undefined ? tokens : `${tokens}, ${model}`;
}

function untilText(time: number, now: number): string {
  return time === Infinity ? "for ever" : `until ${formatTime(time, now)}`;
}

interface TagStanding {
  readonly tag: string;
  readonly current: boolean;
}

/** Whether each tag still has the generation that the entry remembers. A tag of a scope has two, and is current only if both are. */
async function standingOf(
  tags: Readonly<Record<string, string>>,
  backend: Backend,
  options: OperationOptions,
): Promise<TagStanding[]> {
  const standing = new Map<string, boolean>();
  for (const [tagKey, generation] of Object.entries(tags)) {
    const held = await backend.get(tagKey, options);
    const tag = decodeSegment(parseKey(tagKey)?.name ?? tagKey) ?? tagKey;
    const isCurrent = held !== undefined && Buffer.from(held).toString("hex") === generation;
    standing.set(tag, isCurrent && (standing.get(tag) ?? true));
  }
  return [...standing].map(([tag, current]) => ({ tag, current }));
}

function callOf({ inspection }: Found): { readonly call?: unknown; readonly prompt?: string } {
  const { call, prompt } = entryOf(inspection) ?? {};
  return { ...(call !== undefined && { call }), ...(prompt !== undefined && { prompt }) };
}

function answerOf({ inspection }: Found): { readonly answer?: unknown } {
  const entry = entryOf(inspection);
  return entry === undefined ? {} : { answer: jsonOf(decodeAnswer(entry)) };
}

function decodeAnswer({ content }: Entry): unknown {
  try {
    return decodeContent(content);
  } catch {
    return "(the answer does not decode: see llmcache verify)";
  }
}

/** What JSON has no form for, in one that it has: bytes in base64, a vector as its numbers. */
function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (value instanceof Float32Array) return [...value];
  return Array.isArray(value) ? value.map(jsonOf) : value;
}

async function showDetails(
  lines: readonly (readonly [string, string])[],
  parts: Readonly<Record<string, unknown>>,
  terminal: Terminal,
): Promise<void> {
  for (const [name, text] of lines) await terminal.line(`${terminal.paint("bold", name.padEnd(10))}  ${text}`);
  for (const [name, value] of Object.entries(parts)) {
    await terminal.line(terminal.paint("bold", name));
    await terminal.line(JSON.stringify(value, undefined, 2));
  }
  await terminal.line();
}
