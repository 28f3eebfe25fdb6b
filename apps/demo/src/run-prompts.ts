import OpenAI, { APIError } from "openai";
import { cachedFetch } from "@llmcache/http";
import type { Cache } from "@llmcache/core";
import { answeredBy } from "./answered-by.ts";
import { bar } from "./bar.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { describePrice } from "./prices.ts";
import type { Prompt } from "./prompts-file.ts";
import type { Screen } from "./screen.ts";
import { count, fit, formatMs } from "./text.ts";
import { showTotals } from "./totals.ts";
import type { Upstream } from "./upstream.ts";

/** What a run of prompts needs. */
export interface PromptsRun {
  readonly screen: Screen;
  readonly upstream: Upstream;
  readonly cache: Cache;
  readonly directory: string;
  readonly prompts: readonly Prompt[];
}

/** As many calls as a small service would have under way, and below the limits of a new account. */
const concurrency = 16;

/** Runs all prompts twice. Resolves to whether the second run needed no model. */
export async function runPromptsTwice(run: PromptsRun): Promise<boolean> {
  const { screen, upstream, prompts, directory } = run;
  const ledger = openLedger();
  screen.line();
  screen.line(
    `    ${screen.paint("bold", count(prompts.length, "prompt"))}, each asked twice of ${upstream.chatModel}, ${upstream.description}`,
  );
  screen.line(screen.paint("dim", `    cache: this process's memory, over the folder ${directory}`));
  screen.line(screen.paint("dim", `    price: ${describePrice(upstream.chatModel)}`));
  screen.line();
  screen.line(
    screen.paint(
      "dim",
      `    ${fit("", 12)} ${fit("hits", 6)} ${fit("model", 6)} ${fit("errors", 6)} ${fit("typical", 9)} ${fit("slowest", 9)} took`,
    ),
  );
  const first = await runOnce(run, "first time", ledger);
  const askedFirst = upstream.asked().calls;
  const second = await runOnce(run, "second time", ledger);
  const askedSecond = upstream.asked().calls - askedFirst;
  showTotals({ screen, ledger });
  const expect = (what: string, met: boolean) =>
    screen.line(`    ${met ? screen.paint("green", "✓") : screen.paint(["bold", "red"], "✗")} ${what}`);
  expect(
    `the first time every prompt was answered${first.errors.length === 0 ? "" : `, but ${first.errors.length} failed: ${first.errors[0] ?? ""}`}`,
    first.errors.length === 0,
  );
  expect(
    `the second time the model was not asked${askedSecond === 0 ? "" : `, but it saw ${count(askedSecond, "call")}`}`,
    askedSecond === 0 && second.errors.length === 0,
  );
  screen.line();
  return first.errors.length === 0 && second.errors.length === 0 && askedSecond === 0;
}

interface Pass {
  readonly errors: readonly string[];
}

async function runOnce({ screen, upstream, cache, prompts }: PromptsRun, label: string, ledger: Ledger): Promise<Pass> {
  const model = upstream.chatModel;
  const client = new OpenAI({
    baseURL: upstream.baseUrl,
    apiKey: upstream.apiKey,
    fetch: cachedFetch(cache, { fetch: upstream.fetch }),
  });
  const latencies: number[] = [];
  const errors: string[] = [];
  let hits = 0;
  const askOne = async (messages: Prompt) => {
    const startedAt = performance.now();
    try {
      const { data, response } = await client.chat.completions
        .create({ model, messages: [...messages] })
        .withResponse();
      const milliseconds = performance.now() - startedAt;
      const { paid, key } = answeredBy(response.headers);
      if (!paid) hits++;
      latencies.push(milliseconds);
      ledger.add({
        model,
        inputTokens: data.usage?.prompt_tokens ?? 0,
        outputTokens: data.usage?.completion_tokens ?? 0,
        milliseconds,
        paid,
        key,
      });
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      errors.push(error.message);
    }
  };
  const startedAt = performance.now();
  const draw = () => {
    const done = latencies.length + errors.length;
    return `    ${fit(label, 12)} ${screen.paint("cyan", bar(done, prompts.length, 40))} ${done} of ${prompts.length}, ${count(hits, "hit")}`;
  };
  const waiting = prompts.values();
  const work = async () => {
    for (const prompt of waiting) await askOne(prompt);
  };
  await screen.during(draw, Promise.all(Array.from({ length: concurrency }, work)));
  const sorted = latencies.toSorted((left, right) => left - right);
  const cell = (value: number) => fit(String(value), 6);
  const latency = (place: number) => fit(formatMs(sorted[Math.floor((sorted.length - 1) * place)] ?? 0), 9);
  const asked = latencies.length - hits;
  screen.line(
    `    ${fit(label, 12)} ${screen.paint("green", cell(hits))} ${screen.paint("yellow", cell(asked))} ${screen.paint(errors.length > 0 ? "red" : "dim", cell(errors.length))} ${latency(0.5)} ${latency(1)} ${formatMs(performance.now() - startedAt)}`,
  );
  return { errors };
}
