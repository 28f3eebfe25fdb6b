import { expect, test } from "vitest";
import { Cache, type CacheOptions, memory, parsePrices } from "../src/index.ts";
import { costOf } from "../src/prices.ts";

/** After the form of LiteLLM's file; the figures are made up. */
const file = {
  sample_spec: { mode: "one of: chat, embedding", input_cost_per_token: 0, max_tokens: "LEGACY parameter" },
  small: {
    input_cost_per_token: 2e-6,
    output_cost_per_token: 8e-6,
    cache_read_input_token_cost: 5e-7,
    cache_creation_input_token_cost: 2.5e-6,
    input_cost_per_token_batches: 1e-6,
    output_cost_per_token_batches: 4e-6,
    input_cost_per_token_priority: 4e-6,
    output_cost_per_reasoning_token: 9e-6,
    input_cost_per_audio_token: 1e-5,
    litellm_provider: "somebody",
    max_input_tokens: 1000,
    mode: "chat",
    supports_vision: true,
    search_context_cost_per_query: { search_context_size_low: 0.01 },
  },
  long: {
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-5,
    input_cost_per_token_above_128k_tokens: 2e-6,
    input_cost_per_token_above_200k_tokens: 3e-6,
    output_cost_per_token_above_200k_tokens: 2e-5,
    input_cost_per_token_above_200k_tokens_priority: 6e-6,
    cache_read_input_token_cost: null,
  },
  tiered: {
    tiered_pricing: [
      { range: [0, 32_000], input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 },
      { range: [32_000, 128_000], input_cost_per_token: 5e-6, output_cost_per_token: 6e-6 },
    ],
  },
  "text-embedding": { input_cost_per_token: 1e-7, output_cost_per_token: 0, mode: "embedding" },
  picture: { output_cost_per_image: 0.04, mode: "image_generation" },
  hearing: { input_cost_per_second: 0.0001, output_cost_per_second: 0.0001, mode: "audio_transcription" },
  speaking: { input_cost_per_character: 1.5e-5, mode: "audio_speech" },
  searching: { tiered_pricing: [{ max_results_range: [0, 25], input_cost_per_query: 0.005 }], mode: "search" },
  ranking: { input_cost_per_query: 0.002, input_cost_per_token: 0, mode: "rerank" },
} as const;

const prices = parsePrices(file);
const cost = (model: string, usage: object) => costOf({ model, inputTokens: 0, outputTokens: 0, ...usage }, prices);

test("tokens cost what they cost, those of the vendor's prompt cache, of audio and of thought what those cost", () => {
  expect(cost("small", { inputTokens: 1000, outputTokens: 100 })).toBeCloseTo(0.0028, 12);
  const parts = { cachedInputTokens: 400, cacheWriteTokens: 100, audioInputTokens: 50, reasoningTokens: 60 };
  expect(cost("small", { inputTokens: 1000, outputTokens: 100, ...parts })).toBeCloseTo(
    450 * 2e-6 + 400 * 5e-7 + 100 * 2.5e-6 + 50 * 1e-5 + 40 * 8e-6 + 60 * 9e-6,
    12,
  );
  expect(cost("text-embedding", { inputTokens: 10 })).toBeCloseTo(1e-6, 12);
  expect(cost("long", { inputTokens: 10, cachedInputTokens: 5 }), "without a rate of their own").toBeCloseTo(1e-5, 12);
});

test("a service tier has its own rates, and the others where it has none", () => {
  const usage = { inputTokens: 1000, outputTokens: 100 };
  expect(cost("small", { ...usage, serviceTier: "batch" })).toBeCloseTo(0.0014, 12);
  expect(cost("small", { ...usage, serviceTier: "priority" })).toBeCloseTo(1000 * 4e-6 + 100 * 8e-6, 12);
  expect(cost("small", { ...usage, serviceTier: "default" })).toBeCloseTo(0.0028, 12);
});

