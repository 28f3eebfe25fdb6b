import type { NearestEntry } from "@llmcache/core";
import { describe, expect, expectEqual, fail } from "../expect.ts";
import { forEachOf } from "../for-each-of.ts";
import {
  atCosine,
  axis,
  cosineOf,
  namesIn,
  namesOf,
  putVector,
  sampleVectors,
  scopeOf,
  type SemanticCheck,
  type SemanticTrial,
} from "./semantic-check.ts";

/** A store that computes in single precision is that precise. */
const scoreTolerance = 1e-3;

/** Of what comparing every vector finds, an approximate search finds at least this share. */
const leastRecall = 0.98;

const cosines = [1, 0.97, 0.8, 0.5, 0.1, 0, -0.4, -1];

/** That what is nearest is found, in order, with the score that it has. */
export const searchChecks: readonly SemanticCheck[] = [
  {
    name: "scores by cosine similarity, from 1 to -1, and gives the best first",
    async run(trial) {
      const { scope, found } = await findAtCosines(trial, { limit: cosines.length });
      expectEqual(namesIn(trial.root, found).join(), cosines.join(), `what nearest found in ${scope.slice(0, 8)}`);
      for (const [index, { score }] of found.entries()) {
        expectClose(score, cosines[index] ?? 0, "the score of a vector at this cosine");
        expect(score <= 1 && score >= -1, `score: expected it from -1 to 1, received ${score}`);
      }
    },
  },
  {
    name: "scores the same whatever the lengths of the vectors",
    async run(trial) {
      const { backend } = trial;
      const scope = scopeOf(trial, "lengths");
      const lengths = [0.001, 1, 1000];
      for (const length of lengths) {
        await putVector(
          trial,
          `${length}`,
          scope,
          atCosine(backend.dimensions, 0.6).map((value) => value * length),
        );
      }
      for (const length of lengths) {
        const found = await backend.nearest(scope, axis(backend.dimensions, 0, length), { limit: 3 });
        expectEqual(found.length, 3, "how many entries nearest found");
        for (const { score } of found) expectClose(score, 0.6, "the score of a vector of another length");
      }
    },
  },
  {
    name: "gives as many as the limit allows, or all there are",
    async run(trial) {
      for (const limit of [1, 3, cosines.length, 100]) {
        const { found } = await findAtCosines(trial, { limit });
        const expected = cosines.slice(0, limit);
        expectEqual(namesIn(trial.root, found).join(), expected.join(), `what nearest found with a limit of ${limit}`);
      }
    },
  },
  {
    name: "gives only what has at least minScore",
    async run(trial) {
      // Between the cosines, not on them, where the precision of a store decides.
      for (const minScore of [0.99, 0.6, 0.05, -0.2, -1]) {
        const { found } = await findAtCosines(trial, { limit: 100, minScore });
        const expected = cosines.filter((cosine) => cosine >= minScore);
        expectEqual(namesIn(trial.root, found).join(), expected.join(), `what nearest found from ${minScore} on`);
      }
    },
  },
  {
    name: "finds what comparing every vector finds",
    async run(trial) {
      const { backend, search } = trial;
      const { dimensions } = backend;
      const scope = scopeOf(trial, "sample");
      const stored = sampleVectors(dimensions, 1_500, 1).map((vector, index) => ({ name: `${index}`, vector }));
      await forEachOf(stored, ({ name, vector }) => putVector(trial, name, scope, vector));
      let hits = 0;
      const asked = sampleVectors(dimensions, 60, 2).concat(stored.slice(0, 20).map(({ vector }) => vector));
      for (const vector of asked) {
        const found = await backend.nearest(scope, vector, { limit: 10 });
        const reference = stored
          .map((entry) => ({ name: entry.name, score: cosineOf(entry.vector, vector) }))
          .toSorted((left, right) => right.score - left.score)
          .slice(0, 10);
        const worst = reference.at(-1)?.score ?? 0;
        expectEqual(found.length, 10, "how many entries nearest found");
        expectEqual(new Set(namesIn(trial.root, found)).size, 10, "how many different ones it found");
        for (const [index, { key, score }] of found.entries()) {
          const entry = stored.find(({ name }) => trial.key(name) === key);
          if (entry === undefined) fail(`nearest: received ${describe(key)}, which was not written`);
          expectClose(score, cosineOf(entry.vector, vector), "the score of an entry");
          const next = found[index + 1]?.score ?? -1;
          expect(next <= score, `nearest: expected the best first, received ${score} before ${next}`);
          // What differs by less than the precision of the store is as good.
          if (score >= worst - scoreTolerance / 10) hits++;
        }
      }
      const recall = hits / (asked.length * 10);
      const least = search === "exact" ? 1 : leastRecall;
      expect(recall >= least, `nearest: expected a recall of at least ${least}, received ${recall}`);
    },
  },
  {
    name: "finds the only entry that is near among thousands that are not",
    async run(trial) {
      const { dimensions } = trial.backend;
      const scope = scopeOf(trial, "haystack");
      const hay = sampleVectors(dimensions, 2_000, 3).map((vector, index) => {
        vector[0] = -1;
        return { name: `hay-${index}`, vector };
      });
      await forEachOf(hay, ({ name, vector }) => putVector(trial, name, scope, vector));
      await putVector(trial, "needle", scope, axis(dimensions, 0));
      expectEqual((await namesOf(trial, scope, axis(dimensions, 0), 1)).join(), "needle", "what nearest found");
    },
  },
];

/** Entries at known cosines, written in an order that is not that of their scores, and what is found of them. */
async function findAtCosines(
  trial: SemanticTrial,
  options: { readonly limit: number; readonly minScore?: number },
): Promise<{ readonly scope: string; readonly found: readonly NearestEntry[] }> {
  const { backend } = trial;
  const scope = scopeOf(trial, "cosines");
  const written = cosines.toSorted((left, right) => ((left * 7.3) % 1) - ((right * 7.3) % 1));
  for (const cosine of written) {
    await putVector(trial, `${cosine}`, scope, atCosine(backend.dimensions, cosine, 1 + (cosines.indexOf(cosine) % 7)));
  }
  return { scope, found: await backend.nearest(scope, axis(backend.dimensions, 0), options) };
}

function expectClose(received: number, expected: number, what: string): void {
  if (!(Math.abs(received - expected) <= scoreTolerance)) fail(`${what}: expected ${expected}, received ${received}`);
}
