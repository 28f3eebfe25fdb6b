import { expectEqual } from "../expect.ts";
import { textBytes } from "../sample-bytes.ts";
import { axis, namesOf, putVector, scopeOf, type SemanticCheck } from "./semantic-check.ts";

/** That handles on one store, as processes have them, search the same store. */
export const handleChecks: readonly SemanticCheck[] = [
  {
    name: "shows another handle's search at once what was written, overwritten and deleted",
    async run(trial) {
      const { backend, key } = trial;
      const other = { ...trial, backend: await trial.reopen() };
      const [first, second] = [axis(backend.dimensions, 0), axis(backend.dimensions, 1)];
      const scope = scopeOf(trial, "shared");
      await putVector(trial, "shared", scope, first);
      expectEqual((await namesOf(other, scope, first)).join(), "shared", "what the other handle found after a put");
      await putVector(other, "shared", scope, second);
      const [moved] = await backend.nearest(scope, second, { limit: 1 });
      expectEqual((moved?.score ?? 0) > 0.99, true, "whether it is found where the other handle moved it");
      await backend.delete(key("shared"));
      expectEqual((await namesOf(other, scope, second)).length, 0, "how many the other handle found after a delete");
    },
  },
  {
    name: "lets eight handles begin at the same time, and loses nothing that they write",
    async run(trial) {
      const { backend, key } = trial;
      const handles = await Promise.all(Array.from({ length: 8 }, () => trial.reopen()));
      const scope = scopeOf(trial, "started");
      const vector = axis(backend.dimensions, 0);
      const write = async (handle: typeof backend, index: number) =>
        handle.put(key(`by-${index}`), textBytes(`${index}`), { embedding: { scope, vector } });
      await Promise.all(handles.map(write));
      expectEqual((await namesOf(trial, scope, vector)).length, 8, "how many of the eight entries are found");
    },
  },
];
