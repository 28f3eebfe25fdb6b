export { openStore } from "./store/open-store.ts";
export type { OpenOptions } from "./store/open-store.ts";
