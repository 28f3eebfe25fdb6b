import type { Token } from "../features/features.ts";
import type { Language } from "../languages/language.ts";
import type { Guard } from "./guard.ts";

/**
 * The same words in another order: who does what to whom may have changed. Not where a phrase moved as a whole ("in Python, how ..."),
 * nor where equals changed places ("apples and pears").
 */
export const order: Guard = ({ asked, stored, onlyAsked, onlyStored, language }) => {
  if (onlyAsked.length > 0 || onlyStored.length > 0) return undefined;
  const [left, right] = [contentOf(asked.tokens), contentOf(stored.tokens)];
  if (left.every((token, index) => token.stem === right[index]?.stem)) return undefined;
  if (
    isPhraseMoved(asked.tokens, stored.tokens, language) ||
    areEqualsExchanged(asked.tokens, stored.tokens, language)
  ) {
    return undefined;
  }
  const detail = `${left.map(({ stem }) => stem).join(" ")} is asked, ${right.map(({ stem }) => stem).join(" ")} is stored`;
  return { code: "order", reason: "They say the same words in another order.", detail };
};

function contentOf(tokens: readonly Token[]): readonly Token[] {
  return tokens.filter(({ isContent }) => isContent);
}

/**
 * Whether they differ by two neighbouring phrases that changed places. Within a sentence both must begin as phrases do ("from Oslo",
 * "to Rome"); where the two are the whole of it, one of them.
 */
function isPhraseMoved(left: readonly Token[], right: readonly Token[], { prepositions }: Language): boolean {
  if (left.length !== right.length) return false;
  const isSame = (index: number) => left[index]?.stem === right[index]?.stem;
  let [start, end] = [0, left.length];
  while (start < end && isSame(start)) start++;
  while (end > start && isSame(end - 1)) end--;
  const [middle, moved] = [left.slice(start, end), right.slice(start, end)];
  const isWhole = middle.length === left.length;
  for (let at = 1; at < middle.length; at++) {
    const turned = [...middle.slice(at), ...middle.slice(0, at)];
    if (!turned.every(({ stem }, index) => stem === moved[index]?.stem)) continue;
    const begin = [middle[0], middle[at]].map((token) => prepositions.has(token?.text ?? ""));
    return isWhole ? begin.includes(true) : !begin.includes(false);
  }
  return false;
}

/** Whether the only difference is that two words around one that joins equals have changed places. */
function areEqualsExchanged(left: readonly Token[], right: readonly Token[], { conjunctions }: Language): boolean {
  if (left.length !== right.length) return false;
  const moved = left.flatMap(({ stem }, index) => (stem === right[index]?.stem ? [] : [index]));
  const [first = 0, last = 0] = [moved[0], moved.at(-1)];
  const between = left.slice(first, last + 1);
  const joints = between.flatMap(({ text }, index) => (conjunctions.has(text) ? [index] : []));
  const [joint = -1] = joints;
  // "A and B" is "B and A"; "A, B" around more than the joint ("A eats B and C") is not.
  if (joints.length !== 1) return false;
  const [before, after] = [between.slice(0, joint), between.slice(joint + 1)];
  const expected = [...after, ...between.slice(joint, joint + 1), ...before];
  return (
    Math.max(before.length, after.length) <= 3 &&
    expected.every(({ stem }, index) => stem === right[first + index]?.stem)
  );
}
