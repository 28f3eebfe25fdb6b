import { english } from "../languages/english/index.ts";
import type { Language } from "../languages/language.ts";
import type { FactKind, Features, Token } from "./features.ts";
import { lex, type Lexeme } from "./lexer.ts";
import { type Literal, takeLiterals } from "./literals.ts";
import { lengthOfPhrase, namesOfPhrases, questionOf } from "./question.ts";
import { readQuantity } from "./quantities.ts";
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

/** Reads a prompt once, into what every guard compares. */
export function analyse(prompt: string, language: Language = english): Features {
  const { rest, literals } = takeLiterals(
    prompt
      .normalize("NFKC")
      .replaceAll(/[“”„«»]/g, '"')
      .replaceAll(/[‘’]/g, "'"),
  );
  const reader = new Reader(lex(rest), literals, language);
  const { tokens: all, facts } = reader.read();
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

class Reader {
  readonly #lexemes: readonly Lexeme[];
  readonly #written: readonly Lexeme[];
  readonly #literals: readonly Literal[];
  readonly #language: Language;
  readonly #tokens: Token[] = [];
  readonly #facts: [FactKind, string][] = [];

  constructor(lexemes: readonly Lexeme[], literals: readonly Literal[], language: Language) {
    this.#written = lexemes;
    this.#lexemes = lexemes.map((lexeme) => ({ ...lexeme, text: lexeme.text.toLowerCase() }));
    this.#literals = literals;
    this.#language = language;
  }

  read(): { readonly tokens: readonly Token[]; readonly facts: readonly [FactKind, string][] } {
    for (let at = 0; at < this.#lexemes.length;) at += this.#readAt(at);
    return { tokens: this.#tokens, facts: this.#facts };
  }

  /** Reads what begins there, and gives how many lexemes it took. */
  #readAt(at: number): number {
    const lexeme = this.#lexemes[at] as Lexeme;
    if (lexeme.kind === "stop" || lexeme.text === ",") return 1;
    if (lexeme.kind === "literal") {
      const { kind, text } = this.#literals[Number(lexeme.text.slice(1, -1))] as Literal;
      this.#addFact(kind, text);
      return 1;
    }
    if (lexeme.kind === "symbol") {
      this.#addFact("code", lexeme.text);
      return 1;
    }
    const quantity = readQuantity(this.#lexemes, at, this.#language);
    if (quantity !== undefined) {
      this.#addFact(quantity.kind, quantity.value);
      return quantity.length;
    }
    const isInterjection = this.#language.interjections.has(lexeme.text) && this.#lexemes[at + 1]?.text === ",";
    if (!isInterjection) this.#addWord(lexeme.text, at);
    return 1;
  }

  #addFact(kind: FactKind, value: string): void {
    this.#facts.push([kind, value]);
    this.#tokens.push({ text: value, stem: value, isContent: true });
  }

  #addWord(word: string, at: number): void {
    const { contractions, fillers, functionWords, lemma } = this.#language;
    const parts = contractions.get(word) ?? splitContraction(word);
    for (const part of parts) {
      const stem = lemma(part);
      const isContent = !fillers.has(part) && !functionWords.has(part) && !functionWords.has(stem);
      this.#tokens.push({ text: part, stem, isContent });
      if (isContent && this.#isName(at)) this.#facts.push(["name", stem]);
    }
  }

  /** A word in capitals, or with one where no sentence begins; not a gerund, which is a heading's. */
  #isName(at: number): boolean {
    const { text } = this.#written[at] as Lexeme;
    if (!/^\p{Lu}/u.test(text) || text === "I" || text.startsWith("I'")) return false;
    if (/^\p{Lu}[\p{Lu}\d]+s?$/u.test(text)) return true;
    const before = this.#written[at - 1];
    return before !== undefined && before.kind !== "stop" && !/^\p{Lu}\p{Ll}+ing$/u.test(text);
  }
}

/** `"what's"` is `what is`, `"john's"` is `john`, `"don't"` is `do not`. */
function splitContraction(word: string): string[] {
  const apostrophe = word.indexOf("'");
  if (apostrophe < 0) return [word];
  const [head, tail] = [word.slice(0, apostrophe), word.slice(apostrophe + 1)];
  if (tail === "t" && head.endsWith("n")) return [head.slice(0, -1), "not"];
  const long = { re: "are", m: "am", ll: "will", ve: "have", d: "would" }[tail];
  if (long !== undefined) return [head, long];
  if (tail === "s")
    return /^(?:what|who|where|how|when|why|that|it|there|here|he|she|let)$/.test(head) ? [head, "is"] : [head];
  return [head, tail];
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

/** The content word after a word for "from" with the one after the next word for "to"; of "A to B", the words around. */
function directionsOf(tokens: readonly Token[], { from, to }: Language): [string, string][] {
  const found: [string, string][] = [];
  const contentFrom = (at: number, step: number): string | undefined => {
    for (let index = at; index >= 0 && index < tokens.length && Math.abs(index - at) < 3; index += step) {
      const token = tokens[index] as Token;
      if (token.isContent) return token.stem;
    }
    // "from me to him".
    return tokens[at]?.stem;
  };
  for (const [at, token] of tokens.entries()) {
    if (!to.has(token.text)) continue;
    const before = tokens.findLastIndex(({ text }, index) => index < at && from.has(text));
    const start = before >= 0 ? contentFrom(before + 1, 1) : contentFrom(at - 1, -1);
    const end = contentFrom(at + 1, 1);
    if (start !== undefined && end !== undefined) found.push([start, end]);
  }
  for (const [at, token] of tokens.entries()) {
    if (!from.has(token.text)) continue;
    // "to Paris from Boston".
    const after = tokens.findLastIndex(({ text }, index) => index < at && to.has(text));
    if (after < 0) continue;
    const [start, end] = [contentFrom(at + 1, 1), contentFrom(after + 1, 1)];
    if (start !== undefined && end !== undefined) found.push([start, end]);
  }
  return found;
}

function joinFacts(facts: readonly [FactKind, string][]): Record<FactKind, string> {
  const joined = Object.fromEntries(factKinds.map((kind) => [kind, ""])) as Record<FactKind, string>;
  if (facts.length === 0) return joined;
  for (const kind of factKinds) {
    const values = facts.filter(([each]) => each === kind).map(([, value]) => value);
    if (values.length > 0) joined[kind] = values.toSorted().join("\n");
  }
  return joined;
}
