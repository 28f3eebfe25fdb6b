import { memorySemantic, vetoOf, type VetoCode } from "@llmcache/semantic";
import { dimensions } from "./data.ts";
import type { Survival } from "./mock.ts";
import { type PreparedPrompts, shuffle } from "./stream.ts";

/** Vetoes because the two name other values: right for any answer that depends on them, though the intent is the same. */
const otherValues = new Set<VetoCode>([
  "numbers",
  "units",
  "money",
  "dates",
  "identifiers",
  "alternatives",
  "answer-language",
  "direction",
  "names",
]);

export interface ClincSurvival {
  readonly all: readonly Survival[];
  /** Without the pairs that name other values. */
  readonly sameValues: readonly Survival[];
  readonly vetoes: Readonly<Record<string, number>>;
}

/** Of the questions whose nearest neighbour among those before has the same intent and is served by a threshold: the share that guards let through. */
export async function clincSurvival(
  prompts: PreparedPrompts,
  thresholds: readonly number[],
  requests: number,
): Promise<ClincSurvival> {
  const store = memorySemantic({ dimensions, maxBytes: 2 ** 30 });
  const pairs: { readonly similarity: number; readonly code: VetoCode | undefined }[] = [];
  const lowest = Math.min(...thresholds);
  for (const index of shuffle(prompts.texts.length, 1).slice(0, requests)) {
    const vector = prompts.vectors[index] ?? new Float32Array();
    const [nearest] = await store.nearest("clinc", vector, { limit: 1, minScore: lowest });
    await store.put(String(index), new Uint8Array(), { embedding: { scope: "clinc", vector } });
    if (nearest === undefined || prompts.labels[Number(nearest.key)] !== prompts.labels[index]) continue;
    const [asked, stored] = [prompts.features[index], prompts.features[Number(nearest.key)]];
    if (asked && stored) pairs.push({ similarity: nearest.score, code: vetoOf(asked, stored)?.code });
  }
  const survivalOf = (name: string, of: typeof pairs) =>
    thresholds.map((threshold): Survival => {
      const served = of.filter(({ similarity }) => similarity >= threshold);
      const survived = served.filter(({ code }) => code === undefined).length;
      return { name, threshold, served: served.length, survived };
    });
  const vetoes: Record<string, number> = {};
  for (const { code } of pairs) if (code !== undefined) vetoes[code] = (vetoes[code] ?? 0) + 1;
  return {
    all: survivalOf("CLINC150", pairs),
    sameValues: survivalOf(
      "CLINC150, same values",
      pairs.filter(({ code }) => code === undefined || !otherValues.has(code)),
    ),
    vetoes,
  };
}
