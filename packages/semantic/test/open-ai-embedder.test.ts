import { type BehaviourChanges, instant, startLocalModel } from "@llmcache/local-model";
import { openAiEmbedder, type OpenAiEmbedderOptions } from "@llmcache/semantic";
import { expect, onTestFinished, test } from "vitest";

const apiKey = "sk-secret-key";
const model = "text-embedding-3-small";

async function start(options: Partial<OpenAiEmbedderOptions> = {}, behaviour: BehaviourChanges = {}) {
  const server = await startLocalModel({ ...instant, ...behaviour });
  onTestFinished(() => server.close());
  let requests = 0;
  const fetch: typeof globalThis.fetch = (input, init) => (requests++, globalThis.fetch(input, init));
  const embed = openAiEmbedder({ baseUrl: server.url, apiKey, model, fetch, ...options });
  return { server, embed, requests: () => requests };
}

/** Answers with a body of the test's own. */
const answering =
  (body: unknown): typeof globalThis.fetch =>
  async () =>
    Response.json(body);

test("embeds texts in order, a text the same alone and in a batch", async () => {
  const { embed } = await start({ dimensions: 64 });
  const [bread, rain] = await embed(["good bread", "rain in Oslo"]);
  expect(bread).toBeInstanceOf(Float32Array);
  expect(bread).toHaveLength(64);
  expect(await embed(["rain in Oslo"])).toEqual([rain]);
  expect(bread).not.toEqual(rain);
});

test("sends as many requests as the texts need, and none for none", async () => {
  const { embed, requests } = await start({ maxBatch: 2 });
  expect(await embed(["a", "b", "c", "d", "e"])).toHaveLength(5);
  expect(requests()).toBe(3);
  expect(await embed([])).toEqual([]);
  expect(requests()).toBe(3);
});

test("refuses a text that would be cut short, before it sends any", async () => {
  const { embed, requests } = await start({ maxInput: 10 });
  await expect(embed(["short", "a secret that is too long"])).rejects.toThrow(
    new RangeError("text 1 is longer than maxInput, 10"),
  );
  expect(requests()).toBe(0);
});

test.each([
  ["a status", { kind: "status", status: 500 } as const],
  ["a body that is no JSON", { kind: "malformed" } as const],
  ["a body that ends half-way", { kind: "cut" } as const],
  ["a connection that is reset", { kind: "reset" } as const],
])("rejects after one attempt for %s, without the key or the text", async (_, failure) => {
  const { embed, requests } = await start({}, { failure });
  const error: unknown = await embed(["a secret question"]).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(requests()).toBe(1);
  const { stack, cause } = error as Error;
  expect(`${stack} ${String(cause)} ${JSON.stringify(error)}`).not.toMatch(/sk-secret|secret question/);
});

test("honours the signal, before it sends and while it waits", async () => {
  const { embed, requests } = await start({}, { failure: { kind: "hang" } });
  const reason = new Error("the caller went away");
  await expect(embed(["a"], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(requests()).toBe(0);
  const controller = new AbortController();
  const pending = embed(["a"], { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await expect(pending).rejects.toBe(reason);
});

test.each([
  ["no data", {}, "one vector for each"],
  ["null", null, "one vector for each"],
  ["fewer vectors than texts", { data: [{ index: 0, embedding: [1, 2] }] }, "one vector for each"],
  [
    "one text twice",
    {
      data: [
        { index: 0, embedding: [1, 2] },
        { index: 0, embedding: [1, 2] },
      ],
    },
    "twice for one text",
  ],
  [
    "vectors of two lengths",
    {
      data: [
        { index: 0, embedding: [1, 2] },
        { index: 1, embedding: [1] },
      ],
    },
    "1 dimensions",
  ],
  [
    "what is no number",
    {
      data: [
        { index: 0, embedding: [1, null] },
        { index: 1, embedding: [1, 2] },
      ],
    },
    "a vector that is none",
  ],
  [
    "half a float",
    {
      data: [
        { index: 0, embedding: "AAA=" },
        { index: 1, embedding: "AAA=" },
      ],
    },
    "a vector that is none",
  ],
])("rejects an answer with %s", async (_, body, message) => {
  const embed = openAiEmbedder({ apiKey, model, fetch: answering(body) });
  await expect(embed(["a", "b"])).rejects.toThrow(message);
});

test("takes plain numbers, in any order, and refuses dimensions that were not asked for", async () => {
  const body = {
    data: [
      { index: 1, embedding: [3, 4] },
      { index: 0, embedding: [1, 2] },
    ],
  };
  const embed = openAiEmbedder({ apiKey, model, fetch: answering(body) });
  expect(await embed(["a", "b"])).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
  const strict = openAiEmbedder({ apiKey, model, dimensions: 3, fetch: answering(body) });
  await expect(strict(["a", "b"])).rejects.toThrow("2 dimensions where 3 were due");
});

test("refuses options by name, never showing their values", () => {
  const refused = (options: object) => () => openAiEmbedder(options as OpenAiEmbedderOptions);
  expect(refused({ model })).toThrow(new TypeError("apiKey must be a string of at least one character, got undefined"));
  expect(refused({ apiKey, model, baseUrl: "no url" })).toThrow(new TypeError("baseUrl must be a URL"));
  expect(refused({ apiKey, model, dimensions: 1.5 })).toThrow("dimensions");
  expect(refused({ apiKey, model, retries: 3 })).toThrow('unknown option "retries"');
});
