import { type Candidate, decide, type Features, vetoOf } from "@llmcache/semantic";

/** Which of the candidates, best first, to answer with; `undefined` for none. */
export type Policy = (asked: Features, candidates: readonly Candidate[]) => Candidate | undefined;

/** A way to decide, with one number that trades hits for errors. */
export interface Family {
  readonly name: string;
  readonly levels: readonly number[];
  readonly at: (level: number) => Policy;
}

const similarities = [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
const certainties = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98];

/** What everyone does: whatever is nearest, from one similarity on. */
const staticThreshold: Family = {
  name: "static threshold",
  levels: similarities,
  at:
    (threshold) =>
    (_, [nearest]) =>
      nearest !== undefined && nearest.similarity >= threshold ? nearest : undefined,
};

/** The same over what the guards let through. */
const withGuards: Family = {
  name: "guards",
  levels: similarities,
  at: (threshold) => (asked, candidates) =>
    candidates.find(({ similarity, features }) => similarity >= threshold && vetoOf(asked, features) === undefined),
};

/** The certainty of the best group, at any similarity, so that the whole curve shows. */
const withGroups: Family = {
  name: "groups",
  levels: certainties,
  at: (minCertainty) => (asked, candidates) =>
    decide(asked, candidates, { minSimilarity: 0, minCertainty, guards: false }).served,
};

const withGuardsAndGroups: Family = {
  name: "guards and groups",
  levels: certainties,
  at: (minCertainty) => (asked, candidates) => decide(asked, candidates, { minSimilarity: 0, minCertainty }).served,
};

/** What a user gets who sets nothing. */
export const defaults: Policy = (asked, candidates) => decide(asked, candidates).served;

export const families: readonly Family[] = [staticThreshold, withGuards, withGroups, withGuardsAndGroups];
