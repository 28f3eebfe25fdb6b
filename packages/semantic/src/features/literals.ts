import type { FactKind } from "./features.ts";

/** What stands in the text for a literal that was taken out, followed by its index and the mark again. Private use: no prompt means it. */
export const literalMark = "\uE000";

export interface Literal {
  readonly kind: FactKind;
  readonly text: string;
}

/** In this order: a URL in code is code, and quotation marks in code quote nothing. */
const patterns: readonly (readonly [FactKind, RegExp])[] = [
  ["code", /```(?:[\w+-]*\n)?([\s\S]*?)```/gu],
  ["code", /`([^`\n]+)`/gu],
  ["url", /\b(?:https?|ftp|file|wss?):\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]]/giu],
  ["url", /\bwww\.[^\s<>"']*[^\s<>"'.,;:!?)\]]/giu],
  ["identifier", /\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/gu],
  ["identifier", /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/giu],
  ["quotation", /"([^"\n]+)"/gu],
  // Single quotation marks are apostrophes inside a word, and after one.
  ["quotation", /(?<![\p{L}\p{N}])'([^'\n]+(?:'\p{L}[^'\n]*)*)'(?![\p{L}\p{N}])/gu],
  // Paths, calls and dotted or snake-case names are code without its marks.
  ["code", /(?<![\w/])(?:~|\.{1,2})?\/[\w.-]+(?:\/[\w.*-]+)+/gu],
  ["code", /\b[A-Za-z_][\w.]*\([^()\s]*\)/gu],
  ["code", /\b\w+_\w+\b/gu],
  ["code", /(?<=^|\s)--?[a-z][\w-]*/giu],
];

/** Takes code, URLs, addresses and quoted text out of a text, and leaves a mark for each. */
export function takeLiterals(text: string): { readonly rest: string; readonly literals: readonly Literal[] } {
  const literals: Literal[] = [];
  let rest = text.replaceAll(literalMark, " ");
  for (const [kind, pattern] of patterns) {
    rest = rest.replaceAll(pattern, (whole: string, inner: unknown) => {
      const said = typeof inner === "string" ? inner : whole;
      if (said.includes(literalMark)) return whole;
      literals.push({ kind, text: kind === "quotation" ? normalizeQuotation(said) : said.trim() });
      return ` ${literalMark}${literals.length - 1}${literalMark} `;
    });
  }
  return { rest, literals };
}

/** Capitals, spacing and a full stop inside the marks do not make it another quotation. */
function normalizeQuotation(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[.,!?]$/, "");
}
