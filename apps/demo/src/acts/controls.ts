import { ask } from "../ask.ts";
import type { Stage } from "../stage.ts";

const question = "Suggest a name for a small bakery.";

/** A caller decides about each call, with the words that HTTP has for it. */
export async function controls(stage: Stage): Promise<void> {
  const act = stage.begin(
    "The caller's controls",
    "A call can ask for a new answer, refuse to be kept, or refuse to be paid for: with the Cache-Control header that every HTTP client knows.",
  );
  const withControl = (label: string, control: string, text: string = question) =>
    ask(stage, act, label, text, { headers: { "cache-control": control } });
  const first = await ask(stage, act, "(none)", question);
  const renewed = await withControl("no-cache: a new answer", "no-cache");
  const kept = await ask(stage, act, "(none)", question);
  const aged = await withControl("max-age=0: nothing old", "max-age=0");
  const unkept = await withControl("no-store: do not keep it", "no-store", `${question} It sells cakes only.`);
  const refused = await withControl("only-if-cached", "only-if-cached", `${question} It sells cakes only.`);
  act.show("");
  act.expect(
    "no-cache asked the model although an answer was there, and the new answer took its place",
    renewed.status !== "error" && renewed.id !== first.id && kept.id === renewed.id && kept.status.startsWith("hit"),
  );
  act.expect("max-age=0 accepted no kept answer", aged.id !== renewed.id);
  act.expect(
    "no-store left nothing behind: only-if-cached found no answer, and did not pay for one",
    unkept.paid && refused.status === "error 504",
  );
  act.expectAsked(4);
}
