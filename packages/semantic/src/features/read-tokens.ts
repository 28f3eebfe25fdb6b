import type { Language } from "../languages/language.ts";
import type { FactKind, Token } from "./features.ts";
import { lex, type Lexeme } from "./lexer.ts";
import type { Literal } from "./literals.ts";
import { readQuantity } from "./quantities.ts";

/** What a text says, in its order, and of it what it says literally. */
export interface ReadTokens {
  readonly tokens: readonly Token[];
  readonly facts: readonly (readonly [FactKind, string])[];
}

/** Reads a text from which `takeLiterals` took the literals. */
export function readTokens(text: string, literals: readonly Literal[], language: Language): ReadTokens {
  return new Reader(lex(text), literals, language).read();
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

  read(): ReadTokens {
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
