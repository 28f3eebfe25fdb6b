import { analyse, decide, type Features } from "@llmcache/semantic";
import { expect, test } from "vitest";
import { basePrompts } from "../src/traps/base-prompts.ts";
import { generateTraps, type Trap } from "../src/traps/generate-traps.ts";

const kinds = [
  ...["number", "year", "unit", "negation", "antonym", "swap", "direction", "code"],
  ...["format", "language", "freshness", "length", "question"],
];

test(
  "at default settings none of 5 000 generated traps is served, whichever of the two was stored, however near",
  { timeout: 60_000 },
  () => {
    const traps = generateTraps(basePrompts);
    expect(traps.length).toBeGreaterThanOrEqual(5_000);
    expect([...new Set(traps.map(({ kind }) => kind))].toSorted()).toEqual(kinds.toSorted());
    const features = new Map<string, Features>();
    const read = (prompt: string) => {
      const known = features.get(prompt) ?? analyse(prompt);
      features.set(prompt, known);
      return known;
    };
    const isServed = (asked: string, stored: string) =>
      decide(read(asked), [{ key: "stored", similarity: 1, features: read(stored) }]).served !== undefined;
    const served = traps.filter(({ asked, stored }: Trap) => isServed(asked, stored) || isServed(stored, asked));
    expect(served).toEqual([]);
  },
);

test(
  "each prompt that traps are made of is served for itself, and where courtesy is added",
  { timeout: 60_000 },
  () => {
    for (const prompt of basePrompts) {
      const stored = { key: "stored", similarity: 1, features: analyse(prompt) };
      expect(decide(analyse(prompt), [stored]).why.outcome).toBe("served");
      const polite = `Please tell me: ${prompt}`;
      expect([polite, decide(analyse(polite), [{ ...stored, similarity: 0.95 }]).why.candidates[0]?.veto]).toEqual([
        polite,
        undefined,
      ]);
    }
  },
);
