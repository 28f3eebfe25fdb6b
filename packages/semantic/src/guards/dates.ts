import { type Guard, sameFacts } from "./guard.ts";

export const dates: Guard = sameFacts("date", "dates", "The dates or times differ.");
