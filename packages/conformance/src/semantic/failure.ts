import { describe, expect, fail, rejectionOf } from "../expect.ts";
import { within } from "../timing.ts";
import { axis, putVector, scopeOf, type SemanticCheck } from "./semantic-check.ts";

/** What an operation may take after its abort; a store that ignores the abort may still be done by then. */
const promptMs = 3_000;

/** That a search which was given up, or could not be made, is never taken for one that found nothing. */
export const failureChecks: readonly SemanticCheck[] = [
  {
    name: "rejects nearest when the signal is already aborted, with the signal's reason untouched",
    async run(trial) {
      const { backend } = trial;
      const vector = axis(backend.dimensions, 0);
      for (const reason of [new Error("the caller went away"), "a reason that is no Error", 0]) {
        const options = { limit: 1, signal: AbortSignal.abort(reason) };
        const what = "nearest with an aborted signal";
        const received = await rejectionOf(what, () => backend.nearest(scopeOf(trial, "aborted"), vector, options));
        expect(Object.is(received, reason), `${what}: expected ${describe(reason)}, received ${describe(received)}`);
      }
    },
  },
  {
    name: "settles promptly when nearest is aborted midway, with what it found or the reason",
    async run(trial) {
      const { backend } = trial;
      const vector = axis(backend.dimensions, 0);
      const scope = scopeOf(trial, "midway");
      await putVector(trial, "midway", scope, vector);
      for (const delay of [0, 2, 10]) {
        const controller = new AbortController();
        const reason = { toString: () => "the reason of the abort" };
        const outcome = backend.nearest(scope, vector, { limit: 1, signal: controller.signal }).then(
          (found) => (found.length === 1 ? undefined : fail(`nearest aborted midway: found ${describe(found)}`)),
          (error: unknown) => (error === reason ? undefined : fail(`nearest aborted midway: ${describe(error)}`)),
        );
        setTimeout(() => controller.abort(reason), delay);
        await within(promptMs, outcome, "nearest aborted midway");
      }
    },
  },
  {
    name: "rejects nearest when its store cannot be reached: a failure is not a miss",
    async run(trial) {
      const backend = await trial.failing();
      const what = "nearest while the store cannot be reached";
      const vector = axis(backend.dimensions, 0);
      const error = await rejectionOf(what, () => backend.nearest(scopeOf(trial, "gone"), vector, { limit: 1 }));
      expect(error instanceof Error, `${what}: expected it to reject with an Error, received ${describe(error)}`);
    },
  },
];
