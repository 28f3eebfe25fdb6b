import type { Guard } from "./guard.ts";

/** An even number of negations affirms. */
export const negation: Guard = ({ asked, stored }) => {
  if (asked.negations % 2 === stored.negations % 2) return undefined;
  const reason = "One is negated, the other is not.";
  return { code: "negation", reason, detail: `${asked.negations} negations asked, ${stored.negations} stored` };
};
