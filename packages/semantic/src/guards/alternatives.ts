import type { Guard } from "./guard.ts";

/** Of things of which an answer can be about one only (countries, colours, weekdays), each says another. */
export const alternatives: Guard = ({ onlyAsked, onlyStored, language }) => {
  for (const { stem } of onlyAsked) {
    const set = language.members.get(stem);
    if (set === undefined) continue;
    const other = onlyStored.find((token) => language.members.get(token.stem) === set);
    if (other === undefined) continue;
    const reason = `They name different members of one set: ${set}.`;
    return { code: "alternatives", reason, detail: `${stem} is asked, ${other.stem} is stored` };
  }
  return undefined;
};
