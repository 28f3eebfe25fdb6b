import { answeredBy } from "../answered-by.ts";
import type { Act, Stage } from "../stage.ts";

const known = ["late parcel", "broken cup", "wrong size", "lost invoice", "new address", "gift card"];
const unknown = [
  "cancel an order",
  "change the colour",
  "pay by transfer",
  "opening hours",
  "student discount",
  "spare parts",
];

/** A batch pays only for the texts that nobody has embedded before. */
export async function halfKnownBatch(stage: Stage): Promise<void> {
  const { screen } = stage;
  const act = stage.begin(
    "A batch of which half is known",
    "Each text of a batch of embeddings is kept by itself. Of twelve texts the cache knows six, so the model gets only the other six.",
  );
  // The two halves in turn, so that the answers must be put back in their order.
  const all = known.flatMap((text, index) => [text, unknown[index] ?? ""]);
  const half = await embed(stage, act, "six texts", known);
  const whole = await embed(stage, act, "these, and six new ones", all);
  const again = await embed(stage, act, "all twelve again", all);
  const squares = all.map((text) => (known.includes(text) ? screen.paint("green", "■") : screen.paint("yellow", "□")));
  act.show("");
  act.show(`${squares.join(" ")}   ${screen.paint("dim", "■ known   □ sent to the model")}`);
  act.show("");
  const { calls, embeddingInputs } = act.asked();
  act.expect(
    `the model embedded 12 texts for the 30 that were asked for${embeddingInputs === 12 ? "" : `, but it embedded ${embeddingInputs}`}`,
    embeddingInputs === 12,
  );
  act.expect(
    `it was asked twice, and not at all the third time${calls === 2 ? "" : `, but it saw ${calls} calls`}`,
    calls === 2,
  );
  const inOrder =
    known.every((_, index) => same(half[index], whole[index * 2])) &&
    whole.every((vector, index) => same(vector, again[index]));
  act.expect(
    "every text has its own vector, in the order it was asked for",
    inOrder && new Set(whole.map(String)).size === all.length,
  );
}

async function embed(stage: Stage, act: Act, label: string, input: string[]): Promise<number[][]> {
  const model = stage.upstream.embeddingModel;
  await stage.cache.flush();
  const { data } = await act.during(
    label,
    stage.client.embeddings.create({ model, input }).withResponse(),
    (result, milliseconds) => {
      const { status, paid, key } = answeredBy(result.response.headers);
      const inputTokens = result.data.usage.prompt_tokens;
      const saved = stage.ledger.add({ model, inputTokens, outputTokens: 0, milliseconds, paid, key });
      return { label, status, milliseconds, tokens: inputTokens, saved };
    },
  );
  return data.data.map((item) => item.embedding);
}

function same(left: readonly number[] | undefined, right: readonly number[] | undefined): boolean {
  return left !== undefined && String(left) === String(right);
}
