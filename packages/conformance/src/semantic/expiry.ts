import { expectEqual, fail } from "../expect.ts";
import { textBytes } from "../sample-bytes.ts";
import { sleep } from "../timing.ts";
import { pastTimes } from "../checks/expiry.ts";
import { atCosine, axis, namesOf, putVector, scopeOf, type SemanticCheck } from "./semantic-check.ts";

const day = 86_400_000;

/** That expired entries are not found, whether the store still has them or not, and live ones are. */
export const expiryChecks: readonly SemanticCheck[] = [
  {
    name: "finds no entry that had expired when it was written",
    async run(trial) {
      const vector = axis(trial.backend.dimensions, 0);
      const scope = scopeOf(trial, "past");
      for (const expiresAt of pastTimes()) {
        await putVector(trial, "past", scope, vector, expiresAt);
        const found = await namesOf(trial, scope, vector);
        expectEqual(found.length, 0, `how many entries nearest found after a put that expired at ${expiresAt}`);
      }
    },
  },
  {
    name: "finds an entry until its expiry and not after it, before the store itself may have dropped it",
    async run(trial) {
      const { dimensions } = trial.backend;
      const vector = axis(dimensions, 0);
      const scope = scopeOf(trial, "short");
      const expiresAt = Date.now() + 1_000;
      await putVector(trial, "short", scope, vector, expiresAt);
      await putVector(trial, "long", scope, atCosine(dimensions, 0.5), Date.now() + 365 * day + 0.5);
      const before = await namesOf(trial, scope, vector);
      if (before.length < 2 && Date.now() < expiresAt) fail(`nearest before the expiry: received ${before.join()}`);
      await sleep(expiresAt - Date.now() + 20);
      expectEqual((await namesOf(trial, scope, vector)).join(), "long", "what nearest found after the expiry");
    },
  },
  {
    name: "fills the limit with live entries, however many nearer ones have expired",
    async run(trial) {
      const { dimensions } = trial.backend;
      const scope = scopeOf(trial, "crowd");
      const expiresAt = Date.now() - 5;
      for (let index = 0; index < 60; index++) {
        await putVector(trial, `expired-${index}`, scope, axis(dimensions, 0), expiresAt);
      }
      await putVector(trial, "live", scope, atCosine(dimensions, 0.5));
      expectEqual((await namesOf(trial, scope, axis(dimensions, 0), 1)).join(), "live", "what nearest found");
    },
  },
  {
    name: "finds an entry by the expiry of its last write, also when that has none",
    async run(trial) {
      const { backend, key } = trial;
      const vector = axis(backend.dimensions, 0);
      const scope = scopeOf(trial, "renewed");
      for (const name of ["later", "none"]) await putVector(trial, name, scope, vector, Date.now() - 5);
      await putVector(trial, "later", scope, vector, Date.now() + day);
      await backend.put(key("none"), textBytes("none"), { embedding: { scope, vector } });
      expectEqual((await namesOf(trial, scope, vector)).toSorted().join(), "later,none", "what nearest found");
    },
  },
];
