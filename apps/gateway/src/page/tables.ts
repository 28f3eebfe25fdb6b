import type { StorePing } from "../admin/ping-stores.ts";
import type { CallRecord, SemanticDecision } from "../telemetry/call.ts";
import type { BackendState, ModelTotals } from "../telemetry/journal.ts";
import type { Cell } from "./dom.ts";
import { formatCount, formatDollars, formatMs, formatShare, formatTime } from "./format.ts";

/** A row, and what tells it from others. */
export type Row = readonly [id: string, cells: readonly Cell[]];

const number = (text: string, title?: string): Cell => ({ text, class: "number", title });

/** What each model used and saved. */
export function modelRows(models: readonly ModelTotals[]): Row[] {
  return models.map(({ model, calls, hits, paidTokens, savedTokens, savedDollars, paidDollars }) => [
    model,
    [
      { text: model, class: "wrap" },
      number(formatCount(calls)),
      number(formatShare(hits, calls)),
      number(formatCount(paidTokens), paidDollars > 0 ? formatDollars(paidDollars) : undefined),
      number(formatCount(savedTokens)),
      number(savedDollars > 0 || paidDollars > 0 ? formatDollars(savedDollars) : "no price"),
    ],
  ]);
}

/** How the stores do. */
export function storeRows(stores: readonly BackendState[], pings: readonly StorePing[]): Row[] {
  return stores.map((store) => {
    const states = [store.reads, store.writes];
    const state = states.includes("open") ? "open" : states.includes("half-open") ? "half-open" : "closed";
    const words = { closed: "in use", "half-open": "being tried", open: "left alone" }[state];
    const ping = pings.find(({ name }) => name === store.name);
    const last = store.lastError;
    const about = last === undefined ? undefined : `last: ${last.code} at ${formatTime(last.at)}`;
    return [
      store.name,
      [
        { text: store.name },
        { text: words, badge: state, title: `reads: breaker ${store.reads}; writes: breaker ${store.writes}` },
        {
          text: last === undefined ? formatCount(store.errors) : `${formatCount(store.errors)}, ${last.code}`,
          class: "number fold",
          title: about,
        },
        number(ping === undefined ? "–" : ping.ok ? formatMs(ping.ms) : (ping.error ?? "down")),
      ],
    ];
  });
}

const outcomeWords: Readonly<Record<CallRecord["outcome"], string>> = {
  hit: "cache",
  stale: "cache, stale",
  semantic: "cache, by meaning",
  miss: "model",
  partial: "model, in part",
  coalesced: "another's call",
  bypass: "model, past the cache",
  none: "upstream",
};

/** Why, in words. */
const reasonWords: Readonly<Record<string, string>> = {
  absent: "nothing stored",
  expired: "expired",
  "too-old": "too old for this caller",
  invalidated: "its tag was invalidated",
  "other-kind": "stored in another form",
  "not-accepted": "stored answer does not serve",
  corrupt: "entry was damaged",
  unreadable: "entry cannot be read",
  unavailable: "store did not answer",
  "not-read": "caller asked anew",
  "not-cacheable": "depends on more than itself",
  "credential-without-scope": "credential changes by itself",
  "repeated-members": "a member twice",
  "no-store": "not stored: no-store",
  "not-admitted": "not stored: incomplete",
  incomplete: "not stored: broke off",
};

/** Whether a call is among those that are to be shown. */
export function fits(call: CallRecord, filter: string): boolean {
  if (filter === "") return true;
  if (filter === "failed") return isFailed(call);
  if (filter === "hit") return ["hit", "stale", "semantic"].includes(call.outcome);
  if (filter === "miss") return ["miss", "partial"].includes(call.outcome);
  if (filter === "bypass") return ["bypass", "none"].includes(call.outcome);
  return call.outcome === filter;
}

/** The last calls, the newest first. */
export function callRows(calls: readonly CallRecord[], showEntry: (key: string) => void): Row[] {
  return calls.toReversed().map((call) => [String(call.id), callCells(call, showEntry)]);
}

