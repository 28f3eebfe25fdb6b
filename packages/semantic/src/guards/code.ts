import { type Guard, sameFacts } from "./guard.ts";

export const code: Guard = sameFacts("code", "code", "The code or the operators differ.");
