import type { Language } from "../languages/language.ts";
import type { Guard, Veto } from "./guard.ts";

/** A word that only one of them says, and its opposite, which only the other says. */
export const opposites: Guard = ({ onlyAsked, onlyStored, edits, language }) => {
  for (const { stem } of onlyAsked) {
    for (const { stem: other } of onlyStored) {
      if (language.opposites.get(stem)?.has(other) === true || areReversed(stem, other, language))
        return veto(stem, other);
    }
  }
  // Small words have many uses: only in otherwise equal sentences do two of them tell those apart.
  if (edits.length > 2) return undefined;
  for (const { asked, stored } of edits) {
    const [word = "", other = ""] = [asked[0]?.text, stored[0]?.text];
    const isPlain = asked.length === 1 && stored.length === 1;
    if (isPlain && language.oppositeParticles.get(word)?.has(other) === true) return veto(word, other);
  }
  return undefined;
};

function veto(asked: string, stored: string): Veto {
  const reason = "A word of one is the opposite of a word of the other.";
  return { code: "opposites", reason, detail: `${asked} is asked, ${stored} is stored` };
}

/** `possible` and `impossible`, `useful` and `useless`, `employer` and `employee`. */
function areReversed(left: string, right: string, { reversingPrefixes, reversingSuffixes }: Language): boolean {
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  if (short.length >= 3 && long.endsWith(short) && reversingPrefixes.includes(long.slice(0, -short.length)))
    return true;
  return reversingSuffixes.some(([one, other]) => {
    const [first, second] = left.endsWith(one) ? [left, right] : [right, left];
    const root = first.slice(0, -one.length);
    return root.length >= 3 && first.endsWith(one) && second === `${root}${other}`;
  });
}
