import { type Guard, sameFacts } from "./guard.ts";

export const urls: Guard = sameFacts("url", "urls", "The URLs differ.");
