import type { Language } from "../languages/language.ts";

/** As much of a word as two words of one root have in common. */
const shortestRoot = 4;

/** Whether one word may stand in the place of the other: listed, or of the same root (`cancel`, `cancellation`). */
export function meanTheSame(stem: string, other: string, { synonyms, derivations }: Language): boolean {
  if (stem === other || synonyms.get(stem)?.has(other) === true) return true;
  let shared = 0;
  while (shared < stem.length && stem[shared] === other[shared]) shared++;
  if (shared < shortestRoot) return false;
  const endings = [stem.slice(shared), other.slice(shared)];
  return endings.every((ending) => ending === "" || ending === "e" || derivations.includes(ending));
}
