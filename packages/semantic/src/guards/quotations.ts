import { type Guard, sameFacts } from "./guard.ts";

export const quotations: Guard = sameFacts("quotation", "quotations", "The quoted texts differ.");
