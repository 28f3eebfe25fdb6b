import {
  type Backend,
  checkOptions,
  describeType,
  guarded,
  type SemanticBackend,
  type SemanticContext,
} from "@llmcache/core";
import type { DecisionSettings } from "./decide.ts";
import { type Judge, textJudge } from "./judge.ts";
import { english } from "./languages/english/index.ts";
import type { Language } from "./languages/language.ts";
import type { Embed } from "./open-ai-embedder.ts";
import type { SemanticOptions, Verify } from "./semantic.ts";

/** The options of `semantic`, checked, with what is derived from them. */
export interface Settings {
  readonly name: string;
  readonly race: boolean;
  readonly embed: Embed;
  readonly verify: Verify | undefined;
  readonly shadow: boolean;
  readonly explore: number;
  readonly judge: Judge;
  readonly maxTemperature: number;
  readonly language: Language;
  readonly decision: DecisionSettings & { readonly minSimilarity: number; readonly minCertainty: number };
  /** The tier's own store, guarded. `undefined`: the cache's. */
  readonly backend: SemanticBackend | undefined;
  /** The same for what is learned. */
  readonly state: Backend | undefined;
  /** What finds entries by meaning. */
  readonly storeOf: (context: SemanticContext) => SemanticBackend;
  /** What keeps what is learned of entries. `undefined`: no store at hand has `swap`. */
  readonly stateOf: (context: SemanticContext) => Backend | undefined;
  /** The scope within the store: that of the call, for this embedder. */
  readonly scopeOf: (scopeDigest: string) => Promise<string>;
}

/** @throws {TypeError} for an unknown option or one that is out of range, naming it */
export function toSettings(options: SemanticOptions): Settings {
  checkOptions("semantic", options, optionNames);
  const { embed, embedder = "", threshold = 0.85, minCertainty = 0.8, maxTemperature = 1, explore = 0 } = options;
  const { guards = true, language = english, judge = textJudge, verify, name = "semantic" } = options;
  const { shadow = false, race = false } = options;
  for (const [field, value] of Object.entries({ embed, judge, verify: verify ?? judge }))
    checkType(field, value, "function");
  for (const [field, value] of Object.entries({ embedder, name })) checkType(field, value, "string");
  for (const [field, value] of Object.entries({ guards, shadow, race })) checkType(field, value, "boolean");
  checkNumber("threshold", threshold, -1, 1);
  checkNumber("minCertainty", minCertainty, 0, 1);
  checkNumber("explore", explore, 0, 1);
  checkNumber("maxTemperature", maxTemperature, 0, Infinity);
  if (options.backend !== undefined && typeof options.backend.nearest !== "function")
    throw new TypeError("backend must be a SemanticBackend: it has no nearest");
  if (options.state !== undefined && typeof options.state.swap !== "function")
    throw new TypeError("state must be a Backend with swap");
  const backend = options.backend && guarded(options.backend);
  const state = options.state && guarded(options.state);
  return {
    name,
    race,
    embed,
    verify,
    shadow,
    explore,
    judge,
    maxTemperature,
    language,
    decision: { minSimilarity: threshold, minCertainty, guards, language },
    backend,
    state,
    storeOf: (context) => backend ?? (context.backend as SemanticBackend),
    stateOf: (context) => state ?? [context.backend, backend].find((store) => store?.swap !== undefined),
    scopeOf: (scopeDigest) => scopeOf(scopeDigest, embedder),
  };
}

const optionNames = [
  "embed",
  "embedder",
  "backend",
  "state",
  "threshold",
  "minCertainty",
  "guards",
  "language",
  "maxTemperature",
  "verify",
  "shadow",
  "explore",
  "judge",
  "race",
  "name",
] as const satisfies readonly (keyof SemanticOptions)[];

/** Hex, as some stores want their scopes. */
async function scopeOf(scopeDigest: string, embedder: string): Promise<string> {
  const preimage = new TextEncoder().encode(`llmcache-semantic-1\n${scopeDigest}\n${embedder}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", preimage));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function checkType(field: string, value: unknown, type: "function" | "string" | "boolean"): void {
  if (typeof value !== type) throw new TypeError(`${field} must be a ${type}, got ${describeType(value)}`);
}

function checkNumber(field: string, value: unknown, least: number, most: number): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw new TypeError(`${field} must be a number from ${least} to ${most}, got ${describeType(value)}`);
}
