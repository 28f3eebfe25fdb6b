import { expect, test } from "vitest";
import { start } from "./start.ts";

const model = "text-embedding-3-small";
const dot = (left: readonly number[] = [], right: readonly number[] = []) =>
  left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);

test("gives the same unit vector for a text, alone or in a batch", async () => {
  const { client } = await start();
  const alone = await client.embeddings.create({ model, input: "good bread" });
  const batch = await client.embeddings.create({ model, input: ["bad weather", "good bread"] });
  expect(alone.data[0]?.embedding).toHaveLength(1536);
  expect(batch.data.map((item) => item.index)).toEqual([0, 1]);
  expect([...(batch.data[1]?.embedding ?? [])]).toEqual([...(alone.data[0]?.embedding ?? [])]);
  expect(dot(alone.data[0]?.embedding, alone.data[0]?.embedding)).toBeCloseTo(1, 5);
  expect(alone.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
});

test("gives near vectors to texts that share words", async () => {
  const { client } = await start();
  const { data } = await client.embeddings.create({
    model,
    input: ["how do I bake good bread", "how do I bake good cake", "rain in Oslo"],
  });
  const [bread, cake, rain] = data.map((item) => item.embedding);
  expect(dot(bread, cake)).toBeGreaterThan(0.6);
  expect(Math.abs(dot(bread, rain))).toBeLessThan(0.2);
});

test("sends the same numbers as floats and as base64", async () => {
  const { client } = await start();
  const floats = await client.embeddings.create({ model, input: "good bread", encoding_format: "float" });
  const base64 = await client.embeddings.create({ model, input: "good bread", encoding_format: "base64" });
  const bytes = Buffer.from(base64.data[0]?.embedding as unknown as string, "base64");
  const decoded = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
  expect(decoded).toEqual(floats.data[0]?.embedding);
});

test("shortens vectors to the dimensions asked for, and keeps their direction", async () => {
  const { client } = await start();
  const full = await client.embeddings.create({ model, input: "good bread", encoding_format: "float" });
  const short = await client.embeddings.create({
    model,
    input: "good bread",
    encoding_format: "float",
    dimensions: 64,
  });
  const vector = short.data[0]?.embedding;
  expect(vector).toHaveLength(64);
  expect(dot(vector, vector)).toBeCloseTo(1, 5);
  const prefix = full.data[0]?.embedding.slice(0, 64) ?? [];
  expect(dot(vector, prefix) / Math.sqrt(dot(prefix, prefix))).toBeCloseTo(1, 5);
});

test("takes token ids, and counts the inputs that it computed", async () => {
  const { client, model: server } = await start();
  const one = await client.embeddings.create({ model, input: [1, 2, 3] });
  expect(one.data).toHaveLength(1);
  expect(one.usage.prompt_tokens).toBe(3);
  const two = await client.embeddings.create({ model, input: [[1, 2, 3], [4]] });
  expect(two.data).toHaveLength(2);
  expect(server.calls).toMatchObject({ embeddings: 2, embeddingInputs: 3 });
});

test.each([
  ["nothing", []],
  ["an empty text", ""],
  ["an empty text among others", ["a", ""]],
  ["more than 2048 texts", Array.from({ length: 2049 }, () => "a")],
])("refuses %s", async (_name, input) => {
  const { client, model: server } = await start();
  await expect(client.embeddings.create({ model, input })).rejects.toMatchObject({ status: 400, param: "input" });
  expect(server.calls.embeddings).toBe(0);
});
