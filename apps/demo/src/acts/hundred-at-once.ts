import { answeredBy } from "../answered-by.ts";
import type { Stage } from "../stage.ts";
import { count } from "../text.ts";

const question = "What is the capital of Australia?";
const callers = 100;
const label = `all ${callers} answered`;

/** Callers who ask the same at the same time share one call of the model. */
export async function hundredAtOnce(stage: Stage): Promise<void> {
  const { client, ledger, screen, upstream } = stage;
  const act = stage.begin(
    `${callers} callers at once`,
    "They ask the same question in the same moment, before any answer is kept. One call goes to the model, and all wait for it together.",
  );
  const model = upstream.chatModel;
  const startedAt = performance.now();
  const askOnce = async () => {
    const { data, response } = await client.chat.completions
      .create({ model, messages: [{ role: "user", content: question }] })
      .withResponse();
    const milliseconds = performance.now() - startedAt;
    const usage = { inputTokens: data.usage?.prompt_tokens ?? 0, outputTokens: data.usage?.completion_tokens ?? 0 };
    const { status, paid, key } = answeredBy(response.headers);
    const saved = ledger.add({ model, ...usage, milliseconds, paid, key });
    return { status, saved, id: data.id, milliseconds, tokens: usage.inputTokens + usage.outputTokens };
  };
  const replies = await act.during(
    label,
    Promise.all(Array.from({ length: callers }, askOnce)),
    (all, milliseconds) => ({
      label,
      status: "coalesced",
      milliseconds,
      tokens: sum(all.map((reply) => reply.tokens)),
      saved: sum(all.map((reply) => reply.saved)),
    }),
  );
  const joined = replies.filter((reply) => reply.status !== "miss").length;
  const misses = screen.paint("yellow", "●".repeat(callers - joined));
  act.show("");
  act.show(`${misses}${screen.paint("cyan", "○".repeat(joined))}`);
  act.show(screen.paint("dim", `● asked the model   ○ waited for its answer, and paid nothing`));
  act.show("");
  act.expect(
    `${count(callers, "caller")} have the same answer`,
    replies.length === callers && new Set(replies.map((reply) => reply.id)).size === 1,
  );
  act.expectAsked(1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
