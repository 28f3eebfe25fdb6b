import { ask } from "../ask.ts";
import type { Stage } from "../stage.ts";
import { skyQuestion } from "./questions.ts";
import { askInProcess } from "./ask-in-process.ts";

/** What one process stored, another one finds on the disk. */
export async function secondProcess(stage: Stage): Promise<void> {
  const { cache, upstream, ledger } = stage;
  const act = stage.begin(
    "A second process",
    "A new process starts with an empty memory, opens the same folder and asks the question of the first act.",
  );
  const kept = await ask(stage, act, "this process", skyQuestion);
  await cache.flush();
  const label = "the second process";
  const found = await act.during(
    label,
    askInProcess(stage, skyQuestion),
    ({ status, milliseconds, inputTokens, outputTokens, key, paid }) => {
      const saved = ledger.add({ model: upstream.chatModel, inputTokens, outputTokens, milliseconds, paid, key });
      return { label, status, milliseconds, tokens: inputTokens + outputTokens, saved };
    },
  );
  act.show("");
  act.expect(
    `process ${found.pid} found on the disk what process ${process.pid} stored`,
    found.status === "hit disk" && found.pid !== process.pid,
  );
  act.expect("it is the same answer, word for word and id for id", found.id === kept.id && found.text === kept.text);
  act.expectAsked(0);
}
