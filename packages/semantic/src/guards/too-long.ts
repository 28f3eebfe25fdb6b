import type { Guard } from "./guard.ts";

/** Beyond it a prompt is a document, of which an embedder sees a part and comparing word by word takes milliseconds. */
const mostTokens = 400;

/** Two long texts are never taken for the same: too much of them may differ where nobody looked. */
export const tooLong: Guard = ({ asked, stored }) => {
  const longest = Math.max(asked.tokens.length, stored.tokens.length);
  if (longest <= mostTokens) return undefined;
  const reason = `One is longer than ${mostTokens} words.`;
  return { code: "too-long", reason, detail: `${longest} words` };
};
