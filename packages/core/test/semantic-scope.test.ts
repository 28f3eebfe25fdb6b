import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cache, type Call, memory, type SemanticTier } from "../src/index.ts";
import { anyJson, anyString, objectOf } from "./support/arbitrary-values.ts";
import { changedSomewhere } from "./support/changed.ts";
import { vectorStore, wordTier } from "./support/word-tier.ts";

const text = "Why is the sky blue today?";
const reworded = "Why is the sky so blue today?";
const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
const file = { type: "file", file: { file_data: "data:application/pdf;base64,AAAA", filename: "a.pdf" } };
const tool = (name: string) => ({ type: "function", function: { name, parameters: { type: "object" } } });

const base = {
  model: "m",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Hello" },
    {
      role: "assistant",
      content: "Hello!",
      tool_calls: [{ id: "t", type: "function", function: { name: "f", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "t", content: "42" },
    { role: "user", content: [{ type: "text", text }, image, file] },
  ],
  tools: [tool("a")],
  tool_choice: "auto",
  response_format: { type: "json_schema", json_schema: { name: "s", schema: {} } },
  temperature: 0,
  top_p: 1,
  seed: 1,
  max_tokens: 10,
  stop: ["x"],
  user: "u",
};

interface Asked {
  readonly call: Call;
  readonly place?: object;
}

const asked = (
  change: (params: typeof base) => unknown = (params) => params,
  rest: Partial<Asked & Call> = {},
): Asked => ({
  call: {
    operation: rest.operation ?? "chat",
    params: change(structuredClone(base)),
    context: rest.context ?? {
      endpoint: "https://api.example/v1/chat/completions",
      headers: { "openai-organization": "o" },
    },
  },
  place: rest.place ?? {},
});

/** The question in other words. */
function withWording({ call, place }: Asked): Asked {
  const params = JSON.parse(JSON.stringify(call.params).replaceAll(text, reworded)) as unknown;
  return { call: { ...call, params }, ...(place && { place }) };
}

const message = (params: typeof base, at: number) =>
  params.messages[at] as { role: string; content: unknown; [name: string]: unknown };
const part = (params: typeof base, at: number) =>
  (message(params, 4).content as Record<string, unknown>[])[at] as Record<string, unknown>;

const changes: readonly [string, Asked][] = [
  ["the model", asked((params) => ({ ...params, model: "n" }))],
  ["the provider", asked(undefined, { context: { endpoint: "https://other.example/v1/chat/completions" } })],
  [
    "a header that counts",
    asked(undefined, { context: { endpoint: "https://api.example/v1/chat/completions", headers: {} } }),
  ],
  ["the operation", asked(undefined, { operation: "messages" })],
  ["the system prompt", asked((params) => (Object.assign(message(params, 0), { content: "Be long." }), params))],
  ["no system prompt", asked((params) => ({ ...params, messages: params.messages.slice(1) }))],
  ["an earlier turn", asked((params) => (Object.assign(message(params, 1), { content: "Hello?" }), params))],
  ["what the model said", asked((params) => (Object.assign(message(params, 2), { content: "Hi" }), params))],
  ["a tool call", asked((params) => (Object.assign(message(params, 2), { tool_calls: [] }), params))],
  ["a tool's result", asked((params) => (Object.assign(message(params, 3), { content: "43" }), params))],
  [
    "one more turn",
    asked((params) => ({ ...params, messages: [message(params, 1), message(params, 2), ...params.messages] })),
  ],
  [
    "an image",
    asked((params) => (Object.assign(part(params, 1), { image_url: { url: "data:image/png;base64,AAAB" } }), params)),
  ],
  [
    "an image's detail",
    asked((params) => (Object.assign(part(params, 1), { image_url: { ...image.image_url, detail: "high" } }), params)),
  ],
  ["a file", asked((params) => (Object.assign(part(params, 2), { file: { ...file.file, file_data: "x" } }), params))],
  [
    "no file",
    asked((params) => (Object.assign(message(params, 4), { content: [part(params, 0), part(params, 1)] }), params)),
  ],
  [
    "the order of the parts",
    asked(
      (params) => (
        Object.assign(message(params, 4), { content: [part(params, 1), part(params, 0), part(params, 2)] }),
        params
      ),
    ),
  ],
  ["the name of who asks", asked((params) => (Object.assign(message(params, 4), { name: "Ann" }), params))],
  ["a tool", asked((params) => ({ ...params, tools: [tool("b")] }))],
  ["one more tool", asked((params) => ({ ...params, tools: [tool("a"), tool("b")] }))],
  ["the choice of tools", asked((params) => ({ ...params, tool_choice: "none" }))],
  ["the response format", asked((params) => ({ ...params, response_format: { type: "text" } }))],
  [
    "the response's schema",
    asked((params) => (Object.assign(params.response_format.json_schema, { schema: { type: "object" } }), params)),
  ],
  ["the temperature", asked((params) => ({ ...params, temperature: 0.1 }))],
  ["no temperature", asked((params) => ({ ...params, temperature: undefined }))],
  ["top_p", asked((params) => ({ ...params, top_p: 0.5 }))],
  ["the seed", asked((params) => ({ ...params, seed: 2 }))],
  ["the length", asked((params) => ({ ...params, max_tokens: 11 }))],
  ["the stop", asked((params) => ({ ...params, stop: ["y"] }))],
  ["the user", asked((params) => ({ ...params, user: "v" }))],
  ["the number of answers", asked((params) => ({ ...params, n: 2 }))],
  ["logit_bias", asked((params) => ({ ...params, logit_bias: { 1: 2 } }))],
  ["what nobody knows", asked((params) => ({ ...params, vendor_option: true }))],
  ["the tenant", asked(undefined, { place: { scope: "tenant" } })],
  ["the namespace", asked(undefined, { place: { namespace: "other" } })],
];

/** Lies about scopes: whatever is nearest in the whole store is found. */
function scopeless(honest: SemanticTier): SemanticTier {
  return { ...honest, match: (question, context) => honest.match({ ...question, scope: "all" }, context) };
}

const tiers: readonly [string, () => Cache][] = [
  ["one store", () => new Cache({ backend: vectorStore("store"), semantic: wordTier() })],
  ["two stores", () => new Cache({ backend: memory(), semantic: wordTier({ backend: vectorStore("store") }) })],
  ["a tier that knows no scopes", () => new Cache({ backend: vectorStore("store"), semantic: scopeless(wordTier()) })],
];

describe.each(tiers)("with %s", (_, create) => {
  test("the question in other words is found", async () => {
    const cache = create();
    await cache.put(asked().call, "answer");
    await cache.flush();
    expect((await cache.run(withWording(asked()).call, () => "model")).status).toBe("semantic");
  });

  test.each(changes)("%s is no wording: neither the same words nor others find the answer", async (_name, changed) => {
    for (const [stored, wanted] of [
      [asked(), changed],
      [asked(), withWording(changed)],
      [changed, asked()],
      [changed, withWording(asked())],
    ] as const) {
      const cache = create();
      await cache.put(stored.call, "answer", stored.place);
      await cache.flush();
      expect((await cache.run(wanted.call, () => "model", wanted.place)).value).toBe("model");
      await cache.flush();
      expect(cache.stats().semantic).toBe(0);
    }
  });

  test("nor does any other change find it, anywhere outside of the wording", async () => {
    await fc.assert(
      fc.asyncProperty(
        objectOf(anyString, anyJson),
        fc.nat(),
        anyJson,
        fc.boolean(),
        async (rest, where, replacement, reword) => {
          const callOf = (inside: unknown): Call => ({
            operation: "chat",
            params: { inside, messages: [{ role: "user", content: text, inside }] },
            context: inside,
          });
          const cache = create();
          await cache.put(callOf(rest), "answer");
          await cache.flush();
          const changed = callOf(changedSomewhere(rest, where, replacement));
          if (reword)
            Object.assign((changed.params as { messages: object[] }).messages[0] ?? {}, { content: reworded });
          const { status } = await cache.run(changed, () => "model");
          expect(["miss", "bypass"]).toContain(status);
        },
      ),
      { numRuns: 150 },
    );
  });
});
