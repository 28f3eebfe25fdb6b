import { CohereClientV2 } from "cohere-ai";
import { expect, test } from "vitest";
import { cachedFetch } from "../src/index.ts";
import { plainData } from "./differential.ts";
import { json, post, scripted, start } from "./start.ts";

const documents = ["Cats purr.", "The sky is blue.", "Blue light is scattered."];

test("texts are moderated once, alone and in lists, and a picture beside a text is one input", async () => {
  const { client, model, cache } = await start();
  const inputs = [
    "an act of violence",
    ["kind words", "hate"],
    [
      { type: "text" as const, text: "kind words" },
      { type: "image_url" as const, image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
    ],
  ];
  for (const input of inputs) {
    const miss = await client.moderations.create({ input });
    await cache.flush();
    expect(await client.moderations.create({ input })).toEqual(miss);
  }
  expect(model.calls.moderations).toBe(3);
});

test("documents are ranked once for Cohere's client, and for whoever speaks as Jina does", async () => {
  const { fetch, model, cache } = await start();
  const connect = (through: typeof fetch) =>
    new CohereClientV2({
      token: "test-key",
      baseUrl: model.origin,
      environment: model.origin,
      fetch: through,
      maxRetries: 0,
    });
  const [client, bare] = [connect(fetch), connect(globalThis.fetch)];
  const query = { model: "rerank-v3.5", query: "Why is the sky blue?", documents, topN: 2 };
  const miss = await client.rerank(query);
  await cache.flush();
  const hit = await client.rerank(query);
  expect(plainData(hit)).toEqual(plainData(miss));
  expect(hit.results.map(({ index }) => index)).toEqual([1, 2]);
  expect(plainData((await bare.rerank(query)).results)).toEqual(plainData(hit.results));
  expect(model.calls.rerank).toBe(2);
  const jina = { model: "jina-reranker-v3", query: "blue", documents: documents.map((text) => ({ text })) };
  for (let round = 0; round < 2; round++) {
    const response = await fetch(`${model.url}/rerank`, post(jina));
    expect(response.headers.get("cache-status")).toMatch(round === 0 ? /fwd=miss/ : /hit/);
    await response.text();
    await cache.flush();
  }
});

async function askTwice(
  path: string,
  answer: unknown,
  body: object,
): Promise<{ asked: number; status: string | null }> {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(answer));
  const cached = cachedFetch(cache, { fetch });
  let status: string | null = null;
  for (let round = 0; round < 2; round++) {
    const response = await cached(`https://models.test${path}`, post(body));
    status = response.headers.get("cache-status");
    await response.text();
    await cache.flush();
  }
  return { asked: requests.length, status };
}

const result = (index: number) => ({ index, relevance_score: 0.5 });
const query = { model: "r", query: "blue", documents };
const judged = { flagged: false, categories: { hate: false } };

test("an answer that judges everything is stored", async () => {
  expect((await askTwice("/v1/rerank", { results: [2, 0, 1].map(result) }, query)).asked).toBe(1);
  expect((await askTwice("/v2/rerank", { results: [2].map(result) }, { ...query, top_n: 1 })).asked).toBe(1);
  expect((await askTwice("/v1/moderations", { results: [judged] }, { input: "a" })).asked).toBe(1);
});

const unusable: Record<string, readonly [path: string, answer: unknown, body: object]> = {
  "an error in place of ranks": ["/v1/rerank", { message: "too many tokens" }, query],
  "an error beside ranks": ["/v1/rerank", { error: "overloaded", results: [0, 1, 2].map(result) }, query],
  "fewer ranks than documents": ["/v1/rerank", { results: [0, 1].map(result) }, query],
  "a document ranked twice": ["/v1/rerank", { results: [0, 1, 1].map(result) }, query],
  "a rank of no document": ["/v1/rerank", { results: [0, 1, 3].map(result) }, query],
  "a rank without a score": ["/v1/rerank", { results: [{ index: 0 }, result(1), result(2)] }, query],
  "fewer judgements than texts": ["/v1/moderations", { results: [judged] }, { input: ["a", "b"] }],
  "a judgement that says nothing": ["/v1/moderations", { results: [{}] }, { input: "a" }],
  "an error in place of a judgement": ["/v1/moderations", { error: { message: "no" } }, { input: "a" }],
};

for (const [name, parameters] of Object.entries(unusable)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    expect((await askTwice(...parameters)).asked).toBe(2);
  });
}

test("a request without anything to judge goes past the cache", async () => {
  const { asked, status } = await askTwice("/v1/rerank", { results: [] }, { ...query, documents: [] });
  expect([asked, status]).toEqual([2, "llmcache; fwd=bypass; detail=not-cacheable"]);
});
