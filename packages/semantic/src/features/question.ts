import type { Language, PhraseTable } from "../languages/language.ts";

/** What kind of question the words ask, by the first pattern that fits: those at the start first. */
export function questionOf(words: readonly string[], { questions }: Language): string | undefined {
  const said = new Set(words);
  const isSaid = (word: string) => said.has(word);
  for (const { kind, words: pattern, atStart } of questions) {
    if (pattern[0]?.some(isSaid) !== true) continue;
    const last = atStart ? 0 : words.length - 1;
    for (let at = 0; at <= last; at++) if (matches(words, at, pattern, 0)) return kind;
  }
  return undefined;
}

/** `"*"` stands for one to five words. */
function matches(words: readonly string[], at: number, pattern: readonly (readonly string[])[], from: number): boolean {
  const alternatives = pattern[from];
  if (alternatives === undefined) return true;
  if (alternatives[0] === "*") {
    for (let skipped = 1; skipped <= 5; skipped++) if (matches(words, at + skipped, pattern, from + 1)) return true;
    return false;
  }
  return alternatives.includes(words[at] ?? "") && matches(words, at + 1, pattern, from + 1);
}

/** The name of phrases that say nothing: they are in a table so that what is in them is not found. */
const idle = "-";

/** The names of the phrases that occur, each once, sorted and joined. */
export function namesOfPhrases(words: readonly string[], table: PhraseTable): string {
  const names = new Set<string>();
  for (let at = 0; at < words.length; at++) {
    const phrase = table.get(words[at] as string)?.find(({ words: wanted }) => startsWith(words, at, wanted));
    if (phrase === undefined) continue;
    if (phrase.name !== idle) names.add(phrase.name);
    at += phrase.words.length - 1;
  }
  return [...names].toSorted().join(" ");
}

/** How many words one of the phrases, longest first, takes from `at` on. */
export function lengthOfPhrase(words: readonly string[], at: number, phrases: readonly (readonly string[])[]): number {
  return phrases.find((phrase) => startsWith(words, at, phrase))?.length ?? 0;
}

function startsWith(words: readonly string[], at: number, phrase: readonly string[]): boolean {
  return phrase.every((word, index) => words[at + index] === word);
}
