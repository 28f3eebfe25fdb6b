import { randomFrom, seedOf } from "./seed.ts";

/** A token with its log probability, and the likeliest tokens in its place, itself first. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: number[];
  readonly top_logprobs: { readonly token: string; readonly logprob: number; readonly bytes: number[] }[];
}

const others = [
  " the",
  " a",
  " and",
  " of",
  ",",
  ".",
  " in",
  " to",
  " it",
  " is",
  " that",
  " for",
  " on",
  " as",
  " with",
  " by",
  " at",
  " from",
  " or",
  " so",
];

/** Log probabilities of tokens, the same each time. */
export function logprobsOf(tokens: readonly string[], topLogprobs: number): TokenLogprob[] {
  return tokens.map((token, index) => {
    const random = randomFrom(seedOf(`${index} ${token}`));
    const own = describe(token, -random() / 2);
    let last = own.logprob;
    const rest = others
      .filter((other) => other !== token)
      .slice(0, Math.max(0, topLogprobs - 1))
      .map((other) => describe(other, (last -= 1 + random())));
    return { ...own, top_logprobs: topLogprobs === 0 ? [] : [own, ...rest] };
  });
}

function describe(token: string, logprob: number): { token: string; logprob: number; bytes: number[] } {
  return { token, logprob, bytes: [...new TextEncoder().encode(token)] };
}
