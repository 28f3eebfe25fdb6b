import { literalMark } from "./literals.ts";

/** A piece of a text as it is written. */
export interface Lexeme {
  readonly kind:
    | "word"
    | "number"
    | "time"
    | "date"
    | "version"
    | "identifier"
    | "money"
    | "literal"
    | "symbol"
    | "stop";
  readonly text: string;
  /** Whether it follows the one before without a space. */
  readonly isAttached: boolean;
}

/** What stands for a number, thousands separated or not. */
const number = String.raw`(?:(?<=^|[\s(])[-−])?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?`;

/** What each kind looks like, the first that fits. None has a group of its own. */
const patterns: Readonly<Record<Lexeme["kind"], string>> = {
  literal: String.raw`${literalMark}\d+${literalMark}`,
  date: String.raw`(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\/\d{1,2}\/\d{2,4})(?!\d)`,
  time: String.raw`\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?`,
  version: String.raw`\bv\d+(?:\.\d+)*\b|\d+(?:\.\d+){2,}`,
  money: String.raw`[$€£¥₹₽₩₿]\s?${number}(?:[kmb]n?\b)?`,
  identifier: String.raw`\d+\([a-z]\)|\p{L}+-?\d(?:[\p{L}\d.-]*[\p{L}\d])?|\d+[/-]\d+(?:[/-]\d+)*|\d+-?\p{L}+\d[\p{L}\d-]*|c\+\+|[cf]#|\.net\b`,
  number: String.raw`${number}(?:st|nd|rd|th)?\b|${number}|[½¼¾]`,
  word: String.raw`[\p{L}\p{M}]+(?:['’][\p{L}]+)*|[%°][cf]?`,
  stop: String.raw`[.!?;:\n]+`,
  symbol: String.raw`[+*=<>^|~\\{}[\]]+|(?<=\d\s?)[-/×÷](?=\s?\d)|(?<=\s)[-/&](?=\s)|,`,
};

const kinds = Object.keys(patterns) as Lexeme["kind"][];

// Groups with names would be an object of ten members for each word: a third of all that reading a prompt leaves to be collected.
const lexemes = new RegExp(
  Object.values(patterns)
    .map((pattern) => `(${pattern})`)
    .join("|"),
  "giu",
);

/** The words, numbers, literals and operators of a text, in order; other punctuation is left out. */
export function lex(text: string): Lexeme[] {
  const found: Lexeme[] = [];
  let end = -1;
  for (const match of text.matchAll(lexemes)) {
    const kind = kinds[match.findIndex((group, index) => index > 0 && group !== undefined) - 1] as Lexeme["kind"];
    found.push({ kind, text: match[0], isAttached: match.index === end });
    end = match.index + match[0].length;
  }
  return found;
}
