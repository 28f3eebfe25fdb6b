import type { Phrase, PhraseTable, QuestionPattern } from "./language.ts";

/** The words of a text, for data that is easier to read in lines. */
export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

export function wordSet(text: string): ReadonlySet<string> {
  return new Set(words(text));
}

/** `name: phrase, phrase` in each line. */
export function phraseTable(lines: string): PhraseTable {
  const phrases = entries(lines).flatMap(([name, items]) =>
    items.map((item): Phrase => ({ name, words: words(item) })),
  );
  const table = new Map<string, Phrase[]>();
  for (const phrase of phrases.toSorted((left, right) => right.words.length - left.words.length)) {
    const first = phrase.words[0] ?? "";
    table.set(first, [...(table.get(first) ?? []), phrase]);
  }
  return table;
}

/** `name: word word` in each line, as a map from the words to the name. */
export function nameOfWords(lines: string): ReadonlyMap<string, string> {
  return new Map(
    entries(lines).flatMap(([name, items]) => items.flatMap((item) => words(item).map((word) => [word, name]))),
  );
}

/** A group of words in each line, as a map from each to the first. */
export function firstOfEach(lines: string): ReadonlyMap<string, string> {
  const groups = lines.split("\n").map(words);
  return new Map(groups.flatMap((group) => group.slice(1).map((word) => [word, group[0] as string] as const)));
}

/** Groups of words, each ended by `;`: whatever stands in one is related to all others of it. */
export function groupsOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const table = new Map<string, Set<string>>();
  for (const line of text.split(";")) {
    const group = words(line);
    for (const word of group) table.set(word, new Set([...(table.get(word) ?? []), ...group]));
  }
  return table;
}

/** `one other | contrary another;`: whatever is on one side is the opposite of all on the other sides. */
export function oppositesOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const table = new Map<string, Set<string>>();
  for (const line of text.split(";")) {
    const sides = line.split("|").map(words);
    for (const [index, side] of sides.entries()) {
      const others = sides.filter((_, at) => at !== index).flat();
      for (const word of side) table.set(word, new Set([...(table.get(word) ?? []), ...others]));
    }
  }
  return table;
}

/** `kind: phrase, phrase`; a word may have alternatives (`what|which`), and a phrase that begins with `^` stands at the beginning. */
export function questionPatterns(lines: string): QuestionPattern[] {
  return entries(lines).flatMap(([kind, items]) =>
    items.map((item) => {
      const atStart = item.startsWith("^");
      return { kind, atStart, words: words(atStart ? item.slice(1) : item).map((word) => word.split("|")) };
    }),
  );
}

function entries(lines: string): [name: string, items: string[]][] {
  return lines
    .split("\n")
    .filter((line) => line.includes(":"))
    .map((line) => {
      const colon = line.indexOf(":");
      const items = line
        .slice(colon + 1)
        .split(",")
        .map((item) => item.trim());
      return [line.slice(0, colon).trim(), items.filter((item) => item !== "")];
    });
}
