import { judge } from "./cache-control.ts";
import { classify } from "./breaker.ts";
import { contentKind, decodeContent } from "./content.ts";
import { withDeadline } from "./deadline.ts";
import type { Plan } from "./engine.ts";
import { decodeEntry, type Entry } from "./entry.ts";
import type { Adopted } from "./flight.ts";
import { LlmCacheError } from "./errors.ts";
import type { MatchInfo, MatchRefusal } from "./event.ts";
import { keyPrefix, type Wording } from "./key.ts";
import { wrapBackendError } from "./look-up.ts";
import type { Request } from "./request.ts";
import type { FoundByMeaning, SemanticContext, SemanticMatch, SemanticTier } from "./semantic-tier.ts";
import { contextOf, forgetBehind, type Surroundings, tierError } from "./semantic-work.ts";
import { areCurrent } from "./tags.ts";

/** What is known of a request by the meaning of its question. */
export interface Meaning<Served> {
  readonly wording: Wording;
  /** What the tier made of it. `undefined`: it failed, or took too long. */
  readonly match?: SemanticMatch;
  /** What it found. */
  readonly found?: MatchInfo;
  /** The same, if it may be served. */
  readonly hit?: Adopted<Served> & { readonly match: MatchInfo };
  /** Why it may not. */
  readonly refused?: MatchRefusal;
}

/** How the tier is asked about a request. */
interface MeaningAsked<Served> {
  readonly open: Plan<unknown, Served>["open"];
  readonly reads: boolean;
  /** @default false */
  readonly explains?: boolean;
}

/** What a request wants of the semantic tier: an answer, or only to have its own learned, or nothing. */
export function semanticUse(
  { store, settings, reads, writes }: Request,
  { byMeaning }: Pick<Plan<unknown, unknown>, "byMeaning">,
): "look-up" | "learn" | undefined {
  if (store.semantic === undefined || byMeaning === "never" || settings.mode === "replay") return undefined;
  if (byMeaning === "look-up" && reads) return "look-up";
  return writes ? "learn" : undefined;
}

/** Asks the semantic tier what a request wants of it, and tells what it decided. Never rejects, as `lookUpByMeaning`. */
export async function askByMeaning<Served>(
  request: Request,
  plan: Pick<Plan<unknown, Served>, "open" | "byMeaning">,
  signal: AbortSignal,
  around: Surroundings,
): Promise<Meaning<Served> | undefined> {
  const { call, key, store } = request;
  const reads = semanticUse(request, plan) === "look-up";
  const meaning = await lookUpByMeaning(request, { open: plan.open, reads }, signal, around);
  if (meaning?.match === undefined || store.semantic === undefined || !reads) return meaning;
  const { match, found, refused } = meaning;
  around.telemetry.emit({
    type: "semantic",
    operation: call.operation,
    key,
    tier: store.semantic.name,
    why: match.why,
    ...(found !== undefined && { match: found }),
    ...(refused !== undefined && { refused }),
  });
  return meaning;
}

/**
 * Asks the semantic tier about a request: for the answer to a similar question where `reads` says so, and in any case for what it needs in order
 * to learn. What it finds is believed in nothing that can be checked. Resolves within `semanticTimeout`, to `undefined` for a call without
 * wording. Never rejects: what goes wrong is an event.
 */
export async function lookUpByMeaning<Served>(
  request: Request,
  { open, reads, explains = false }: MeaningAsked<Served>,
  signal: AbortSignal,
  around: Surroundings,
): Promise<Meaning<Served> | undefined> {
  const { store, settings, call, controls, key } = request;
  const tier = store.semantic;
  if (tier === undefined) return undefined;
  let wording: Wording | undefined;
  try {
    wording = await settings.keys.deriveWording(call, controls);
    if (wording === undefined) return undefined;
    const { scopeDigest, prompt } = wording;
    const answerOf = (value: Uint8Array) => answerIn(value, request);
    const question = { key, scope: scopeDigest, prompt, call, reads, explains, answerOf };
    const answered = await store.watchingRemovals(async (wasRemoved) => {
      const bounded = await boundedMatch(request, tier, signal, around, async (context) => {
        const match = checked(await tier.match(question, context), tier);
        if (!reads || match.found === undefined) return { match };
        return { match, ...(await verify(match.found, scopeDigest, request, open, context, around)) };
      });
      // At the very end, so that whoever comes after a removal is not served what it removed.
      const hit = "hit" in bounded ? bounded.hit : undefined;
      if (hit === undefined || !wasRemoved(hit.match.key, Object.keys(hit.entry.tags ?? {}))) return bounded;
      return { match: bounded.match, found: hit.match, refused: "removed" } as const;
    });
    return { wording, ...answered };
  } catch (error) {
    if (!signal.aborted) around.telemetry.error(tierError(error, tier, "match", key));
    return wording && { wording };
  }
}

