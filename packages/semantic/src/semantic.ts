import {
  type Backend,
  type Call,
  LlmCacheError,
  type SemanticBackend,
  type SemanticContext,
  type SemanticMatch,
  type SemanticQuestion,
  type SemanticTier,
  unitVector,
} from "@llmcache/core";
import { type NearEntry, readNear, toCandidates } from "./candidates.ts";
import { type Candidate, decide, type DecisionSettings } from "./decide.ts";
import { clearEntries, forgetEntry } from "./forget.ts";
import type { Judge } from "./judge.ts";
import { type Exchange, learnAnswer, learnFeedback } from "./learn.ts";
import type { Embed } from "./open-ai-embedder.ts";
import { screen } from "./screen.ts";
import { type Settings, toSettings } from "./semantic-settings.ts";
import { ShadowLog, type ShadowReport } from "./shadow-log.ts";
import type { ThresholdOptions } from "./shadow.ts";

export interface SemanticOptions extends Omit<DecisionSettings, "minSimilarity"> {
  /** Turns prompts into vectors: `openAiEmbedder`, or one of your own. Asked once for each exact miss. */
  readonly embed: Embed;
  /** Names the embedder, so that entries of another are never found. To be changed with the model. @default "" */
  readonly embedder?: string | undefined;
  /** Where answers are found by meaning. @default the cache's own backend, which then needs `nearest` */
  readonly backend?: SemanticBackend | undefined;
  /** Where it is kept what is learned of entries; with `swap`. @default the cache's own backend, if it has `swap` */
  readonly state?: Backend | undefined;
  /** The least cosine similarity of a question whose answer is served. @default 0.85 */
  readonly threshold?: number | undefined;
  /** Calls of a higher temperature want variety, and are not answered by similar questions. @default 1 */
  readonly maxTemperature?: number | undefined;
  /** Has the last word on an answer that is to be served, within the cache's `semanticTimeout`. Only a clear `true` serves it. @default none */
  readonly verify?: Verify | undefined;
  /** Serve nothing, and find out what would have been right to serve: see `report`. @default false */
  readonly shadow?: boolean | undefined;
  /** The share of answers that would be served, 0 to 1, for which the model is asked all the same, to compare. @default 0 */
  readonly explore?: number | undefined;
  /** Says whether two answers agree, behind the caller. @default `textJudge` */
  readonly judge?: Judge | undefined;
  /** Start the model beside the look-up. @default false */
  readonly race?: boolean | undefined;
  /** Tells it from others in events. @default "semantic" */
  readonly name?: string | undefined;
}

/** What a caller may still refuse. */
export type Verify = (
  candidate: {
    readonly key: string;
    readonly prompt: string;
    readonly answer: unknown;
    readonly similarity: number;
    readonly certainty: number;
  },
  question: { readonly prompt: string; readonly call: Call },
  options: { readonly signal: AbortSignal },
) => boolean | Promise<boolean>;

/** Why the tier served an answer, or none. */
export type SemanticDecision =
  | "served"
  | "nothing-near"
  | "vetoed"
  | "not-similar"
  | "not-certain"
  | "disputed"
  | "not-semantic"
  | "not-verified"
  | "shadowed"
  | "explored"
  | "not-read";

/** What `semantic` makes. */
export interface Semantic extends SemanticTier {
  feedback: NonNullable<SemanticTier["feedback"]>;
  /** What this process saw since it began: what was, or in `shadow` would have been, served, how much of it agreed, and which certainty to ask for. */
  report(options?: ThresholdOptions): ShadowReport;
}

/** As many as guards look through in well under a millisecond, and enough to see the rivals. */
const nearestAsked = 10;

/**
 * Answers similar questions where that is certain to be right: everything but the wording is equal, guards find no difference that changes an
 * answer, and what is known of the nearest answers speaks for one of them.
 *
 * @throws {TypeError} for an unknown option or one that is out of range
 */
export function semantic(options: SemanticOptions): Semantic {
  const settings = toSettings(options);
  const log = new ShadowLog(settings.decision.minCertainty);
  return {
    name: settings.name,
    race: settings.race,
    check(backend) {
      if (settings.backend === undefined && !("nearest" in backend))
        throw new TypeError(
          `semantic needs a backend, because ${backend.name} cannot find by meaning (it has no nearest)`,
        );
    },
    match: (question, context) => match(settings, log, question, context),
    forget: (key, context) => forgetEntry(settings, key, context),
    clear: (prefix, context) => clearEntries(settings, prefix, context),
    feedback: (key, ok, context) => learnFeedback(settings, key, ok, context),
    async ping(context) {
      await Promise.all([settings.backend, settings.state].map(async (store) => store?.ping?.(context)));
    },
    report: (thresholds) => log.report(thresholds),
    async [Symbol.asyncDispose]() {
      for (const store of new Set([settings.backend, settings.state])) await store?.[Symbol.asyncDispose]?.();
    },
  };
}

