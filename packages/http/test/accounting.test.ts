import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import type { Charge, Usage } from "@llmcache/core";
import { expect, test } from "vitest";
import { formatFor } from "../src/formats/format-for.ts";
import { ask, type Bench, collect, start } from "./start.ts";

/** Each token costs one, so that money is tokens. */
const rate = { inputToken: 1, outputToken: 1 };
const prices = { "gpt-4o-mini": rate, "claude-opus-5": rate, "text-embedding-3-small": rate, "gemini-3-flash": rate };

const startPriced = () => start({ cache: { prices } });

const billedIn = ({ events }: Bench) => events.flatMap((event) => (event.type === "answered" ? [event] : []));
const savedTokens = (response: Response) => response.headers.get("x-llmcache-saved-tokens");
const tokensOf = ({ inputTokens, outputTokens }: Charge) => inputTokens + outputTokens;

/** What the events say was paid for, and what was not. */
function sums(bench: Bench): { readonly billed: number; readonly saved: number } {
  const { billed, saved } = bench.cache.stats();
  expect([billed.cost, saved.cost]).toEqual([tokensOf(billed), tokensOf(saved)]);
  return { billed: tokensOf(billed), saved: tokensOf(saved) };
}

test("a hit says what it saves: what the model told that it used, once for each caller", async () => {
  const bench = await startPriced();
  const { client, settle } = bench;
  const miss = await settle(client.chat.completions.create(ask("Hi?")).withResponse());
  const hit = await client.chat.completions.create(ask("Hi?")).withResponse();
  const { total_tokens: total = 0, prompt_tokens: inputTokens } = miss.data.usage ?? {};
  expect([savedTokens(miss.response), savedTokens(hit.response)]).toEqual([null, String(total)]);
  expect(sums(bench)).toEqual({ billed: total, saved: total });
  expect(billedIn(bench)[0]?.usage).toMatchObject({ model: miss.data.model, inputTokens });
});

test("one of concurrent callers is billed", async () => {
  const bench = await startPriced();
  const calls = Array.from({ length: 5 }, () => bench.client.chat.completions.create(ask("Hi?")).withResponse());
  const answers = await Promise.all(calls);
  const total = answers[0]?.data.usage?.total_tokens ?? 0;
  const saved = answers.map(({ response }) => savedTokens(response));
  expect(saved.filter((tokens) => tokens === null)).toHaveLength(1);
  expect(saved.filter((tokens) => tokens === String(total))).toHaveLength(4);
  expect(sums(bench)).toEqual({ billed: total, saved: total * 4 });
});

test("a stream that tells its usage is accounted for, whoever is served by it", async () => {
  const bench = await startPriced();
  const { client, settle } = bench;
  const question = { ...ask("Hi?"), stream: true as const, stream_options: { include_usage: true } };
  const open = () => client.chat.completions.create(question).withResponse();
  const chunks = await settle(open().then(({ data }) => collect(data)));
  const total = chunks.at(-1)?.usage?.total_tokens ?? 0;
  expect(total).toBeGreaterThan(0);
  const stream = await open();
  await collect(stream.data);
  const whole = await client.chat.completions.create(ask("Hi?")).withResponse();
  expect([stream.response, whole.response].map(savedTokens)).toEqual([String(total), String(total)]);
  expect(sums(bench)).toEqual({ billed: total, saved: total * 2 });
});

test("a stream that tells no usage makes none up", async () => {
  const bench = await startPriced();
  const { client, settle } = bench;
  const question = { ...ask("Hi?"), stream: true as const };
  await settle(client.chat.completions.create(question).then(collect));
  const { response, data } = await client.chat.completions.create(question).withResponse();
  await collect(data);
  expect(savedTokens(response)).toBeNull();
  expect(sums(bench)).toEqual({ billed: 0, saved: 0 });
});

test("a batch saves what its stored inputs used, and is billed for the others", async () => {
  const bench = await startPriced();
  const { client, settle } = bench;
  const embed = (...input: string[]) =>
    settle(client.embeddings.create({ model: "text-embedding-3-small", input }).withResponse());
  const first = await embed("one", "two and three");
  const second = await embed("two and three", "four");
  const [all, both] = [first, second].map(({ data }) => data.usage.prompt_tokens) as [number, number];
  const saved = Number(savedTokens(second.response));
  expect(savedTokens(first.response)).toBeNull();
  expect(saved).toBeGreaterThan(0);
  expect(saved).toBeLessThan(both);
  expect(sums(bench)).toEqual({ billed: all + both - saved, saved });
});

test("Anthropic's and Gemini's answers, whole and streamed, are accounted for as their vendors count", async () => {
  const bench = await startPriced();
  const { model, fetch, settle } = bench;
  const anthropic = new Anthropic({ baseURL: model.origin, apiKey: "test-key", maxRetries: 0, fetch });
  const question = { model: "claude-opus-5", max_tokens: 99, messages: [{ role: "user" as const, content: "Hi?" }] };
  const { usage } = await settle(anthropic.messages.create(question));
  const hit = await anthropic.messages.create(question).asResponse();
  const total = usage.input_tokens + usage.output_tokens;
  expect(savedTokens(hit)).toBe(String(total));
  const streamed = await settle(anthropic.messages.stream({ ...question, temperature: 0.5 }).finalMessage());
  const second = streamed.usage.input_tokens + streamed.usage.output_tokens;
  expect(sums(bench)).toEqual({ billed: total + second, saved: total });
  const gemini = new GoogleGenAI({ apiKey: "test-key", httpOptions: { baseUrl: model.origin, fetch } });
  const asked = { model: "gemini-3-flash", contents: "Hi?" };
  const { usageMetadata } = await settle(gemini.models.generateContent(asked));
  const replayed = await gemini.models.generateContent(asked);
  expect(replayed.sdkHttpResponse?.headers?.["x-llmcache-saved-tokens"]).toBe(String(usageMetadata?.totalTokenCount));
});

