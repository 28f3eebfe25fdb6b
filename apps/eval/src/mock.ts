import { analyse, type Candidate, decide, memorySemantic, vetoOf } from "@llmcache/semantic";
import { dimensions, readMock } from "./data.ts";

export interface MockResult {
  readonly name: string;
  /** Of the 800 that the policy is surest of, or of those that it is sure enough of: how many are answered wrongly. */
  readonly hits: number;
  readonly wrong: number;
}

interface Question {
  readonly similar: string;
  readonly origin: string;
  readonly candidates: readonly Candidate[];
}

/** As many hits as GPTCache's own figures at a threshold of .9 are about. */
const comparedHits = 800;

/** GPTCache's own set: the origins are stored, each paraphrase asked; policies compared by the answers that they are surest of. */
export async function runMock(data: string): Promise<MockResult[]> {
  const questions = await findCandidates(data);
  const nearest = questions.map(({ origin, candidates: [best] }) => verdict(best, best?.similarity, origin));
  const guarded = questions.map(({ similar, origin, candidates }) => {
    const asked = analyse(similar);
    const best = candidates.find(({ features }) => vetoOf(asked, features) === undefined);
    return verdict(best, best?.similarity, origin);
  });
  const grouped = (guards: boolean) =>
    questions.map(({ similar, origin, candidates }) => {
      const { served, why } = decide(analyse(similar), candidates, { minSimilarity: 0, minCertainty: 0, guards });
      return verdict(served, why.certainty, origin);
    });
  const [byGroups, byBoth] = [grouped(false), grouped(true)];
  const leastOfGroups = surest(byGroups).at(-1)?.score ?? Infinity;
  return [
    count("static threshold", surest(nearest)),
    count("guards", surest(guarded)),
    count("groups", surest(byGroups)),
    count("guards and groups", surest(byBoth)),
    // A veto takes right answers away too, so that as many hits reach further down. This is what the guards do to the hits of the groups.
    count(
      "guards and groups, as sure as groups",
      byBoth.filter(({ score }) => score >= leastOfGroups),
    ),
  ];
}

/** Of the paraphrases whose own origin a threshold serves, the share that the guards let through. */
export async function mockSurvival(data: string, thresholds: readonly number[]): Promise<Survival[]> {
  const questions = await findCandidates(data);
  return thresholds.map((threshold) => {
    const right = questions.filter(
      ({ origin, candidates: [best] }) => best?.group?.id === origin && best.similarity >= threshold,
    );
    const survived = right.filter(
      ({ similar, candidates: [best] }) => best && vetoOf(analyse(similar), best.features) === undefined,
    );
    return { name: "GPTCache mock", threshold, served: right.length, survived: survived.length };
  });
}

export interface Survival {
  readonly name: string;
  readonly threshold: number;
  readonly served: number;
  readonly survived: number;
}

async function findCandidates(data: string): Promise<Question[]> {
  const { pairs, origins, similars } = readMock(data);
  const store = memorySemantic({ dimensions });
  for (const [index, vector] of origins.entries()) {
    await store.put(String(index), new Uint8Array(), { embedding: { scope: "mock", vector } });
  }
  const features = pairs.map(({ origin }) => analyse(origin));
  return Promise.all(
    pairs.map(async ({ origin, similar }, index) => {
      const found = await store.nearest("mock", similars[index] ?? new Float32Array(), { limit: 10 });
      const candidates = found.flatMap(({ key, score }): Candidate[] => {
        const [stored, read] = [pairs[Number(key)], features[Number(key)]];
        if (stored === undefined || read === undefined) return [];
        // Some origins stand in it several times: equal questions have equal answers.
        return [
          { key, similarity: score, features: read, group: { id: stored.origin, size: 1, agreed: 0, disagreed: 0 } },
        ];
      });
      return { similar, origin, candidates };
    }),
  );
}

interface Verdict {
  readonly score: number;
  readonly isRight: boolean;
}

function verdict(served: Candidate | undefined, score: number | undefined, origin: string): Verdict {
  return { score: served === undefined ? -Infinity : (score ?? -Infinity), isRight: served?.group?.id === origin };
}

function surest(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts
    .filter(({ score }) => score > -Infinity)
    .toSorted((left, right) => right.score - left.score)
    .slice(0, comparedHits);
}

function count(name: string, verdicts: readonly Verdict[]): MockResult {
  return { name, hits: verdicts.length, wrong: verdicts.filter(({ isRight }) => !isRight).length };
}
