import { ask } from "../ask.ts";
import type { Stage } from "../stage.ts";
import { wrap } from "../text.ts";
import { skyQuestion } from "./questions.ts";

/** The same question twice: the first answer is the model's, the second comes from memory. */
export async function missAndHit(stage: Stage): Promise<void> {
  const { screen } = stage;
  const act = stage.begin(
    "The same question twice",
    "The first time the model answers, and the answer is kept. The second time nobody needs to be asked.",
  );
  act.show(screen.paint("bold", skyQuestion));
  const first = await ask(stage, act, "the first time", skyQuestion);
  const second = await ask(stage, act, "the second time", skyQuestion);
  for (const line of ["", ...wrap(second.text, screen.width - 6), ""]) act.show(screen.paint("italic", line));
  act.expect("the first is a miss, the second a hit", first.status === "miss" && second.status.startsWith("hit"));
  act.expect(
    "both are the same answer, word for word and id for id",
    first.text === second.text && first.id === second.id,
  );
  act.expectAsked(1);
}
