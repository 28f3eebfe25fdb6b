import type { Stage } from "../stage.ts";
import { askInProcess } from "./ask-in-process.ts";
import type { Found } from "./second-process-main.ts";

const question = "How does a lighthouse work?";

/** Processes that ask the same at the same time share one call of the model, by a lease in the folder. */
export async function twoProcessesOneCall(stage: Stage): Promise<void> {
  const { upstream, ledger } = stage;
  const act = stage.begin(
    "Two processes, one call",
    "Two new processes ask the same question in the same moment. One takes a lease in the folder and asks the model, the other waits for the answer.",
  );
  const askIn = (label: string) =>
    act.during(
      label,
      askInProcess(stage, question, "distributed"),
      ({ status, milliseconds, inputTokens, outputTokens, key, paid }: Found) => {
        const saved = ledger.add({ model: upstream.chatModel, inputTokens, outputTokens, milliseconds, paid, key });
        return { label, status, milliseconds, tokens: inputTokens + outputTokens, saved };
      },
    );
  const found = await Promise.all([askIn("one process"), askIn("the other process")]);
  act.show("");
  act.expect("exactly one of them paid", found.filter(({ paid }) => paid).length === 1);
  act.expect("both have the same answer", new Set(found.map(({ id }) => id)).size === 1);
  act.expectAsked(upstream.countsProcesses ? 1 : 0);
}
