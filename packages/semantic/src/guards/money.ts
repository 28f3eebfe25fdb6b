import { type Guard, sameFacts } from "./guard.ts";

export const money: Guard = sameFacts("money", "money", "The amounts or currencies differ.");