function callCells(call: CallRecord, showEntry: (key: string) => void): Cell[] {
  const { key, paid, saved } = call;
  const tokens =
    saved.tokens > 0 ? `${formatCount(saved.tokens)} saved` : paid.tokens > 0 ? formatCount(paid.tokens) : "–";
  return [
    { text: formatTime(call.at) },
    { text: outcomeWords[call.outcome], badge: isFailed(call) ? "failed" : call.outcome },
    { text: reasonOf(call), class: "wrap" },
    { text: call.model ?? "–" },
    { text: call.prompt ?? `${call.upstream}: ${call.path}`, class: "clip", title: aboutRequest(call) },
    number(call.broken ? `${call.status}, broken` : String(call.status)),
    number(formatMs(call.durationMs), `first byte after ${formatMs(call.firstByteMs)}`),
    number(tokens),
    key === undefined
      ? { text: "–" }
      : { text: shortKey(key), action: () => showEntry(key), label: `Entry ${shortKey(key)}`, title: key },
  ];
}

function aboutRequest({ upstream, path, apiKey }: CallRecord): string {
  return `${upstream}: ${path}${apiKey === undefined ? "" : `, by the key ${apiKey}`}`;
}

function reasonOf({ outcome, reason, notStored, source, broken }: CallRecord): string {
  if (outcome === "hit" || outcome === "stale") return source === undefined ? "" : `from ${source}`;
  const words = [reason, notStored].flatMap((each) => (each === undefined ? [] : [reasonWords[each] ?? each]));
  return broken && notStored === undefined ? [...words, "left, or broke off"].join("; ") : words.join("; ");
}

function isFailed({ status, broken }: CallRecord): boolean {
  return status >= 400 || broken;
}

/** What was decided by meaning, the newest first. */
export function semanticRows(calls: readonly CallRecord[], showEntry: (key: string) => void): Row[] {
  return calls.toReversed().flatMap((call): Row[] => {
    const decision = call.semantic;
    if (decision === undefined) return [];
    const { match } = decision;
    const similarity = similarityOf(decision);
    return [
      [
        String(call.id),
        [
          { text: formatTime(call.at) },
          { text: decision.decision, badge: call.outcome === "semantic" ? "semantic" : "miss" },
          number(similarity === undefined ? "–" : similarity.toFixed(3)),
          { text: guardOf(decision), class: "wrap" },
          { text: call.model ?? "–" },
          match === undefined
            ? { text: "–" }
            : {
                text: shortKey(match),
                action: () => showEntry(match),
                label: `Entry ${shortKey(match)}`,
                title: match,
              },
        ],
      ],
    ];
  });
}

/** What kept a near entry from being served. */
function guardOf(decision: SemanticDecision): string {
  if (decision.refused !== undefined) return `cache: ${decision.refused}`;
  if (decision.decision === "served") return "–";
  const vetoes = candidatesOf(decision).flatMap(({ veto }) =>
    typeof veto === "object" && veto !== null && "code" in veto ? [String(veto.code)] : [],
  );
  return [...new Set(vetoes)].join(", ") || "–";
}

/** Of what was found, or else of the nearest that was not served. */
function similarityOf(decision: SemanticDecision): number | undefined {
  if (decision.similarity !== undefined) return decision.similarity;
  const near = candidatesOf(decision).flatMap(({ similarity }) => (typeof similarity === "number" ? [similarity] : []));
  return near.length === 0 ? undefined : Math.max(...near);
}

/** What a tier says of each entry that it found. */
interface Candidate {
  readonly veto?: unknown;
  readonly similarity?: unknown;
}

function candidatesOf({ why }: SemanticDecision): Candidate[] {
  const candidates: unknown[] = Array.isArray(why["candidates"]) ? why["candidates"] : [];
  return candidates.filter((each): each is Candidate => typeof each === "object" && each !== null);
}

function shortKey(key: string): string {
  return key.split("/").at(-1)?.slice(0, 10) ?? key;
}
