import { type Guard, sameText } from "./guard.ts";

export const freshness: Guard = ({ asked, stored }) =>
  sameText(asked.freshness, stored.freshness, "freshness", "They ask about different times of asking.");
