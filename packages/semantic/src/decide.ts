import type { Features } from "./features/features.ts";
import type { Group } from "./groups.ts";
import type { Veto, VetoCode } from "./guards/guard.ts";
import { vetoOf } from "./guards/index.ts";
import { english } from "./languages/english/index.ts";
import type { Language } from "./languages/language.ts";
import { weigh } from "./weigh.ts";

/** An entry that was found near: the prompt it answers, and what is known of its group. */
export interface Candidate {
  readonly key: string;
  /** Cosine similarity with what is asked, -1 to 1. */
  readonly similarity: number;
  readonly features: Features;
  /** @default a group of its own */
  readonly group?: Group | undefined;
}

/** What decides. Everything has a default that is on the safe side. */
export interface DecisionSettings {
  /** The least cosine similarity of an answer that is served. @default 0.85 */
  readonly minSimilarity?: number | undefined;
  /** The least certainty, from 0 to 1, that the best group is the right one. @default 0.8 */
  readonly minCertainty?: number | undefined;
  /** Whether guards veto. Without them near questions that differ in a number or a "not" are answered wrongly. @default true */
  readonly guards?: boolean | undefined;
  /** What guards know of the prompts' language. @default English */
  readonly language?: Language | undefined;
}

/** Why a stored answer is served, or none. Holds no word of a prompt, unless it was asked to explain. */
export interface Why {
  readonly outcome: "served" | "nothing-near" | "vetoed" | "not-similar" | "not-certain";
  /** The group whose answer is, or would be, served: that of the most weight, where there is one. */
  readonly group: string | undefined;
  /** How certain it is that the group is the right one, 0 to 1. */
  readonly certainty: number | undefined;
  /** How much nearer it is than the nearest entry of another group, where there is one. Negative where that is nearer. */
  readonly margin: number | undefined;
  readonly minSimilarity: number;
  readonly minCertainty: number;
  /** Best first. */
  readonly candidates: readonly ConsideredCandidate[];
}

export interface ConsideredCandidate {
  readonly key: string;
  readonly similarity: number;
  readonly group: string;
  readonly veto: { readonly code: VetoCode; readonly reason: string; readonly detail?: string | undefined } | undefined;
}

export interface Decision {
  readonly served: Candidate | undefined;
  readonly why: Why;
}

/**
 * Decides whether the answer of a near question may be served. Guards veto candidates. Each group weighs what its candidates weigh,
 * also those that were vetoed: where the nearest group has none left, the next nearest is not an answer but another question. Then the
 * best group's nearest candidate must be near enough, and the group outweigh its best rival and the doubt that neither is meant.
 *
 * Pure, and well under a millisecond. `explain` puts what the guards saw, which is words of the prompts, into `why`.
 */
export function decide(
  asked: Features,
  candidates: readonly Candidate[],
  settings: DecisionSettings & { readonly explain?: boolean | undefined } = {},
): Decision {
  const { minSimilarity = 0.85, minCertainty = 0.8, guards = true, language = english, explain = false } = settings;
  const considered = candidates
    .toSorted((left, right) => right.similarity - left.similarity)
    .map((candidate) => ({
      candidate,
      group: candidate.group?.id ?? candidate.key,
      veto: guards ? vetoOf(asked, candidate.features, language) : undefined,
    }));
  const { best, certainty } = weigh(candidates);
  const ofBest = considered.filter(({ group }) => group === best);
  const served = ofBest.find(({ veto }) => veto === undefined)?.candidate;
  const outcome = outcomeOf();
  return {
    served: outcome === "served" ? served : undefined,
    why: {
      outcome,
      group: best,
      certainty,
      margin: marginOf(),
      minSimilarity,
      minCertainty,
      candidates: considered.map(({ candidate: { key, similarity }, group, veto }) => ({
        key,
        similarity,
        group,
        veto: veto && showVeto(veto, explain),
      })),
    },
  };

  function outcomeOf(): Why["outcome"] {
    if (best === undefined || certainty === undefined) return "nothing-near";
    if (served === undefined) return "vetoed";
    if (!(served.similarity >= minSimilarity)) return "not-similar";
    return certainty >= minCertainty ? "served" : "not-certain";
  }

  function marginOf(): number | undefined {
    const other = considered.find(({ group }) => group !== best)?.candidate.similarity;
    const nearest = ofBest[0]?.candidate.similarity;
    return other === undefined || nearest === undefined ? undefined : nearest - other;
  }
}

function showVeto({ code, reason, detail }: Veto, explain: boolean): ConsideredCandidate["veto"] {
  return explain ? { code, reason, detail } : { code, reason };
}