async function match(
  settings: Settings,
  log: ShadowLog,
  question: SemanticQuestion,
  context: SemanticContext,
): Promise<SemanticMatch> {
  const { prompt, call, reads, scope, explains } = question;
  const screened = screen(call, prompt, settings);
  if ("screened" in screened) return { why: { decision: "not-semantic", reason: screened.screened } };
  const store = settings.storeOf(context);
  const embedding = { scope: await settings.scopeOf(scope), vector: await embedOne(settings, prompt, store, context) };
  const kept = settings.backend === undefined ? { embedding } : {};
  const exchange: Exchange = { settings, log, question, embedding };
  const learn: SemanticMatch["learn"] = (learned, later) => learnAnswer(exchange, learned, later);
  if (!reads) return { ...kept, why: { decision: "not-read" }, learn };

  const { signal, report } = context;
  const found = await store.nearest(embedding.scope, embedding.vector, { signal, report, limit: nearestAsked });
  const near = readNear(found, scope, store.name, context);
  const candidates = await toCandidates(near, settings, context);
  const { served, why } = decide(screened.features, candidates, { ...settings.decision, explain: explains });
  const { outcome, ...details } = why;
  const { group, certainty = 0 } = why;
  const first = why.candidates.find((candidate) => candidate.group === group && candidate.veto === undefined);
  const neighbour = near.find(({ key }) => key === first?.key);
  // An answer that a guard keeps from being served may still turn out to be equal.
  const compared = neighbour ?? near.find(({ key }) => key === why.candidates[0]?.key);
  exchange.compared = compared && {
    neighbour: compared,
    certainty,
    isEligible: neighbour !== undefined && neighbour.score >= settings.decision.minSimilarity,
  };
  if (!explains) log.asked++;
  const decision =
    served === undefined || neighbour === undefined
      ? outcome
      : isDisputed(served)
        ? "disputed"
        : await lastWord(settings, question, { ...neighbour, certainty }, context);
  const { key = "", value = new Uint8Array(), score = 0 } = neighbour ?? {};
  return {
    ...kept,
    ...(decision === "served" && { found: { key, value, score, source: store.name } }),
    why: {
      decision,
      ...details,
      ...(explains && { prompts: Object.fromEntries(near.map((one) => [one.key, one.prompt])) }),
    },
    learn,
  };
}

/** Whether an answer was found wrong more often than right: by the model's own answers to near questions, or by feedback. */
function isDisputed({ group }: Candidate): boolean {
  return group !== undefined && group.disagreed > group.agreed;
}

/** Whether an answer that may be served is. */
async function lastWord(
  { shadow, explore, verify }: Settings,
  { prompt, call, explains, answerOf }: SemanticQuestion,
  { key, value, score, certainty, prompt: stored }: NearEntry & { readonly certainty: number },
  { signal }: SemanticContext,
): Promise<SemanticDecision> {
  if (shadow) return "shadowed";
  if (!explains && Math.random() < explore) return "explored";
  if (verify === undefined) return "served";
  const candidate = { key, prompt: stored, answer: answerOf(value), similarity: score, certainty };
  // What is no boolean is no yes.
  const said: unknown = await verify(candidate, { prompt, call }, { signal });
  return said === true ? "served" : "not-verified";
}

/** @throws {LlmCacheError} for what is no vector of the store's length */
async function embedOne(
  { embed }: Settings,
  prompt: string,
  store: SemanticBackend,
  { signal }: SemanticContext,
): Promise<Float32Array> {
  const vectors: unknown = await embed([prompt], { signal });
  const vector: unknown = Array.isArray(vectors) && vectors.length === 1 ? vectors[0] : undefined;
  const length = vector instanceof Float32Array ? vector.length : undefined;
  if (length !== store.dimensions) {
    const gave = length === undefined ? "no vector" : `${length} dimensions`;
    throw new LlmCacheError("BACKEND_FAILED", `the embedder gave ${gave} where ${store.name} has ${store.dimensions}`);
  }
  return unitVector(vector as Float32Array, store.dimensions);
}
