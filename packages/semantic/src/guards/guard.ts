import type { FactKind } from "../features/features.ts";
import type { Comparison } from "./comparison.ts";

/** Why a stored answer is not served, in words that are stable: for metrics, logs and tests. */
export type VetoCode =
  | "numbers"
  | "units"
  | "money"
  | "dates"
  | "versions"
  | "identifiers"
  | "urls"
  | "code"
  | "quotations"
  | "names"
  | "negation"
  | "opposites"
  | "alternatives"
  | "direction"
  | "order"
  | "question"
  | "task"
  | "act"
  | "format"
  | "length"
  | "answer-language"
  | "freshness"
  | "language"
  | "subject"
  | "too-long";

export interface Veto {
  readonly code: VetoCode;
  /** What the guard looks at, in a sentence. Never a word of a prompt. */
  readonly reason: string;
  /** What it saw: words of the prompts. For the caller who asks, never for a log or an event. */
  readonly detail: string;
}

/** Looks for one kind of difference that changes an answer. Pure, and only ever a veto. */
export type Guard = (comparison: Comparison) => Veto | undefined;

/** A guard that wants both prompts to say literally the same of one kind, as often, in any order. */
export function sameFacts(kind: FactKind, code: VetoCode, reason: string): Guard {
  return ({ asked, stored }) => sameText(asked.facts[kind], stored.facts[kind], code, reason);
}

/** A veto unless the two are the same. */
export function sameText(asked: string, stored: string, code: VetoCode, reason: string): Veto | undefined {
  if (asked === stored) return undefined;
  return { code, reason, detail: `${show(asked)} is asked, ${show(stored)} is stored` };
}

/** For the detail of a veto. */
export function show(text: string | undefined): string {
  return text === undefined || text === "" ? "nothing" : text.replaceAll("\n", ", ");
}
