import type { Token } from "../features/features.ts";
import type { Language } from "../languages/language.ts";
import type { Guard } from "./guard.ts";
import { meanTheSame } from "./mean-the-same.ts";
import type { Edit } from "./comparison.ts";

/** More words than that are another way to say it, or a sentence of another kind. */
const mostReplaced = 3;

/**
 * Sentences built alike that say another word in one place are about another thing, until the two words are known to mean the same:
 * whoever says a thing again in other words seldom keeps all the others.
 */
export const subject: Guard = ({ edits, onlyAsked, onlyStored, language }) => {
  const alone = new Set([...onlyAsked, ...onlyStored].map(({ stem }) => stem));
  const differing = edits.filter((edit) => !sayTheSame(edit, language));
  const [first] = differing;
  if (first === undefined || !differing.every((edit) => isSubstitution(edit, alone))) return undefined;
  const detail = `${textOf(first.asked)} is asked, ${textOf(first.stored)} is stored`;
  return { code: "subject", reason: "In sentences built alike, one names another thing.", detail };
};

/** Whether a few words stand in the place of a few others, built alike: as many small words among them. */
function isSubstitution({ asked, stored }: Edit, alone: ReadonlySet<string>): boolean {
  const smallIn = (tokens: readonly Token[]) => tokens.filter(({ isContent }) => !isContent).length;
  if (Math.max(asked.length, stored.length) > mostReplaced || smallIn(asked) !== smallIn(stored)) return false;
  return saysOfItsOwn(asked, alone) && saysOfItsOwn(stored, alone);
}

function saysOfItsOwn(tokens: readonly Token[], alone: ReadonlySet<string>): boolean {
  return tokens.some((token) => token.isContent && alone.has(token.stem));
}

/** Whether everything that one side says has its like on the other. */
function sayTheSame({ asked, stored }: Edit, language: Language): boolean {
  const [left, right] = [asked.filter(({ isContent }) => isContent), stored.filter(({ isContent }) => isContent)];
  if (left.length === 0 || right.length === 0) return false;
  const haveLike = (tokens: readonly Token[], others: readonly Token[]) =>
    tokens.every((token) => others.some((other) => meanTheSame(token.stem, other.stem, language)));
  return (haveLike(left, right) && haveLike(right, left)) || textOf(left) === textOf(right);
}

/** "pass word" is "password". */
function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ stem }) => stem).join("");
}