test("what the model said is billed even where it is not stored, and past the cache nothing is saved", async () => {
  const bench = await start({ cache: { prices }, behaviour: { answer: { finishReason: "length" } } });
  const { usage } = await bench.settle(bench.client.chat.completions.create(ask("Hi?")));
  expect(sums(bench)).toEqual({ billed: usage?.total_tokens, saved: 0 });
  expect(bench.cache.stats().stored).toBe(0);
});

/** What a vendor's reference shows, and what it means. */
const told: readonly [url: string, said: readonly object[], usage: Partial<Usage> | undefined, params?: object][] = [
  [
    "/v1/chat/completions",
    [
      {
        model: "gpt-5",
        service_tier: "flex",
        usage: {
          prompt_tokens: 100,
          completion_tokens: 50,
          prompt_tokens_details: { cached_tokens: 60, audio_tokens: 5 },
          completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 0 },
        },
      },
    ],
    {
      model: "gpt-5",
      serviceTier: "flex",
      inputTokens: 100,
      outputTokens: 50,
      cachedInputTokens: 60,
      audioInputTokens: 5,
      reasoningTokens: 30,
    },
  ],
  ["/v1/chat/completions", [{ model: "m", usage: null }, { choices: [] }], undefined],
  [
    "/v1/responses",
    [
      { type: "response.created", response: { model: "gpt-5", usage: null } },
      {
        type: "response.completed",
        response: {
          model: "gpt-5",
          service_tier: "default",
          usage: { input_tokens: 7, output_tokens: 3, input_tokens_details: { cached_tokens: 2 } },
        },
      },
    ],
    { model: "gpt-5", inputTokens: 7, outputTokens: 3, cachedInputTokens: 2 },
  ],
  [
    "/v1/messages",
    [
      {
        type: "message_start",
        message: {
          model: "claude",
          usage: {
            input_tokens: 10,
            cache_creation_input_tokens: 5,
            cache_read_input_tokens: 85,
            output_tokens: 1,
            service_tier: "standard",
          },
        },
      },
      { type: "message_delta", delta: {}, usage: { output_tokens: 40, input_tokens: null } },
    ],
    { model: "claude", inputTokens: 100, outputTokens: 40, cachedInputTokens: 85, cacheWriteTokens: 5 },
  ],
  [
    "/v1beta/models/g:generateContent",
    [
      { modelVersion: "g-1", usageMetadata: { promptTokenCount: 8 } },
      {
        modelVersion: "g-1",
        usageMetadata: {
          promptTokenCount: 8,
          cachedContentTokenCount: 4,
          candidatesTokenCount: 6,
          thoughtsTokenCount: 10,
          promptTokensDetails: [
            { modality: "TEXT", tokenCount: 5 },
            { modality: "AUDIO", tokenCount: 3 },
          ],
        },
      },
    ],
    {
      model: "g-1",
      inputTokens: 8,
      outputTokens: 16,
      cachedInputTokens: 4,
      audioInputTokens: 3,
      reasoningTokens: 10,
    },
  ],
  ["/v2/rerank", [{ meta: { billed_units: { search_units: 2 } } }], { inputTokens: 0, outputTokens: 0, queries: 2 }],
  ["/v1/rerank", [{ model: "jina", usage: { total_tokens: 9 } }], { model: "jina", inputTokens: 9, outputTokens: 0 }],
  [
    "/v1/audio/transcriptions",
    [{ text: "Hi", usage: { type: "duration", seconds: 12 } }],
    { inputTokens: 0, outputTokens: 0, seconds: 12 },
  ],
  [
    "/v1/audio/transcriptions",
    [{ text: "Hi", usage: { input_tokens: 14, output_tokens: 5, input_token_details: { audio_tokens: 14 } } }],
    { inputTokens: 14, outputTokens: 5, audioInputTokens: 14 },
  ],
  ["/v1/audio/speech", [], { inputTokens: 0, outputTokens: 0, characters: 7 }, { input: "Hi 🐈 ok" }],
  [
    "/v1/images/generations",
    [{ data: [{ b64_json: "AA" }, { b64_json: "BB" }] }],
    { inputTokens: 0, outputTokens: 0, images: 2 },
  ],
  [
    "/v1/images/generations",
    [1, 2].map(() => ({ type: "image_generation.completed", usage: { input_tokens: 5, output_tokens: 100 } })),
    { inputTokens: 10, outputTokens: 200, images: 2 },
  ],
  ["/v1/moderations", [{ model: "omni", results: [{}] }], undefined],
];

test.each(told)("%s tells in %j what was used", (url, said, usage, params = {}) => {
  const format = formatFor("POST", new URL(url, "http://localhost"));
  expect(format?.usageOf(said as Record<string, unknown>[], params as Record<string, unknown>)).toEqual(usage);
});
