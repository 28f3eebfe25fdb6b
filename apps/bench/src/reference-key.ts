import { hash } from "node:crypto";

/** The key that a program makes when its cache makes none. It tells `{a, b}` from `{b, a}`, and a missing member from none. */
export function referenceKey(params: unknown): string {
  return hash("sha256", JSON.stringify(params), "hex");
}
