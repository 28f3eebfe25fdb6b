import type { Features } from "../features/features.ts";
import type { Language } from "../languages/language.ts";
import { type Guard, sameText } from "./guard.ts";

/** A language that one of them names, and the other does not: the answer is wanted in it, or about it. */
export const answerLanguage: Guard = ({ asked, stored, language }) =>
  sameText(
    languagesIn(asked, language),
    languagesIn(stored, language),
    "answer-language",
    "They name different languages, or one of them names none.",
  );

function languagesIn({ tokens }: Features, { members, languageSet }: Language): string {
  const named = tokens.filter(({ stem }) => members.get(stem) === languageSet).map(({ stem }) => stem);
  return [...new Set(named)].toSorted().join("\n");
}
