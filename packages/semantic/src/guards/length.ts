import { type Guard, sameText } from "./guard.ts";

export const length: Guard = ({ asked, stored }) =>
  sameText(
    asked.lengths,
    stored.lengths,
    "length",
    "The answer is asked for at another length, or for another reader.",
  );
