import type { Features } from "../features/features.ts";
import { english } from "../languages/english/index.ts";
import type { Language } from "../languages/language.ts";
import { act } from "./act.ts";
import { alternatives } from "./alternatives.ts";
import { answerLanguage } from "./answer-language.ts";
import { code } from "./code.ts";
import { Comparison } from "./comparison.ts";
import { dates } from "./dates.ts";
import { direction } from "./direction.ts";
import { format } from "./format.ts";
import { freshness } from "./freshness.ts";
import type { Guard, Veto } from "./guard.ts";
import { identifiers } from "./identifiers.ts";
import { language as sameLanguage } from "./language.ts";
import { length } from "./length.ts";
import { money } from "./money.ts";
import { names } from "./names.ts";
import { negation } from "./negation.ts";
import { numbers } from "./numbers.ts";
import { opposites } from "./opposites.ts";
import { order } from "./order.ts";
import { question } from "./question.ts";
import { quotations } from "./quotations.ts";
import { subject } from "./subject.ts";
import { task } from "./task.ts";
import { tooLong } from "./too-long.ts";
import { units } from "./units.ts";
import { urls } from "./urls.ts";
import { versions } from "./versions.ts";

/** Every guard. First whether there is anything to compare, then the cheap ones first, and those that say most exactly what is wrong: the first veto is the one that is told. */
export const guards: readonly Guard[] = [
  tooLong,
  sameLanguage,
  numbers,
  units,
  money,
  dates,
  versions,
  identifiers,
  urls,
  code,
  quotations,
  format,
  length,
  answerLanguage,
  freshness,
  negation,
  task,
  question,
  act,
  direction,
  opposites,
  alternatives,
  names,
  order,
  subject,
];

/** The first reason why the stored prompt's answer must not be served, if there is one. */
export function vetoOf(asked: Features, stored: Features, language: Language = english): Veto | undefined {
  const comparison = new Comparison(asked, stored, language);
  for (const guard of guards) {
    const veto = guard(comparison);
    if (veto !== undefined) return veto;
  }
  return undefined;
}
