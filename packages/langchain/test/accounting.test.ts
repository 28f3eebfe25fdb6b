import { expect, test } from "vitest";
import { cacheChatModel, LangChainCache } from "../src/index.ts";
import { collect, outcomeOf, start } from "./start.ts";

const prices = { "gpt-4o-mini": { inputToken: 1, outputToken: 2 } };

for (const useResponsesApi of [false, true]) {
  test(`a hit says what it saves, whole and streamed (${useResponsesApi ? "responses" : "chat"})`, async () => {
    const { connect, cache, events } = await start({ cache: { prices } });
    const model = cacheChatModel(connect({ useResponsesApi }), cache);
    const miss = await model.invoke("Hi?");
    await cache.flush();
    const hit = await model.invoke("Hi?");
    const { input_tokens: inputTokens = 0, output_tokens: outputTokens = 0 } = miss.usage_metadata ?? {};
    const saved = { inputTokens, outputTokens, cost: inputTokens + 2 * outputTokens };
    expect(outcomeOf(miss)).not.toHaveProperty("saved");
    expect(outcomeOf(hit)["saved"]).toEqual(saved);
    expect(cache.stats()).toMatchObject({ billed: saved, saved });
    await collect(await model.stream("Hi?"));
    await cache.flush();
    const [first] = await collect(await model.stream("Hi?"));
    expect(first && outcomeOf(first)["saved"]).toEqual(saved);
    const usages = events.flatMap((event) => (event.type === "answered" ? [event.usage] : []));
    expect(usages).toEqual([
      { ...usages[0], inputTokens, outputTokens },
      { ...usages[1], inputTokens, outputTokens },
    ]);
    expect(usages.every((usage) => usage?.model?.startsWith("gpt-4o-mini"))).toBe(true);
  });
}

test("what LangChain tells its own cache is accounted for on a hit", async () => {
  const { connect, cache } = await start({ cache: { prices } });
  const model = connect({ cache: new LangChainCache(cache) });
  await model.invoke("Hi?");
  await cache.flush();
  await model.invoke("Hi?");
  const { inputTokens, outputTokens, cost } = cache.stats().saved;
  expect(outputTokens).toBeGreaterThan(0);
  expect(cost).toBe(inputTokens + 2 * outputTokens);
});
