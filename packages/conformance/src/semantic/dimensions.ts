import { describe, expect, expectEqual, expectMissing, fail, rejectionOf } from "../expect.ts";
import { textBytes } from "../sample-bytes.ts";
import { axis, namesOf, putVector, scopeOf, type SemanticCheck } from "./semantic-check.ts";

/** That a vector of another embedder is refused, never compared. */
export const dimensionChecks: readonly SemanticCheck[] = [
  {
    name: "has nearest, and dimensions that are a whole number above 0",
    async run({ backend }) {
      const { dimensions }: { dimensions: unknown } = backend;
      expect(Number.isInteger(dimensions) && Number(dimensions) > 0, `dimensions: received ${describe(dimensions)}`);
      expectEqual(typeof backend.nearest, "function", "typeof nearest");
    },
  },
  {
    name: "refuses to store a vector of another length, or without a direction, and then has nothing",
    async run(trial) {
      const { backend, key } = trial;
      const scope = scopeOf(trial, "refused");
      for (const [what, vector] of wrongVectors(backend.dimensions)) {
        const put = () => backend.put(key("refused"), textBytes("refused"), { embedding: { scope, vector } });
        expectError(await rejectionOf(`put of ${what}`, put), `put of ${what}`);
        expectMissing(await backend.get(key("refused")), `get after a refused put of ${what}`);
      }
    },
  },
  {
    name: "refuses to look for a vector of another length, or without a direction",
    async run(trial) {
      const { backend } = trial;
      const scope = scopeOf(trial, "stored");
      for (const isEmpty of [true, false]) {
        if (!isEmpty) await putVector(trial, "stored", scope, axis(backend.dimensions, 0));
        for (const [what, vector] of wrongVectors(backend.dimensions)) {
          const where = `nearest to ${what} in ${isEmpty ? "an empty scope" : "a scope that has entries"}`;
          expectError(await rejectionOf(where, () => backend.nearest(scope, vector, { limit: 1 })), where);
        }
      }
    },
  },
  {
    name: "fails at start on an index for vectors of another length, and leaves it as it is",
    async run(trial) {
      const { backend, reopenWith } = trial;
      const scope = scopeOf(trial, "theirs");
      await putVector(trial, "theirs", scope, axis(backend.dimensions, 0));
      const other = backend.dimensions + 1;
      const start = async () => {
        const opened = await reopenWith(other);
        await opened.nearest(scope, axis(other, 0), { limit: 1 });
      };
      let error: unknown;
      try {
        await start();
      } catch (thrown) {
        error = thrown;
      }
      if (error === undefined) fail("a store of other dimensions: expected it, or its first operation, to reject");
      expectError(error, "a store of other dimensions");
      expectEqual((await namesOf(trial, scope, axis(backend.dimensions, 0)))[0], "theirs", "nearest afterwards");
    },
  },
];

function wrongVectors(dimensions: number): [what: string, vector: Float32Array][] {
  const withOne = (value: number) => {
    const vector = axis(dimensions, 1);
    vector[0] = value;
    return vector;
  };
  return [
    ["a vector that is too short", axis(dimensions - 1, 0)],
    ["a vector that is too long", axis(dimensions + 1, 0)],
    ["a vector of length 0", new Float32Array()],
    ["zeros", new Float32Array(dimensions)],
    ["a vector with NaN", withOne(Number.NaN)],
    ["a vector with Infinity", withOne(Infinity)],
  ];
}

function expectError(error: unknown, what: string): void {
  if ((error as Error | undefined)?.constructor.name === "DoesNotApply") throw error;
  expect(error instanceof Error, `${what}: expected it to reject with an Error, received ${describe(error)}`);
}
