import { foreignWords } from "../languages/foreign-words.ts";
import type { Language } from "../languages/language.ts";

const scripts = [
  "Latin",
  "Cyrillic",
  "Greek",
  "Arabic",
  "Hebrew",
  "Han",
  "Hiragana",
  "Katakana",
  "Hangul",
  "Devanagari",
  "Bengali",
  "Tamil",
  "Thai",
].map((name) => ({ name, pattern: new RegExp(`\\p{Script=${name}}`, "u") }));

/** The scripts of a text's letters, sorted and joined; those without a name here count as one. */
export function scriptsOf(text: string): string {
  // Most prompts are ASCII, and need no other pattern.
  const letters = text.replaceAll(/[^\p{L}]/gu, "");
  if (/^[a-z]*$/i.test(letters)) return letters === "" ? "" : "Latin";
  const found = scripts.filter(({ pattern }) => pattern.test(letters)).map(({ name }) => name);
  const others = scripts.every(({ pattern }) => !pattern.test(letters)) ? ["other"] : [];
  return [...found, ...others].toSorted().join(" ");
}

/** The language of the words, where enough of them tell. A few words of a subject may be of any. */
export function languageOf(words: readonly string[], language: Language): string | undefined {
  let own = 0;
  const others = new Map<string, number>();
  for (const word of words) {
    if (language.markers.has(word) || language.functionWords.has(word)) own++;
    const other = foreignWords.get(word);
    if (other !== undefined && other !== language.code) others.set(other, (others.get(other) ?? 0) + 1);
  }
  const [foreign, count] = [...others].toSorted((left, right) => right[1] - left[1])[0] ?? ["", 0];
  if (count >= 2 && count > own) return foreign;
  return own > 0 ? language.code : undefined;
}
