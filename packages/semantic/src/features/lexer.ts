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

const lexemes = new RegExp(
  [
    String.raw`(?<literal>${literalMark}\d+${literalMark})`,
    String.raw`(?<date>\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\/\d{1,2}\/\d{2,4})(?!\d)`,
    String.raw`(?<time>\d{1,2}:\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?)`,
    String.raw`(?<version>\bv\d+(?:\.\d+)*\b|\d+(?:\.\d+){2,})`,
    String.raw`(?<money>[$€£¥₹₽₩₿]\s?${number}(?:[kmb]n?\b)?)`,
    String.raw`(?<identifier>\d+\([a-z]\)|\p{L}+-?\d(?:[\p{L}\d.-]*[\p{L}\d])?|\d+[/-]\d+(?:[/-]\d+)*|\d+-?\p{L}+\d[\p{L}\d-]*|c\+\+|[cf]#|\.net\b)`,
    String.raw`(?<number>${number}(?:st|nd|rd|th)?\b|${number}|[½¼¾])`,
    String.raw`(?<word>[\p{L}\p{M}]+(?:['’][\p{L}]+)*|[%°][cf]?)`,
    String.raw`(?<stop>[.!?;:\n]+)`,
    String.raw`(?<symbol>[+*=<>^|~\\{}[\]]+|(?<=\d\s?)[-/×÷](?=\s?\d)|(?<=\s)[-/&](?=\s)|,)`,
  ].join("|"),
  "giu",
);

/** The words, numbers, literals and operators of a text, in order; other punctuation is left out. */
export function lex(text: string): Lexeme[] {
  const found: Lexeme[] = [];
  let end = -1;
  for (const match of text.matchAll(lexemes)) {
    const groups = match.groups ?? {};
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined) as Lexeme["kind"];
    found.push({ kind, text: match[0], isAttached: match.index === end });
    end = match.index + match[0].length;
  }
  return found;
}
