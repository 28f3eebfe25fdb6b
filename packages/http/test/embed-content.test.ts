import { GoogleGenAI } from "@google/genai";
import { expect, test } from "vitest";
import { cachedFetch } from "../src/index.ts";
import { json, scripted, start } from "./start.ts";

const model = "gemini-embedding-001";

test("the client pays only for the texts that it has not embedded yet", async () => {
  const { fetch, model: local, cache } = await start();
  const client = new GoogleGenAI({
    apiKey: "k",
    httpOptions: { baseUrl: local.origin, fetch },
  });
  const bare = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: local.origin } });
  const embed = async (from: GoogleGenAI, ...contents: string[]) => {
    const { embeddings } = await from.models.embedContent({ model, contents });
    await cache.flush();
    return embeddings;
  };
  const direct = await embed(bare, "a", "b", "c", "b");
  expect(local.calls.embeddingInputs).toBe(4);
  await embed(client, "b", "a");
  expect(await embed(client, "a", "b", "c", "b")).toEqual(direct);
  expect(local.calls).toMatchObject({ embeddings: 3, embeddingInputs: 7 });
});

const base = `https://generativelanguage.googleapis.test/v1beta/models/${model}`;
const request = (text: string) => ({ model: `models/${model}`, content: { parts: [{ text }] } });

async function askTwice(method: string, body: object, answer: unknown) {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(answer));
  const cached = cachedFetch(cache, { fetch });
  let text = "";
  for (let round = 0; round < 2; round++) {
    const response = await cached(`${base}:${method}`, {
      method: "POST",
      headers: { "x-goog-api-key": "k" },
      body: JSON.stringify(body),
    });
    text = await response.text();
    await cache.flush();
  }
  return { asked: requests.length, text };
}

test("one text is embedded once, its numbers spelled as they came", async () => {
  const { asked, text } = await askTwice("embedContent", request("a"), '{"embedding":{"values":[1.0,-0.0,1e-7]}}');
  expect([asked, text]).toEqual([1, '{"embedding":{"values":[1.0,-0.0,1e-7]}}']);
});

test("what the batch used is divided among its texts, and adds up again", async () => {
  const answer =
    '{"embeddings":[{"values":[1.0]},{"values":[2e0],"statistics":{"tokenCount":3}}],"usageMetadata":{"promptTokenCount":7}}';
  const { asked, text } = await askTwice("batchEmbedContents", { requests: [request("a"), request("bcd")] }, answer);
  expect([asked, text]).toEqual([1, answer]);
});

const unusable: Record<string, readonly [method: string, body: object, answer: unknown]> = {
  "no vector": ["embedContent", request("a"), { embedding: { values: [] } }],
  "a vector of texts": ["embedContent", request("a"), { embedding: { values: ["a"] } }],
  "an error": ["embedContent", request("a"), { error: { code: 500 } }],
  "fewer vectors than texts": [
    "batchEmbedContents",
    { requests: [request("a"), request("b")] },
    { embeddings: [{ values: [1] }] },
  ],
  "a batch with an empty vector": [
    "batchEmbedContents",
    { requests: [request("a")] },
    { embeddings: [{ values: [] }] },
  ],
};

for (const [name, [method, body, answer]] of Object.entries(unusable)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    const { asked, text } = await askTwice(method, body, answer);
    expect([asked, text]).toEqual([2, JSON.stringify(answer)]);
  });
}
