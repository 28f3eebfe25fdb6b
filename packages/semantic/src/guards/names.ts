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

function namesNotIn({ facts, tokens: own }: Features, { tokens }: Features, language: Language): string[] {
  if (facts.name === "") return [];
  const said = new Set(tokens.map(({ stem }) => stem));
  const [initials, ownInitials] = [initialsOf(tokens), initialsOf(own)];
  const acronyms = [...said].filter((stem) => stem.length > 2 && ownInitials.includes(stem));
  const isSpeltOut = (name: string) =>
    acronyms.some((acronym) => {
      const start = ownInitials.indexOf(acronym);
      return own.slice(start, start + acronym.length).some(({ stem }) => stem === name);
    });
  return facts.name.split("\n").filter((name) => {
    // "NLP" is "natural language processing".
    if (said.has(name) || (name.length > 2 && initials.includes(name)) || isSpeltOut(name)) return false;
    return !tokens.some(({ stem }) => meanTheSame(stem, name, language));
  });
}

function initialsOf(tokens: Features["tokens"]): string {
  return tokens.map(({ stem }) => stem.charAt(0) || " ").join("");
}
