import { Cache, memory } from "@llmcache/core";
import { ask } from "../ask.ts";
import type { Stage } from "../stage.ts";

const recorded = "Summarise our refund policy in one sentence.";
const changed = "Summarise our returns policy in one sentence.";

/** A test suite records its calls once, and from then on needs no model and no key. */
export async function replayWithoutModel(stage: Stage): Promise<void> {
  const act = stage.begin(
    "From tape",
    "A test records a call once. Replayed, it needs no model; and when the prompt was changed, the miss says where.",
  );
  const tape = memory();
  const recorder = new Cache({ backend: tape, mode: "refresh", storeCalls: true, keepOpen: true });
  const first = await ask(stage, act, "recording", recorded, { client: stage.clientOver(recorder) });
  await recorder.flush();
  stage.upstream.breakDown();
  const client = stage.clientOver(new Cache({ backend: tape, mode: "replay" }));
  const second = await ask(stage, act, "replay, the model down", recorded, { client });
  const miss = await ask(stage, act, "a changed prompt", changed, { client });
  stage.upstream.repair();
  act.show("");
  act.show(miss.text);
  act.show("");
  act.expect("the replay is the recorded answer, id for id", second.id === first.id);
  act.expect("the miss names the parameter that differs", miss.text.includes("differs in params.messages[0].content"));
  act.expectAsked(1);
}
