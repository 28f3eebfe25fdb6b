import { english } from "../languages/english/index.ts";
import type { Language } from "../languages/language.ts";
import type { FactKind, Features } from "./features.ts";
import { directionsOf } from "./directions.ts";
import { takeLiterals } from "./literals.ts";
import { lengthOfPhrase, namesOfPhrases, questionOf } from "./question.ts";
import { readTokens } from "./read-tokens.ts";
import { languageOf, scriptsOf } from "./script.ts";

const factKinds: readonly FactKind[] = [
  "number",
  "measure",
  "money",
  "date",
  "version",
  "identifier",
  "url",
  "code",
  "quotation",
  "name",
];

/** Beyond it a prompt is a document, of which an embedder sees a part and reading and comparing take milliseconds. */
const mostCharacters = 4_000;
const mostTokens = 400;

/** Reads a prompt once, into what every guard compares. */
export function analyse(prompt: string, language: Language = english): Features {
  if (prompt.length > mostCharacters) return { ...analyse("", language), isTooLong: true };
  const { rest, literals } = takeLiterals(
    prompt
      .normalize("NFKC")
      .replaceAll(/[“”„«»]/g, '"')
      .replaceAll(/[‘’]/g, "'"),
  );
  const { tokens: all, facts } = readTokens(rest, literals, language);
  const written = all.map(({ text }) => text);
  const asked = all.slice(skipOpenings(written, language));
  const words = asked.map(({ text }) => text);
  const question = questionOf(words, language);
  const first = asked.find(({ text }) => !language.to.has(text))?.stem ?? "";
  const tokens = asked.filter(({ stem, text }) => !language.fillers.has(text) && stem !== "");
  const isWish = written.some((word, index) => index < written.length - asked.length && language.wishes.has(word));
  const act = question === undefined && !isWish && language.acts.has(first) ? first : undefined;
  // "Do it now" is in a hurry; "what is it now" asks about a time.
  const freshness = namesOfPhrases(written, language.freshness);
  return {
    isTooLong: tokens.length > mostTokens,
    tokens,
    facts: joinFacts(facts.filter(([kind, value]) => kind !== "name" || tokens.some(({ stem }) => stem === value))),
    negations: countNegations(words, language),
    question,
    task: question === undefined ? language.tasks.get(first) : undefined,
    act,
    formats: namesOfPhrases(written, language.formats),
    lengths: namesOfPhrases(written, language.lengths),
    freshness: act === undefined ? freshness : freshness.replace(/\bnow\b/, "").trim(),
    directions: directionsOf(asked, language),
    scripts: scriptsOf(rest),
    language: languageOf(written, language),
  };
}

/** How many words at the beginning only ask for the rest. Never all of them. */
function skipOpenings(words: readonly string[], { openings, fillers }: Language): number {
  let at = 0;
  for (;;) {
    const length = lengthOfPhrase(words, at, openings) || (fillers.has(words[at] ?? "") ? 1 : 0);
    if (length === 0 || at + length >= words.length) return at;
    at += length;
  }
}

function countNegations(words: readonly string[], { negations, idleNegations }: Language): number {
  let count = 0;
  for (let at = 0; at < words.length;) {
    const idle = lengthOfPhrase(words, at, idleNegations);
    if (idle === 0 && negations.has(words[at] as string)) count++;
    at += Math.max(1, idle);
  }
  return count;
}

function joinFacts(facts: readonly (readonly [FactKind, string])[]): Record<FactKind, string> {
  const joined = Object.fromEntries(factKinds.map((kind) => [kind, ""])) as Record<FactKind, string>;
  if (facts.length === 0) return joined;
  for (const kind of factKinds) {
    const values = facts.filter(([each]) => each === kind).map(([, value]) => value);
    if (values.length > 0) joined[kind] = values.toSorted().join("\n");
  }
  return joined;
}
