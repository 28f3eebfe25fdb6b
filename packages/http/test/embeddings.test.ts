import fc from "fast-check";
import type { EmbeddingCreateParams } from "openai/resources/embeddings";
import { expect, test } from "vitest";
import { cachedFetch, type Fetch } from "../src/index.ts";
import { joined, json, post, scripted, start } from "./start.ts";

const model = "text-embedding-3-small";
const url = "https://models.test/v1/embeddings";

for (const encoding of ["float", "base64", undefined] as const) {
  test(`a hit gives the client what the miss gave it, usage included: encoding ${encoding ?? "left to the SDK"}`, async () => {
    const { client, model: local } = await start();
    const params: EmbeddingCreateParams = {
      model,
      input: ["a cat", "a dog", "a much longer text about neither"],
      dimensions: 8,
    };
    if (encoding !== undefined) params.encoding_format = encoding;
    const miss = await client.embeddings.create(params).withResponse();
    const hit = await client.embeddings.create(params).withResponse();
    expect(hit.data).toEqual(miss.data);
    expect(hit.response.headers.get("cache-status")).toMatch(/^llmcache; hit/);
    expect(hit.response.headers.get("x-request-id")).toBe(miss.response.headers.get("x-request-id"));
    expect(local.calls.embeddings).toBe(1);
  });
}

test("what the client sees of a miss is what it sees without the cache", async () => {
  const { client, connect } = await start();
  const bare = connect({ fetch: globalThis.fetch });
  for (const input of ["a", ["a", "b"], [1, 2, 3], [[1, 2], [3]]]) {
    for (const encoding of ["float", "base64"] as const) {
      const params = { model, input, encoding_format: encoding, dimensions: 4 };
      expect(await client.embeddings.create(params)).toEqual(await bare.embeddings.create(params));
    }
  }
});

test("each input is paid for once, whatever batch it comes in, and the order of the inputs is kept", async () => {
  const { client, connect, model: local } = await start();
  const bare = connect({ fetch: globalThis.fetch });
  const create = (from: typeof client, input: string[] | string) =>
    from.embeddings.create({ model, input, dimensions: 4, encoding_format: "float" });
  await create(client, "b");
  const mixed = ["a", "b", "c", "a", "b"];
  const answered = await create(client, mixed).withResponse();
  expect(answered.response.headers.get("cache-status")).toBe("llmcache; fwd=partial");
  expect(answered.response.headers.has("x-llmcache-key")).toBe(false);
  expect(local.requests.at(-1)?.body).toMatchObject({ input: ["a", "c"] });
  expect(answered.data.data).toEqual((await create(bare, mixed)).data);
  local.reset();
  expect((await create(client, ["c", "b", "a"])).data).toEqual((await create(bare, ["c", "b", "a"])).data);
  expect(local.calls.embeddings).toBe(1);
});

test("a single text and a list of one are the same call; a text and its token ids are not", async () => {
  const { client, model: local } = await start();
  await client.embeddings.create({ model, input: "a" });
  await client.embeddings.create({ model, input: ["a"] });
  expect(local.calls.embeddings).toBe(1);
  await client.embeddings.create({ model, input: [1, 2] });
  await client.embeddings.create({ model, input: [[1, 2]] });
  await client.embeddings.create({ model, input: [[1], [2]] });
  expect(local.calls).toMatchObject({ embeddings: 3, embeddingInputs: 4 });
});

test("encodings, dimensions and models have entries of their own", async () => {
  const { client, model: local } = await start();
  const variants = [
    { encoding_format: "float" },
    { encoding_format: "base64" },
    { dimensions: 4 },
    { model: "text-embedding-3-large" },
  ] as const;
  for (const variant of [...variants, ...variants])
    await client.embeddings.create({ model, input: "a", encoding_format: "float", ...variant });
  expect(local.calls.embeddings).toBe(variants.length);
});

test("concurrent batches share the inputs they have in common", async () => {
  const { client, model: local, cache } = await start();
  local.update({ beforeEvent: () => joined(cache, 1) });
  const [left, right] = await Promise.all(
    [
      ["a", "b"],
      ["b", "c"],
    ].map((input) => client.embeddings.create({ model, input, dimensions: 4 })),
  );
  expect(local.calls.embeddingInputs).toBe(3);
  expect(left?.data[1]?.embedding).toEqual(right?.data[0]?.embedding);
});

/** An upstream that spells its numbers oddly and gives one token a letter. */
const odd: Fetch = async (_, init) => {
  const { input } = JSON.parse(init?.body as string) as { input: string[] };
  const data = input.map(
    (text, index) => `{"object":"embedding", "embedding":[1.0,${text.length}e-0,-0.0],"index": ${index} ,"extra":1.50}`,
  );
  const tokens = input.join("").length;
  const usage = { prompt_tokens: tokens, total_tokens: tokens, details: { cached: 0 } };
  return json(
    `{"object":"list","data":[${data.toReversed().join(" , ")}],"model":"m","usage":${JSON.stringify(usage)},"id":"batch"}`,
  );
};