test("a long input has its own rates, for all of its tokens", () => {
  const outputTokens = 10;
  expect(cost("long", { inputTokens: 128_000, outputTokens })).toBeCloseTo(0.128 + 1e-4, 9);
  expect(cost("long", { inputTokens: 128_001, outputTokens })).toBeCloseTo(128_001 * 2e-6 + 1e-4, 9);
  expect(cost("long", { inputTokens: 200_001, outputTokens })).toBeCloseTo(200_001 * 3e-6 + 2e-4, 9);
  const priority = { inputTokens: 200_001, outputTokens, serviceTier: "priority" };
  expect(cost("long", priority)).toBeCloseTo(200_001 * 6e-6 + 2e-4, 9);
  expect(cost("tiered", { inputTokens: 32_000, outputTokens })).toBeCloseTo(0.032 + 2e-5, 9);
  expect(cost("tiered", { inputTokens: 32_001, outputTokens })).toBeCloseTo(32_001 * 5e-6 + 6e-5, 9);
});

test("what tells no tokens costs by images, seconds, characters or queries", () => {
  expect(cost("picture", { images: 2 })).toBeCloseTo(0.08, 12);
  expect(cost("hearing", { seconds: 30 }), "once, though the file has it on both sides").toBeCloseTo(0.003, 12);
  expect(cost("speaking", { characters: 1000 })).toBeCloseTo(0.015, 12);
  expect(cost("ranking", { queries: 3 })).toBeCloseTo(0.006, 12);
});

test("what the table does not say has no cost, rather than none to pay", () => {
  expect(cost("unknown", { inputTokens: 1 })).toBeUndefined();
  expect(cost("picture", { inputTokens: 1 })).toBeUndefined();
  expect(cost("small", { images: 1 })).toBeUndefined();
  expect(cost("constructor", { inputTokens: 1 })).toBeUndefined();
  expect(costOf({ model: "small-2026-01-01", inputTokens: 1, outputTokens: 0 }, prices, "small")).toBeCloseTo(2e-6, 12);
});

test("a price file is read from its text too, without its specimen", () => {
  expect(parsePrices(JSON.stringify(file))).toEqual(prices);
  expect(Object.keys(prices)).not.toContain("sample_spec");
  expect(prices["picture"]).toEqual({ image: 0.04 });
});

test.each([
  [
    { m: { input_cost_per_token: "2e-6" } },
    "m: input_cost_per_token must be a number that is not negative, got a string",
  ],
  [
    { m: { output_cost_per_token: -1 } },
    "m: output_cost_per_token must be a number that is not negative, got a number",
  ],
  [
    { m: { input_cost_per_token_above_200k_tokens: true } },
    "m: input_cost_per_token_above_200k_tokens must be a number that is not negative, got a boolean",
  ],
  [{ m: { tiered_pricing: [{ range: 7 }] } }, "m: tiered_pricing[0].range must begin with a number"],
  [{ m: { tiered_pricing: {} } }, "m: tiered_pricing must be an array of objects"],
  [{ m: 7 }, "the price of m must be an object, got a number"],
  [[], "the price file must be an object, got an array"],
])("a price of a wrong type is named: %j", (wrong, message) => {
  expect(() => parsePrices(wrong)).toThrow(new TypeError(message));
});

test("a table of prices with a wrong type is refused by the cache, which names it", () => {
  const open = (given: unknown) => () => new Cache({ backend: memory(), prices: given } as CacheOptions);
  expect(open({ m: { inputToken: "1" } })).toThrow('prices["m"].inputToken must be a number that is not negative');
  expect(open({ m: { special: [{ aboveInputTokens: "128k" }] } })).toThrow('prices["m"].special[0].aboveInputTokens');
  expect(open({ m: { special: 1 } })).toThrow('prices["m"].special must be an array, got a number');
  expect(open({ m: 1 })).toThrow('prices["m"] must be an object');
  expect(open(7)).toThrow("prices must be an object");
  expect(open(prices)).not.toThrow();
});
