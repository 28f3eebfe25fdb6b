import type { Guard } from "./guard.ts";

/** To have something done, and to ask about it: "cancel my order", "how do I cancel my order". */
export const act: Guard = ({ asked, stored }) => {
  const isOnlyAsked = asked.act !== undefined && stored.question !== undefined;
  const isOnlyStored = stored.act !== undefined && asked.question !== undefined;
  if (!isOnlyAsked && !isOnlyStored) return undefined;
  const detail = `${isOnlyAsked ? asked.act : stored.act} is ${isOnlyAsked ? "asked" : "stored"} as something to do`;
  return { code: "act", reason: "One asks for something to be done, the other asks a question.", detail };
};
