import { type Guard, sameFacts } from "./guard.ts";

export const versions: Guard = sameFacts("version", "versions", "The versions differ.");
