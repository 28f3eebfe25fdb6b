import type { Guard } from "./guard.ts";

/** Two long texts are never taken for the same: too much of them may differ where nobody looked. */
export const tooLong: Guard = ({ asked, stored }) => {
  if (!asked.isTooLong && !stored.isTooLong) return undefined;
  const detail = asked.isTooLong ? "what is asked is too long" : "what is stored is too long";
  return { code: "too-long", reason: "One is too long to be compared word by word.", detail };
};
