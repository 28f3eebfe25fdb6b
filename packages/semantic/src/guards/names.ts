import type { Features } from "../features/features.ts";
import type { Language } from "../languages/language.ts";
import { meanTheSame } from "./mean-the-same.ts";
import { type Guard, show } from "./guard.ts";

/** A name that one of them writes as a name, and the other does not say at all, however it is written. */
export const names: Guard = ({ asked, stored, language }) => {
  const onlyAsked = namesNotIn(asked, stored, language);
  const onlyStored = namesNotIn(stored, asked, language);
  if (onlyAsked.length === 0 && onlyStored.length === 0) return undefined;
  const detail = `${show(onlyAsked.join("\n"))} is asked, ${show(onlyStored.join("\n"))} is stored`;
  return { code: "names", reason: "A name stands in one of them alone.", detail };
};

function namesNotIn({ facts }: Features, { tokens }: Features, language: Language): string[] {
  if (facts.name === "") return [];
  const said = new Set(tokens.map(({ stem }) => stem));
  const initials = tokens.map(({ stem }) => stem[0] ?? " ").join("");
  return facts.name.split("\n").filter((name) => {
    // "NLP" is "natural language processing".
    if (said.has(name) || (name.length > 2 && initials.includes(name))) return false;
    return !tokens.some(({ stem }) => meanTheSame(stem, name, language));
  });
}
