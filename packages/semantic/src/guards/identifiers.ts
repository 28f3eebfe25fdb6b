import { type Guard, sameFacts } from "./guard.ts";

export const identifiers: Guard = sameFacts(
  "identifier",
  "identifiers",
  "The identifiers, addresses or model names differ.",
);
