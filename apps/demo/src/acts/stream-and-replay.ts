import { answeredBy } from "../answered-by.ts";
import type { Act, Stage } from "../stage.ts";
import { streamingWrap } from "../text.ts";

const question = "Tell me a short story about a lighthouse keeper.";

/** A stream is recorded while it passes, and replayed in the same pieces. */
export async function streamAndReplay(stage: Stage): Promise<void> {
  const act = stage.begin(
    "A stream, and its replay",
    "The answer is shown as the model writes it, word by word. When it is complete it is kept, and the second time it is there at once, in the same pieces.",
  );
  const first = await stream(stage, act, "from the model");
  const second = await stream(stage, act, "from the cache");
  act.show("");
  show(act, "the model's: first word", first, first.firstMs);
  show(act, "the model's: whole story", first, first.milliseconds);
  show(act, "the replay: first word", second, second.firstMs);
  show(act, "the replay: whole story", second, second.milliseconds);
  act.show("");
  act.expect("the first is a miss, the second a hit", first.status === "miss" && second.status.startsWith("hit"));
  act.expect(
    `the replay has the same ${first.pieces.length} pieces in the same order`,
    JSON.stringify(first.pieces) === JSON.stringify(second.pieces),
  );
  act.expectAsked(1);
}

interface Streamed {
  readonly status: string;
  /** Every chunk, as JSON. */
  readonly pieces: readonly string[];
  readonly firstMs: number;
  readonly milliseconds: number;
  readonly tokens: number;
  readonly saved: number;
}

async function stream({ cache, client, ledger, screen, upstream }: Stage, act: Act, label: string): Promise<Streamed> {
  const model = upstream.chatModel;
  await cache.flush();
  const startedAt = performance.now();
  act.show(screen.paint("bold", `${label}:`));
  const { data, response } = await client.chat.completions
    .create({
      model,
      messages: [{ role: "user", content: question }],
      stream: true,
      stream_options: { include_usage: true },
    })
    .withResponse();
  const pieces: string[] = [];
  const wrapped = streamingWrap(screen.width - 8, "    ");
  let firstMs: number | undefined;
  let usage = { inputTokens: 0, outputTokens: 0 };
  for await (const chunk of data) {
    pieces.push(JSON.stringify(chunk));
    if (chunk.usage) usage = { inputTokens: chunk.usage.prompt_tokens, outputTokens: chunk.usage.completion_tokens };
    const text = chunk.choices[0]?.delta.content ?? "";
    if (text === "") continue;
    firstMs ??= performance.now() - startedAt;
    screen.write(screen.paint("italic", wrapped(text)));
  }
  screen.line();
  const milliseconds = performance.now() - startedAt;
  const { status, paid, key } = answeredBy(response.headers);
  const saved = ledger.add({ model, ...usage, milliseconds, paid, key });
  return {
    status,
    pieces,
    firstMs: firstMs ?? milliseconds,
    milliseconds,
    tokens: usage.inputTokens + usage.outputTokens,
    saved,
  };
}

function show(act: Act, label: string, streamed: Streamed, milliseconds: number): void {
  const whole = milliseconds === streamed.milliseconds;
  act.row({
    label,
    status: streamed.status,
    milliseconds,
    ...(whole ? { tokens: streamed.tokens, saved: streamed.saved } : {}),
  });
}
