import type { Language } from "../languages/language.ts";
import type { Token } from "./features.ts";

/** The content word after a word for "from" with the one after the next word for "to"; of "A to B", the words around. */
export function directionsOf(tokens: readonly Token[], { from, to }: Language): [string, string][] {
  const found: [string, string][] = [];
  const contentFrom = (at: number, step: number): string | undefined => {
    for (let index = at; index >= 0 && index < tokens.length && Math.abs(index - at) < 3; index += step) {
      const token = tokens[index] as Token;
      if (token.isContent) return token.stem;
      if (from.has(token.text) || to.has(token.text)) break;
    }
    // "from me to Carol".
    return tokens[at]?.stem;
  };
  for (let at = 0; at < tokens.length; at++) {
    if (!to.has((tokens[at] as Token).text)) continue;
    const before = tokens.findLastIndex(({ text }, index) => index < at && from.has(text));
    const start = before >= 0 ? contentFrom(before + 1, 1) : contentFrom(at - 1, -1);
    const end = contentFrom(at + 1, 1);
    if (start !== undefined && end !== undefined) found.push([start, end]);
  }
  for (let at = 0; at < tokens.length; at++) {
    if (!from.has((tokens[at] as Token).text)) continue;
    // "to Paris from Boston".
    const after = tokens.findLastIndex(({ text }, index) => index < at && to.has(text));
    if (after < 0) continue;
    const [start, end] = [contentFrom(at + 1, 1), contentFrom(after + 1, 1)];
    if (start !== undefined && end !== undefined) found.push([start, end]);
  }
  return found;
}
