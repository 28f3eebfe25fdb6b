import type { Guard } from "./guard.ts";

/** From A to B, and from B to A. */
export const direction: Guard = ({ asked, stored }) => {
  for (const [from, to] of asked.directions) {
    if (from === to || !stored.directions.some(([start, end]) => start === to && end === from)) continue;
    if (stored.directions.some(([start, end]) => start === from && end === to)) continue;
    return { code: "direction", reason: "They go in opposite directions.", detail: `from ${from} to ${to} is asked` };
  }
  return undefined;
};
