import { type Guard, sameText } from "./guard.ts";

export const format: Guard = ({ asked, stored }) =>
  sameText(asked.formats, stored.formats, "format", "The answer is asked for in another format.");
