import { type Guard, sameFacts } from "./guard.ts";

export const numbers: Guard = sameFacts("number", "numbers", "The numbers differ.");
