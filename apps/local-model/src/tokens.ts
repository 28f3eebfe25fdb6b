/** A word, or a part of a long one, with the space before it; up to three digits; one sign; or left-over space. */
const tokenPattern = /\s?\p{L}{1,8}|\s?\d{1,3}|\s?[^\s\p{L}\d]|\s+/gu;

/** Splits a text into tokens, about as many as a real tokenizer would make. Joined they are the text again. */
export function splitTokens(text: string): string[] {
  return text.match(tokenPattern) ?? [];
}

/** How many tokens a text has. */
export function countTokens(text: string): number {
  return splitTokens(text).length;
}
