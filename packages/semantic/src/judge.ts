import { unitVector } from "@llmcache/core";
import { answerText } from "./answer-text.ts";
import type { Embed } from "./open-ai-embedder.ts";
import { dot } from "./vectors/dot.ts";

/** Says whether two answers to two similar questions say the same. `undefined`: it cannot tell. */
export type Judge = (
  answers: { readonly fresh: unknown; readonly stored: unknown },
  options: { readonly signal: AbortSignal },
) => boolean | undefined | Promise<boolean | undefined>;

/** Up to this length an answer is a word, a number or a name, which is said in one way. */
const shortAnswer = 40;

/**
 * Answers of the same text agree, case, punctuation and space aside; short ones of another text do not. Of others it cannot tell: no model says a
 * longer text twice in the same words.
 */
export const textJudge: Judge = ({ fresh, stored }) => {
  const [left, right] = [answerText(fresh), answerText(stored)].map((text) => text && normal(text));
  if (left === undefined || right === undefined) return undefined;
  if (left === right) return true;
  return Math.max(left.length, right.length) <= shortAnswer ? false : undefined;
};

/**
 * Answers whose texts are at least that similar agree. For free text, which no model says twice in the same words.
 *
 * @param minSimilarity cosine, -1 to 1. @default 0.9
 */
export function embeddingJudge(embed: Embed, options: { readonly minSimilarity?: number | undefined } = {}): Judge {
  const { minSimilarity = 0.9 } = options;
  return async ({ fresh, stored }, { signal }) => {
    const [left, right] = [answerText(fresh), answerText(stored)];
    if (left === undefined || right === undefined) return undefined;
    if (normal(left) === normal(right)) return true;
    const [one, other] = await embed([left, right], { signal });
    if (one === undefined || other === undefined) return undefined;
    return dot(unitVector(one, one.length), unitVector(other, one.length)) >= minSimilarity;
  };
}

function normal(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
