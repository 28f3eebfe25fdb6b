import { controls } from "./acts/controls.ts";
import { halfKnownBatch } from "./acts/half-known-batch.ts";
import { encryptedFolder } from "./acts/encrypted-folder.ts";
import { hundredAtOnce } from "./acts/hundred-at-once.ts";
import { missAndHit } from "./acts/miss-and-hit.ts";
import { modelDown } from "./acts/model-down.ts";
import { otherWords } from "./acts/other-words.ts";
import { replayWithoutModel } from "./acts/replay-without-model.ts";
import { secondProcess } from "./acts/second-process.ts";
import { streamAndReplay } from "./acts/stream-and-replay.ts";
import { tenantsKeptApart } from "./acts/tenants-kept-apart.ts";
import { twoProcessesOneCall } from "./acts/two-processes-one-call.ts";
import { describePrice } from "./prices.ts";
import type { Stage } from "./stage.ts";
import { count } from "./text.ts";
import { showTotals } from "./totals.ts";

const acts = [
  missAndHit,
  streamAndReplay,
  hundredAtOnce,
  halfKnownBatch,
  tenantsKeptApart,
  controls,
  otherWords,
  modelDown,
  secondProcess,
  twoProcessesOneCall,
  encryptedFolder,
  replayWithoutModel,
];

/** Plays all acts. Resolves to whether each did what it said. */
export async function playTour(stage: Stage): Promise<boolean> {
  const { screen, upstream, directory } = stage;
  const fact = (name: string, text: string) => screen.line(`    ${screen.paint("dim", name.padEnd(8))}${text}`);
  screen.line();
  screen.line(
    `    ${screen.paint("bold", "llmcache")}  keeps the answers of language models, so that the same question is paid for once`,
  );
  screen.line();
  fact("model", upstream.description);
  fact("cache", `this process's memory, over the folder ${directory}`);
  fact("prices", describePrice(upstream.chatModel));
  fact("", describePrice(upstream.embeddingModel));
  let broken = 0;
  for (const play of acts) {
    try {
      await play(stage);
    } catch (error) {
      broken++;
      screen.line(
        `    ${screen.paint(["bold", "red"], "✗")} the act broke off: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
  showTotals(stage);
  const failed = broken + stage.failures();
  if (failed === 0) screen.line(screen.paint("green", `    ✓ all ${acts.length} acts did what they said`));
  else screen.line(screen.paint("red", `    ✗ ${count(failed, "thing")} did not go as it was said above`));
  screen.line();
  return failed === 0;
}
