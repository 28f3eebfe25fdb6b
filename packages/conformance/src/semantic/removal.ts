import { having } from "../check.ts";
import { expectEqual, expectMissing } from "../expect.ts";
import { keysOf } from "../operations.ts";
import { textBytes } from "../sample-bytes.ts";
import {
  atCosine,
  axis,
  namesOf,
  putVector,
  scopeOf,
  type SemanticCheck,
  type SemanticTrial,
} from "./semantic-check.ts";

/** That nothing removed comes back by its meaning. */
export const removalChecks: readonly SemanticCheck[] = [
  {
    name: "finds no deleted entry, and still finds its neighbours",
    run: async (trial) => expectRemoved(trial, ({ backend, key }) => backend.delete(key("entry-1"))),
  },
  {
    name: "finds no entry that deleteMany removed, and still finds its neighbours",
    async run(trial) {
      const store = having(trial.backend, "deleteMany");
      await expectRemoved(trial, ({ key }) => store.deleteMany([key("entry-1"), key("never written")]));
    },
  },
  {
    name: "finds no entry that was cleared, key by key of a listing",
    async run(trial) {
      const store = having(trial.backend, "list");
      const { scope, vector } = await putFour(trial);
      for (const key of await keysOf(store.list(trial.key("")))) await store.delete(key);
      expectEqual((await namesOf(trial, scope, vector)).length, 0, "how many entries nearest found");
    },
  },
  {
    name: "finds an entry again that was deleted and then written again",
    async run(trial) {
      const { backend, key } = trial;
      const { scope, vector } = await putFour(trial);
      await backend.delete(key("entry-1"));
      await backend.put(key("entry-1"), textBytes("back"), { embedding: { scope, vector } });
      expectEqual((await namesOf(trial, scope, vector))[0], "entry-1", "what is nearest");
    },
  },
];

async function expectRemoved(trial: SemanticTrial, remove: (trial: SemanticTrial) => Promise<void>): Promise<void> {
  const { scope, vector } = await putFour(trial);
  await remove(trial);
  expectEqual((await namesOf(trial, scope, vector)).join(), "entry-0,entry-2,entry-3", "what nearest found");
  expectMissing(await trial.backend.get(trial.key("entry-1")), "get of what was removed");
}

/** Four entries, one less near than the other, and a vector that all are near. */
async function putFour(trial: SemanticTrial): Promise<{ readonly scope: string; readonly vector: Float32Array }> {
  const { dimensions } = trial.backend;
  const scope = scopeOf(trial, "four");
  for (const index of [0, 1, 2, 3]) {
    await putVector(trial, `entry-${index}`, scope, atCosine(dimensions, 0.9 - index / 10, index + 1));
  }
  return { scope, vector: axis(dimensions, 0) };
}
