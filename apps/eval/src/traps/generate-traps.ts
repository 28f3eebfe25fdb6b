import { trapRules } from "./rules.ts";

/** Two prompts of which one's answer must not be served for the other. */
export interface Trap {
  readonly kind: string;
  readonly asked: string;
  readonly stored: string;
}

/** Everything that the rules make of the prompts, each pair once. */
export function generateTraps(prompts: readonly string[]): Trap[] {
  const traps = new Map<string, Trap>();
  for (const stored of new Set(prompts)) {
    for (const { kind, make } of trapRules) {
      for (const asked of make(stored)) {
        // "Right now" and "today" add nothing to a prompt that says so already, and a format none to one that names it.
        if (asked !== stored) traps.set(`${asked}\n${stored}`, { kind, asked, stored });
      }
    }
  }
  return [...traps.values()];
}
