import { expectEqual } from "../expect.ts";
import { axis, namesOf, putVector, scopeOf, type SemanticCheck } from "./semantic-check.ts";

/** That an answer never crosses a scope. */
export const scopeChecks: readonly SemanticCheck[] = [
  {
    name: "finds nothing in a scope that was never written",
    async run(trial) {
      const vector = axis(trial.backend.dimensions, 0);
      await putVector(trial, "elsewhere", scopeOf(trial, "written"), vector);
      expectEqual((await namesOf(trial, scopeOf(trial, "never"), vector)).length, 0, "how many entries nearest found");
    },
  },
  {
    name: "finds an entry in its own scope alone, also among scopes that differ in one character",
    async run(trial) {
      const vector = axis(trial.backend.dimensions, 0);
      const scope = scopeOf(trial, "scope");
      const scopes = ["0", "1", "f"].flatMap((digit) => [`${scope.slice(0, -1)}${digit}`, `${digit}${scope.slice(1)}`]);
      const each = [...new Set(scopes)];
      for (const [index, one] of each.entries()) await putVector(trial, `in-${index}`, one, vector);
      for (const [index, one] of each.entries()) {
        expectEqual((await namesOf(trial, one, vector)).join(), `in-${index}`, `what scope ${index} has`);
      }
    },
  },
  {
    name: "fills the limit from the scope, however many nearer entries other scopes have",
    async run(trial) {
      const { dimensions } = trial.backend;
      const scope = scopeOf(trial, "small");
      for (let index = 0; index < 100; index++) {
        await putVector(trial, `near-${index}`, scopeOf(trial, "large"), axis(dimensions, 0));
      }
      for (const index of [1, 2, 3]) await putVector(trial, `far-${index}`, scope, axis(dimensions, index));
      const found = await namesOf(trial, scope, axis(dimensions, 0), 3);
      expectEqual(found.toSorted().join(), "far-1,far-2,far-3", "what the scope has");
    },
  },
];
