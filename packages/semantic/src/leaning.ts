import type { Features } from "./features/features.ts";

/** Words that point to something said before. Some of them ("that") often do not: then a hit is lost, and no answer is wrong. */
const pointing: ReadonlySet<string> = new Set(
  `it its itself this that these those they them their he him his she her one ones there above previous previously earlier former latter
  same again more else instead another other others rest continue further elaborate expand rephrase reword shorter longer simpler`.split(
    /\s+/,
  ),
);

/** How an answer to an answer begins. */
const openings =
  /^\W*(?:and|but|or|so|then|also|now|yes|yeah|yep|no|nope|ok|okay|sure|right|thanks|thank you|wait|actually|what about|how about|why not|go on|next)\b/i;

/** Fewer words of its own say too little to stand alone: "and in blue?", "why?". */
const fewestContentWords = 3;

/**
 * Whether a prompt may mean something by the turns before it. In a language that is not known here it always may.
 */
export function leansOnEarlierTurns(prompt: string, { tokens, language }: Features): boolean {
  if (language !== undefined && !language.startsWith("en")) return true;
  if (tokens.filter(({ isContent }) => isContent).length < fewestContentWords || openings.test(prompt)) return true;
  return (prompt.toLowerCase().match(/[a-z]+/g) ?? []).some((word) => pointing.has(word));
}
