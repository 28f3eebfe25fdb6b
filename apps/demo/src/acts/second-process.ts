import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ask } from "../ask.ts";
import type { Stage } from "../stage.ts";
import { skyQuestion } from "./questions.ts";
import type { Found } from "./second-process-main.ts";

const run = promisify(execFile);

/** What one process stored, another one finds on the disk. */
export async function secondProcess(stage: Stage): Promise<void> {
  const { cache, directory, namespace, upstream, ledger } = stage;
  const act = stage.begin(
    "A second process",
    "A new process starts with an empty memory, opens the same folder and asks the question of the first act.",
  );
  const kept = await ask(stage, act, "this process", skyQuestion);
  await cache.flush();
  const setting = { directory, namespace, baseUrl: upstream.baseUrl, model: upstream.chatModel, question: skyQuestion };
  const program = join(import.meta.dirname, "second-process-main.ts");
  // The key is in the environment, because what is in the arguments is for all to see.
  const environment = { ...process.env, OPENAI_API_KEY: upstream.apiKey };
  const label = "the second process";
  const child = run(process.execPath, [...process.execArgv, program, JSON.stringify(setting)], { env: environment });
  const found = await act.during(
    label,
    child.then(({ stdout }) => JSON.parse(stdout) as Found),
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