test("numbers, unknown members and their order come back as they were spelled", async () => {
  const { cache } = await start();
  const cached = cachedFetch(cache, { fetch: odd });
  const read = async (input: string[]) => (await cached(url, post({ model: "m", input }))).text();
  const miss = await read(["a", "bbb"]);
  expect(miss).toBe(
    '{"object":"list","data":[{"object":"embedding", "embedding":[1.0,1e-0,-0.0],"index": 0 ,"extra":1.50},' +
      '{"object":"embedding", "embedding":[1.0,3e-0,-0.0],"index": 1 ,"extra":1.50}],"model":"m",' +
      '"usage":{"prompt_tokens":4,"total_tokens":4,"details":{"cached":0}},"id":"batch"}',
  );
  await cache.flush();
  expect(await read(["a", "bbb"])).toBe(miss);
});

test("for any batches, each input gets its own answer, and only missing ones are asked", async () => {
  const text = fc.constantFrom("a", "bb", "ccc", "dddd", "eeeee", "\u{1f600}", '"');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(text, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
      async (batches) => {
        const { cache } = await start();
        const asked: string[] = [];
        const fetch: Fetch = (input, init) => {
          asked.push(...(JSON.parse(init?.body as string) as { input: string[] }).input);
          return odd(input, init);
        };
        const cached = cachedFetch(cache, { fetch });
        for (const input of batches) {
          const response = await cached(url, post({ model: "m", input }));
          const body = (await response.json()) as {
            data: { index: number; embedding: number[] }[];
            usage: { total_tokens: number };
          };
          expect(body.data.map(({ index }) => index)).toEqual(input.map((_, index) => index));
          expect(body.data.map(({ embedding }) => embedding[1])).toEqual(input.map(({ length }) => length));
          expect(body.usage.total_tokens).toBe(input.join("").length);
          await cache.flush();
        }
        expect(asked.toSorted()).toEqual([...new Set(batches.flat())].toSorted());
      },
    ),
    { numRuns: 40 },
  );
});

const good = { index: 0, embedding: [1] };
const wrong: Record<string, unknown> = {
  "too few embeddings": { data: [good] },
  "too many embeddings": { data: [good, { ...good, index: 1 }, { ...good, index: 2 }] },
  "an index twice": { data: [good, good] },
  "an index that is not asked for": { data: [good, { ...good, index: 2 }] },
  "no index": { data: [good, { embedding: [1] }] },
  "an empty vector": { data: [good, { index: 1, embedding: [] }] },
  "an empty text in place of a vector": { data: [good, { index: 1, embedding: "" }] },
  "a vector with null": { data: [good, { index: 1, embedding: [null] }] },
  "an error": { error: { message: "no" } },
  "an error beside data": { data: [good, { ...good, index: 1 }], error: { message: "half" } },
  "no list": { data: {} },
};

for (const [name, body] of Object.entries(wrong)) {
  test(`a response with ${name} is passed on and nothing of it is stored`, async () => {
    const { cache } = await start();
    const { fetch, requests } = scripted(() => json(body));
    const cached = cachedFetch(cache, { fetch });
    for (let round = 0; round < 2; round++) {
      const response = await cached(url, post({ model: "m", input: ["a", "b"] }));
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual(body);
      await cache.flush();
    }
    expect(requests).toHaveLength(2);
  });
}

test("where the response to the missing inputs cannot be used, all inputs are asked as the caller asked them", async () => {
  const { cache } = await start();
  const both = { object: "list", data: [good, { index: 1, embedding: [2] }] };
  const { fetch, requests } = scripted(
    () => json({ data: [good] }),
    () => json({ error: "b is bad" }, { status: 400 }),
    () => json(both),
  );
  const cached = cachedFetch(cache, { fetch });
  const send = async (input: string[]) => (await (await cached(url, post({ model: "m", input }))).json()) as unknown;
  await send(["a"]);
  await cache.flush();
  expect(await send(["a", "b"])).toEqual(both);
  expect(await Promise.all(requests.map((request) => request.json()))).toEqual([
    { model: "m", input: ["a"] },
    { model: "m", input: ["b"] },
    { model: "m", input: ["a", "b"] },
  ]);
});

test("a batch never gets the error that another one's inputs caused", async () => {
  const { cache } = await start();
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const fetch: Fetch = async (input, init) => {
    const { input: inputs } = JSON.parse(init?.body as string) as { input: string[] };
    if (!inputs.includes("bad")) return odd(input, init);
    begun.resolve();
    await gate.promise;
    return json({ error: { message: "bad input" } }, { status: 400 });
  };
  const cached = cachedFetch(cache, { fetch });
  const bad = cached(url, post({ model: "m", input: ["a", "bad"] }));
  await begun.promise;
  const sound = cached(url, post({ model: "m", input: ["a", "b"] }));
  const same = cached(url, post({ model: "m", input: ["a", "bad"] }));
  await joined(cache, 3);
  gate.resolve();
  expect([(await bad).status, (await sound).status, (await same).status]).toEqual([400, 200, 400]);
  expect(await (await same).json()).toEqual({ error: { message: "bad input" } });
});

test("an input that cannot be taken apart goes past the cache", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json({ data: [good] }));
  const cached = cachedFetch(cache, { fetch });
  for (const input of [[], [{ image: "x" }], ["a", [1]], 5, [[]], [1.5]]) {
    const response = await cached(url, post({ model: "m", input }));
    expect(response.headers.get("cache-status")).toBe("llmcache; fwd=bypass; detail=not-cacheable");
  }
  expect(requests).toHaveLength(6);
});
