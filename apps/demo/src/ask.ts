import { APIError, type OpenAI } from "openai";
import { type AnsweredBy, answeredBy } from "./answered-by.ts";
import type { Act, Stage } from "./stage.ts";

/** An answer, and how it came. */
export interface Reply extends AnsweredBy {
  readonly text: string;
  /** The model gives a new one to each answer, so an equal one is a replay. */
  readonly id: string;
}

/** How to ask, where it is not as usual. */
export interface AskOptions {
  readonly client?: OpenAI;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks one question through the SDK, and shows the call as a row of the act. A call that fails is a reply too: its status says so. */
export async function ask(
  stage: Stage,
  act: Act,
  label: string,
  question: string,
  options: AskOptions = {},
): Promise<Reply> {
  const { client = stage.client, headers = {} } = options;
  const model = stage.upstream.chatModel;
  const body = { model, messages: [{ role: "user" as const, content: question }] };
  // Answers are stored behind the caller. A person takes longer to ask again than the disk takes to write, this program does not.
  await stage.cache.flush();
  let usage = { inputTokens: 0, outputTokens: 0 };
  const request = async (): Promise<Reply> => {
    try {
      const { data, response } = await client.chat.completions.create(body, { headers }).withResponse();
      usage = { inputTokens: data.usage?.prompt_tokens ?? 0, outputTokens: data.usage?.completion_tokens ?? 0 };
      return { ...answeredBy(response.headers), text: data.choices[0]?.message.content ?? "", id: data.id };
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      return {
        status: `error ${error.status ?? ""}`.trim(),
        paid: false,
        key: undefined,
        age: 0,
        // What stands in the way of the connection says more than that there was none.
        text: error.cause instanceof Error ? error.cause.message : error.message,
        id: "",
      };
    }
  };
  return act.during(label, request(), ({ status, paid, key }, milliseconds) => {
    if (status.startsWith("error")) return { label, status, milliseconds };
    const saved = stage.ledger.add({ model, ...usage, milliseconds, paid, key });
    return { label, status, milliseconds, tokens: usage.inputTokens + usage.outputTokens, saved };
  });
}