/** Within the time-out, and not while the tier fails again and again. */
async function boundedMatch<Result>(
  { store, settings, key }: Request,
  tier: SemanticTier,
  signal: AbortSignal,
  { telemetry }: Surroundings,
  work: (context: SemanticContext) => Promise<Result>,
): Promise<Result> {
  const breaker = store.semanticBreaker;
  const pass = breaker.enter("match", key, telemetry.report);
  const deadline = { ms: settings.semanticTimeoutMs, backend: tier.name, operation: "match", key };
  const startedAt = performance.now();
  try {
    const result = await withDeadline(deadline, signal, (bounded) =>
      work(contextOf(store, settings, telemetry, bounded)),
    );
    breaker.succeeded(pass);
    return result;
  } catch (error) {
    breaker.failed(pass, classify(error, signal, performance.now() - startedAt, deadline.ms));
    throw error;
  }
}

/** What a tier found, with the answer to serve, or with why none is. */
async function verify<Served>(
  { key, value, score, source }: FoundByMeaning,
  scopeDigest: string,
  request: Request,
  open: Plan<unknown, Served>["open"],
  { signal, report }: SemanticContext,
  around: Surroundings,
): Promise<Pick<Meaning<Served>, "found" | "hit" | "refused">> {
  const { store, settings, controls } = request;
  const found = { key, score: Math.max(-1, Math.min(1, score)) };
  const refuse = (refused: MatchRefusal) => {
    if (refused === "corrupt") forgetBehind(key, request, around);
    return { found, refused };
  };
  const prefix = await keyPrefix(controls);
  const digest = key.slice(prefix.length);
  if (!key.startsWith(prefix) || !/^[0-9a-f]{64}$/.test(digest)) return refuse("foreign");
  let entry: Entry;
  try {
    entry = decodeEntry(value, digest);
  } catch (thrown) {
    const error = wrapBackendError(thrown, { backend: source, operation: "match", key });
    around.telemetry.error(error);
    return refuse(error.code === "CORRUPT_ENTRY" ? "corrupt" : "unreadable");
  }
  if (entry.scopeDigest !== scopeDigest) return refuse("foreign");
  if (!(await areCurrent(store.backend, entry.tags ?? {}, { signal, report }))) return refuse("invalidated");
  const verdict = judge(entry, controls, settings.clock());
  if (verdict !== "fresh") return refuse(verdict === "too-old" ? verdict : "expired");
  const opened = open(entry.content);
  if ("miss" in opened) return refuse(opened.miss);
  return { found, hit: { served: opened.served, entry, source, match: found } };
}

/** The answer in an entry, whole where the caller says how to put a recording together. */
function answerIn(value: Uint8Array, { controls }: Request): unknown {
  const { content } = decodeEntry(value);
  const decoded = decodeContent(content);
  if (content.kind !== contentKind.recording) return decoded;
  return controls.collect?.(decoded as unknown[]) ?? decoded;
}

/** Cosine similarities come out of arithmetic in single precision. */
const mostScore = 1.001;

/** @throws {LlmCacheError} for what is no match */
function checked(match: SemanticMatch, tier: SemanticTier): SemanticMatch {
  const { why, found, embedding, learn } = (match ?? {}) as Partial<SemanticMatch>;
  const isSound =
    typeof why?.decision === "string" &&
    (learn === undefined || typeof learn === "function") &&
    (embedding === undefined || (typeof embedding.scope === "string" && embedding.vector instanceof Float32Array)) &&
    (found === undefined || isFound(found));
  if (!isSound) throw new LlmCacheError("BACKEND_FAILED", `${tier.name} gave something that is no match`);
  return match;
}

function isFound({ key, value, score, source }: FoundByMeaning): boolean {
  return (
    typeof key === "string" &&
    typeof source === "string" &&
    value instanceof Uint8Array &&
    typeof score === "number" &&
    Math.abs(score) <= mostScore
  );
}
