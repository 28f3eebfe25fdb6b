import { type Guard, sameFacts } from "./guard.ts";

export const units: Guard = sameFacts("measure", "units", "The quantities or their units differ.");
