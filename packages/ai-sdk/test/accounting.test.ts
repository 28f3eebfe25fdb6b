import { embedMany, generateText, streamText } from "ai";
import { expect, test } from "vitest";
import { ask, joined, outcomeOf, start, stream } from "./start.ts";

const prices = { "gpt-4o-mini": { inputToken: 1, outputToken: 2 } };

test("a hit says what it saves, generated or streamed, and the miss says nothing of it", async () => {
  const { chat, cache } = await start({ cache: { prices } });
  const miss = await generateText({ model: chat, prompt: "Hi?" });
  await cache.flush();
  const { inputTokens = 0, outputTokens = 0 } = miss.usage;
  const saved = { inputTokens, outputTokens, cost: inputTokens + 2 * outputTokens };
  const hit = await generateText({ model: chat, prompt: "Hi?" });
  const streamed = streamText({ model: chat, prompt: "Hi?" });
  await streamed.consumeStream();
  expect(outcomeOf(miss.finalStep.providerMetadata)).not.toHaveProperty("saved");
  expect(outcomeOf(hit.finalStep.providerMetadata)["saved"]).toEqual(saved);
  expect(outcomeOf((await streamed.finalStep).providerMetadata)["saved"]).toEqual(saved);
  expect(cache.stats()).toMatchObject({ billed: saved, saved: { cost: saved.cost * 2 } });
});

test("of callers of one stream, those who joined are told at its end what they saved", async () => {
  const { chat, local, cache } = await start({ cache: { prices } });
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  local.update({ beforeEvent: () => held });
  const both = Promise.all([stream(chat, ask("Hi?")), stream(chat, ask("Hi?"))]);
  await joined(cache, 1);
  release();
  const ends = (await both).map((parts) => parts.find((part) => part.type === "finish"));
  expect(
    ends.map((end) => [outcomeOf(end?.providerMetadata)["status"], "saved" in outcomeOf(end?.providerMetadata)]),
  ).toEqual([
    ["miss", false],
    ["coalesced", true],
  ]);
  const { billed, saved } = cache.stats();
  expect(billed.cost).toBeGreaterThan(0);
  expect(saved).toEqual(billed);
});

test("each value of a batch says what it saves", async () => {
  const { embedding, cache } = await start();
  await embedMany({ model: embedding, values: ["a", "b"] });
  await cache.flush();
  const { providerMetadata } = await embedMany({ model: embedding, values: ["b", "c"] });
  const inputs = outcomeOf(providerMetadata)["inputs"] as readonly Record<string, { inputTokens: number }>[];
  expect(inputs.map((input) => "saved" in input)).toEqual([true, false]);
  expect(cache.stats().saved.inputTokens).toBe(inputs[0]?.["saved"]?.inputTokens);
});
