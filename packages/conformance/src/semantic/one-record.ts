import { having } from "../check.ts";
import { expect, expectBytes, expectEqual, expectMissing } from "../expect.ts";
import { textBytes } from "../sample-bytes.ts";
import { axis, namesOf, putVector, scopeOf, type SemanticCheck } from "./semantic-check.ts";

/** That an entry is one record, whichever way it is found. */
export const oneRecordChecks: readonly SemanticCheck[] = [
  {
    name: "finds an entry by its vector, and gets it by its key: the same bytes",
    async run(trial) {
      const { backend, key } = trial;
      const vector = axis(backend.dimensions, 0);
      const scope = scopeOf(trial, "both");
      const value = Uint8Array.from({ length: 256 }, (_, index) => index);
      await backend.put(key("both"), value, { embedding: { scope, vector } });
      expectBytes(await backend.get(key("both")), value, "get");
      const [found, ...others] = await backend.nearest(scope, vector, { limit: 3 });
      expectEqual(found?.key, key("both"), "the key that nearest found");
      expectBytes(found?.value, value, "the value that nearest found");
      expectEqual(others.length, 0, "how many others it found");
    },
  },
  {
    name: "finds no entry that was written without a vector",
    async run(trial) {
      const { backend, key } = trial;
      const scope = scopeOf(trial, "with");
      await backend.put(key("without"), textBytes("without"));
      await putVector(trial, "with", scope, axis(backend.dimensions, 0));
      expectEqual((await namesOf(trial, scope, axis(backend.dimensions, 0))).join(), "with", "what nearest found");
      expectMissing(
        (await backend.nearest(scopeOf(trial, "none"), axis(backend.dimensions, 0), { limit: 1 }))[0],
        "nearest",
      );
      expectBytes(await backend.get(key("without")), textBytes("without"), "get");
    },
  },
  {
    name: "keeps one entry for a key that is written twice, where it was written last",
    async run(trial) {
      const { backend, key } = trial;
      const scope = scopeOf(trial, "twice");
      const vector = axis(backend.dimensions, 0);
      await putVector(trial, "twice", scope, vector);
      await backend.put(key("twice"), textBytes("again"), { embedding: { scope, vector } });
      const found = await backend.nearest(scope, vector, { limit: 5 });
      expectEqual(found.length, 1, "how many entries the same prompt, stored twice, has");
      expectBytes(found[0]?.value, textBytes("again"), "the value that nearest found");
      await putVector(trial, "twice", scope, axis(backend.dimensions, 1));
      const [moved, ...others] = await backend.nearest(scope, axis(backend.dimensions, 1), { limit: 5 });
      expectEqual(others.length, 0, "how many others are left");
      expect((moved?.score ?? 0) > 0.99, "nearest: expected the entry at its new vector");
    },
  },
  {
    name: "finds an entry in the scope that it was last written to alone",
    async run(trial) {
      const vector = axis(trial.backend.dimensions, 0);
      const [before, after] = [scopeOf(trial, "before"), scopeOf(trial, "after")];
      await putVector(trial, "moved", before, vector);
      await putVector(trial, "moved", after, vector);
      expectEqual((await namesOf(trial, before, vector)).length, 0, "how many entries its former scope has");
      expectEqual((await namesOf(trial, after, vector)).join(), "moved", "what its scope has");
    },
  },
  {
    name: "finds no entry that was written again without a vector",
    async run(trial) {
      const { backend, key } = trial;
      const vector = axis(backend.dimensions, 0);
      const scope = scopeOf(trial, "again");
      await putVector(trial, "again", scope, vector);
      await backend.put(key("again"), textBytes("without"));
      expectEqual((await namesOf(trial, scope, vector)).length, 0, "how many entries nearest found");
      expectBytes(await backend.get(key("again")), textBytes("without"), "get");
    },
  },
  {
    name: "finds what putMany wrote",
    async run(trial) {
      const { backend, key } = trial;
      const store = having(backend, "putMany");
      const scope = scopeOf(trial, "many");
      await store.putMany(
        [0, 1, 2].map((index) => ({
          key: key(`many-${index}`),
          value: textBytes(`${index}`),
          options: { embedding: { scope, vector: axis(backend.dimensions, index) } },
        })),
      );
      for (const index of [0, 1, 2]) {
        const [best] = await namesOf(trial, scope, axis(backend.dimensions, index));
        expectEqual(best, `many-${index}`, `what is nearest to vector ${index}`);
      }
    },
  },
  {
    name: "finds what swap wrote",
    async run(trial) {
      const { backend, key } = trial;
      const store = having(backend, "swap");
      const scope = scopeOf(trial, "swapped");
      const vector = axis(backend.dimensions, 0);
      await store.swap(key("swapped"), undefined, textBytes("new"), { embedding: { scope, vector } });
      const [found] = await backend.nearest(scope, vector, { limit: 1 });
      expectBytes(found?.value, textBytes("new"), "the value that nearest found");
    },
  },
  {
    name: "only borrows the vectors it is given, and hands out bytes that the caller may change",
    async run(trial) {
      const { backend } = trial;
      const scope = scopeOf(trial, "borrowed");
      const vector = axis(backend.dimensions, 0, 3);
      await putVector(trial, "borrowed", scope, vector);
      expectEqual(vector[0], 3, "the caller's own vector after put");
      vector.fill(0);
      vector[1] = 1;
      const asked = axis(backend.dimensions, 0, 5);
      const [found] = await backend.nearest(scope, asked, { limit: 1 });
      expectEqual(asked[0], 5, "the caller's own vector after nearest");
      expect((found?.score ?? 0) > 0.99, "nearest: expected the vector as it was when it was written");
      found?.value.fill(0);
      const [again] = await backend.nearest(scope, asked, { limit: 1 });
      expectBytes(again?.value, textBytes("borrowed"), "the value, after the caller changed what it had received");
    },
  },
];
