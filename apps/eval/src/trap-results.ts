import { analyse, decide } from "@llmcache/semantic";
import { readArena, readFinanceTraps, readNegations } from "./data.ts";
import { basePrompts } from "./traps/base-prompts.ts";
import { generateTraps } from "./traps/generate-traps.ts";

export interface TrapResult {
  readonly name: string;
  readonly traps: number;
  /** Served at the default settings, were the two prompts' vectors the same. */
  readonly served: number;
}

/** Each set of pairs that must not answer each other, asked both ways. */
export function runTraps(data: string, clincTexts: readonly string[]): TrapResult[] {
  const everyTenth = clincTexts.filter((_, index) => index % 10 === 0);
  const short = readArena(data).filter((prompt) => prompt.length <= 1_000);
  return [
    count("finance traps", readFinanceTraps(data)),
    count("generated traps, own prompts", generateTraps(basePrompts)),
    count("generated traps, CLINC150 prompts", generateTraps(everyTenth)),
    count("generated traps, Arena Hard prompts", generateTraps(short)),
    count("CANNOT, negations", readNegations(data)),
  ];
}

function count(name: string, traps: readonly { readonly asked: string; readonly stored: string }[]): TrapResult {
  const isServed = (asked: string, stored: string) =>
    decide(analyse(asked), [{ key: "stored", similarity: 1, features: analyse(stored) }]).served !== undefined;
  const served = traps.filter(({ asked, stored }) => isServed(asked, stored) || isServed(stored, asked)).length;
  return { name, traps: traps.length, served };
}
