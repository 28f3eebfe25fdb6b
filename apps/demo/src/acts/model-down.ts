import { setTimeout } from "node:timers/promises";
import { ask } from "../ask.ts";
import type { Stage } from "../stage.ts";

const question = "When does the last ferry leave?";

/** Short, so that nobody has to wait for an answer to be out of date. */
const freshMs = 300;

/** An answer that is out of date is better than none, for those who say so. */
export async function modelDown(stage: Stage): Promise<void> {
  const act = stage.begin(
    "The model is down",
    `An answer is kept as fresh for ${freshMs} ms. Then the model breaks down. A caller who said stale-if-error gets the old answer; one who did not gets the error.`,
  );
  const tolerant = { headers: { "cache-control": `ttl=${freshMs / 1000}, stale-if-error=600` } };
  const first = await ask(stage, act, "while all is well", question, tolerant);
  await setTimeout(freshMs + 50);
  stage.upstream.breakDown();
  const stale = await ask(stage, act, "down, with stale-if-error", question, tolerant);
  const failed = await ask(stage, act, "down, without", question);
  stage.upstream.repair();
  const repaired = await ask(stage, act, "up again", question, tolerant);
  act.show("");
  act.expect(
    "with stale-if-error the kept answer was served, marked as stale",
    stale.status.startsWith("stale") && stale.id === first.id,
  );
  act.expect("without it the model's own error came through", failed.status.startsWith("error"));
  act.expect("when the model was back it gave a new answer", repaired.status === "miss" && repaired.id !== first.id);
}
