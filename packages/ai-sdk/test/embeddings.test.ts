import type { EmbeddingModelV4, EmbeddingModelV4CallOptions, EmbeddingModelV4Result } from "@ai-sdk/provider";
import { Cache, memory } from "@llmcache/core";
import { APICallError, embed, embedMany, wrapEmbeddingModel } from "ai";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cacheEmbeddingMiddleware } from "../src/index.ts";
import { shareTokens } from "../src/share-tokens.ts";
import { outcomeOf, start } from "./start.ts";

/** An embedding model written by hand, cached, and the batches that it was given. */
function scripted(
  result: (values: readonly string[]) => EmbeddingModelV4Result,
  cache = new Cache({ backend: memory() }),
) {
  const calls: EmbeddingModelV4CallOptions[] = [];
  const model: EmbeddingModelV4 = {
    specificationVersion: "v4",
    provider: "scripted",
    modelId: "e",
    maxEmbeddingsPerCall: 100,
    supportsParallelCalls: true,
    doEmbed: async (given) => {
      calls.push(given);
      return result(given.values);
    },
  };
  return { model: wrapEmbeddingModel({ model, middleware: cacheEmbeddingMiddleware(cache) }), calls, cache };
}

const vectors = (values: readonly string[]): EmbeddingModelV4Result => ({
  embeddings: values.map((value) => [value.length + 0.1, 1e-9]),
  usage: { tokens: values.length * 3 },
  warnings: [],
});

test("a batch asks the model only for the inputs that are not stored, and keeps their order", async () => {
  const { embedding, local, cache } = await start();
  const first = await embedMany({ model: embedding, values: ["a", "b"] });
  await cache.flush();
  const second = await embedMany({ model: embedding, values: ["c", "b", "a", "c", "d"] });
  await cache.flush();
  expect(local.calls.embeddingInputs).toBe(4);
  expect(second.embeddings[1]).toEqual(first.embeddings[1]);
  expect(second.embeddings[2]).toEqual(first.embeddings[0]);
  expect(second.embeddings[0]).toEqual(second.embeddings[3]);
  expect(outcomeOf(second.providerMetadata)).toMatchObject({
    status: "partial",
    inputs: ["miss", "hit", "hit", "coalesced", "miss"].map((status) => ({ status })),
  });
  const third = await embedMany({ model: embedding, values: ["c", "b", "a", "c", "d"] });
  expect(third.embeddings).toEqual(second.embeddings);
  expect(third.usage).toEqual(second.usage);
  expect(outcomeOf(third.providerMetadata)["status"]).toBe("hit");
  expect(local.calls.embeddings).toBe(2);
});

test("embed and embedMany share their entries, and the usage is the original's", async () => {
  const { embedding, local, cache } = await start();
  const one = await embed({ model: embedding, value: "Hello" });
  await cache.flush();
  const again = await embed({ model: embedding, value: "Hello" });
  expect(again.embedding).toEqual(one.embedding);
  expect(again.usage).toEqual(one.usage);
  const many = await embedMany({ model: embedding, values: ["Hello"] });
  expect(many.embeddings).toEqual([one.embedding]);
  expect(local.calls.embeddings).toBe(1);
});

test("what the model says besides is told to the caller that caused it; warnings are told to all", async () => {
  const warning = { type: "unsupported" as const, feature: "dimensions" };
  const { model, cache } = scripted((values) => ({
    ...vectors(values),
    warnings: [warning],
    providerMetadata: { vendor: { cost: 1 } },
    response: { headers: { "x-request-id": "r" } },
  }));
  const miss = await model.doEmbed({ values: ["a", "b"] });
  expect(miss).toMatchObject({
    response: { headers: {} },
    providerMetadata: { vendor: { cost: 1 } },
    warnings: [warning],
  });
  await cache.flush();
  const hit = await model.doEmbed({ values: ["a", "b"] });
  expect(Object.keys(hit).toSorted()).toEqual(["embeddings", "providerMetadata", "usage", "warnings"]);
  expect(hit.warnings).toEqual([warning]);
  expect(Object.keys(hit.providerMetadata ?? {})).toEqual(["llmcache"]);
});

test("dimensions, options and listed headers count; the signal and other headers do not", async () => {
  const { model, calls, cache } = scripted(vectors);
  const params: Omit<EmbeddingModelV4CallOptions, "values">[] = [
    {},
    { dimensions: 2 },
    { providerOptions: { openai: { user: "u" } } },
    { abortSignal: new AbortController().signal },
    { headers: { "user-agent": "x" } },
    { providerOptions: { llmcache: { ttl: "1h" } } },
  ];
  for (const given of params) {
    await model.doEmbed({ values: ["a"], ...given });
    await cache.flush();
  }
  expect(calls).toHaveLength(3);
});

for (const [name, embeddings] of [
  ["empty", [[]]],
  ["not of numbers", [[Number.NaN]]],
] as const) {
  test(`an embedding is passed on and not stored: ${name}`, async () => {
    const { model, calls, cache } = scripted(() => ({
      embeddings: embeddings.map((vector) => [...vector]),
      warnings: [],
    }));
    await model.doEmbed({ values: ["a"] });
    await cache.flush();
    await model.doEmbed({ values: ["a"] });
    expect(calls).toHaveLength(2);
  });
}

test("a model that returns another number of embeddings is found out", async () => {
  const { model, cache } = scripted(() => vectors(["a"]));
  await expect(model.doEmbed({ values: ["a", "b"] })).rejects.toMatchObject({ code: "WRONG_COUNT" });
  await cache.flush();
  expect(cache.stats().stored).toBe(0);
});

test("a model that tells no usage has none from the cache", async () => {
  const { model, cache } = scripted((values) => ({ embeddings: values.map(() => [1]), warnings: [] }));
  await model.doEmbed({ values: ["a"] });
  await cache.flush();
  expect(await model.doEmbed({ values: ["a", "b"] })).not.toHaveProperty("usage");
});

test("tenants keep their embeddings apart, and a model that is down is answered for", async () => {
  const { local, cache, embedding, wait } = await start({ cache: { ttl: "1m", staleIfError: "1h" } });
  const { embedding: fresh } = await embed({ model: embedding, value: "Hello" });
  await cache.flush();
  await embed({ model: embedding, value: "Hello", providerOptions: { llmcache: { scope: "other" } } });
  expect(local.calls.embeddings).toBe(2);
  wait(120);
  local.update({ failure: { kind: "status", status: 503 } });
  const stale = await embed({ model: embedding, value: "Hello" });
  expect(stale.embedding).toEqual(fresh);
  expect(outcomeOf(stale.providerMetadata)["status"]).toBe("stale");
  local.update({ failure: { kind: "status", status: 401 } });
  await expect(embed({ model: embedding, value: "Hello" })).rejects.toSatisfy(APICallError.isInstance);
});

test("the shares of a batch add up to what it used", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(fc.nat(1_000_000), lengths, (total, given) => {
      const shares = shareTokens(total, given);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(total);
      expect(shares.every((share) => share >= 0)).toBe(true);
    }),
  );
});
