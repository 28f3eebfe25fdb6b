import type { Group } from "./groups.ts";

/** What a candidate brings to the scales. */
interface Weighed {
  readonly key: string;
  readonly similarity: number;
  readonly group?: Group | undefined;
}

/** How much more a nearer candidate weighs: e^15 for all the similarity there is, a factor of 4.5 for a tenth of it. */
const sharpness = 15;

/** As much as a candidate of this similarity weighs the doubt that none of them is meant. */
const doubtSimilarity = 0.6;

/** What is known of a group's answers never counts for more than a difference in similarity of 0.14. */
const mostFromRecord = 8;

/**
 * The group that weighs most, and how certain it is: its weight among itself, its best rival and doubt. A group of several near
 * candidates outweighs a single one that is a little nearer.
 */
export function weigh(candidates: readonly Weighed[]): {
  readonly best: string | undefined;
  readonly certainty: number | undefined;
} {
  const weights = new Map<string, number>();
  for (const { key, similarity, group } of candidates) {
    const id = group?.id ?? key;
    weights.set(id, (weights.get(id) ?? 0) + Math.exp(sharpness * (similarity - doubtSimilarity)) * recordOf(group));
  }
  const [first, second] = [...weights].toSorted((left, right) => right[1] - left[1]);
  if (first === undefined) return { best: undefined, certainty: undefined };
  const [best, weight] = first;
  return { best, certainty: weight / (weight + (second?.[1] ?? 0) + 1) };
}

/** How often the group's answers agreed with the model's, against how often they did not. */
function recordOf(group: Group | undefined): number {
  if (group === undefined) return 1;
  const odds = (group.agreed + 1) / (group.disagreed + 1);
  return Math.max(1 / mostFromRecord, Math.min(mostFromRecord, odds));
}
