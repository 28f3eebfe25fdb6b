import type { Check } from "../check.ts";
import { describe, expect, rejectionOf } from "../expect.ts";
import { everyOperation } from "../operations.ts";

/** That a store which cannot be reached is never taken for an empty one. */
export const failureChecks: readonly Check[] = [
  {
    name: "rejects every operation when its store cannot be reached: a failure is not a miss",
    async run({ failing, key }) {
      const backend = await failing();
      for (const { name, run } of everyOperation(backend, key("unreachable"))) {
        const what = `${name} while the store cannot be reached`;
        const error = await rejectionOf(what, () => (name === "getMany" ? firstErrorOfAll(run({})) : run({})));
        expect(error instanceof Error, `${what}: expected it to reject with an Error, received ${describe(error)}`);
      }
    },
  },
];

/** A batch may also say of each key that it failed: then that is its rejection. */
async function firstErrorOfAll(results: Promise<unknown>): Promise<unknown> {
  const answer = await results;
  const errors = Array.isArray(answer) ? answer.filter((one) => one instanceof Error) : [];
  if (errors[0] !== undefined && errors.length === (answer as unknown[]).length) throw errors[0];
  return answer;
}
