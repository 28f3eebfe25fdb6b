import type { SemanticTier } from "@llmcache/core";
import { expect, test } from "vitest";
import { ask, collect, start } from "./start.ts";

/** The least that a tier does: whatever is asked is similar to what was asked last, if only the wording is another. */
function lastQuestion(score: number): SemanticTier {
  const learned = new Map<string, { readonly key: string; readonly value: Uint8Array }>();
  return {
    name: "last-question",
    match: async ({ key, scope, reads }) => {
      const last = reads ? learned.get(scope) : undefined;
      return {
        ...(last !== undefined && { found: { ...last, score, source: "vectors" } }),
        why: { decision: last === undefined ? "nothing-near" : "served" },
        learn: async ({ value }) => void learned.set(scope, { key, value }),
      };
    },
    forget: async (key) => {
      for (const [scope, entry] of learned) if (entry.key === key) learned.delete(scope);
    },
    clear: async () => learned.clear(),
  };
}

test("an answer to a similar question says how similar, plain and streamed, and no other answer does", async () => {
  const { client, model, settle } = await start({ cache: { semantic: lastQuestion(0.875) } });
  const told = async (content: string, changes: object = {}) => {
    const { data, response } = await settle(
      client.chat.completions.create({ ...ask(content), ...changes }).withResponse(),
    );
    const names = ["cache-status", "x-llmcache-similarity", "x-llmcache-saved-tokens"];
    return { text: data.choices[0]?.message.content, headers: names.map((name) => response.headers.get(name)) };
  };
  const miss = await told("Why is the sky blue?");
  expect(miss.headers).toEqual(["llmcache; fwd=miss", null, null]);
  const tokens = (await told("Why is the sky blue?")).headers.at(-1);
  expect(await told("Why is the sky blue?")).toEqual({
    ...miss,
    headers: ["llmcache; hit; detail=memory", null, tokens],
  });
  expect(await told("Why is the sky so blue?")).toEqual({
    ...miss,
    headers: ["llmcache; hit; detail=vectors", "0.875", tokens],
  });
  const streamed = await client.chat.completions.create({ ...ask("Why so blue?"), stream: true }).withResponse();
  const text = (await collect(streamed.data)).map(({ choices }) => choices[0]?.delta.content ?? "").join("");
  expect([text, streamed.response.headers.get("x-llmcache-similarity")]).toEqual([miss.text, "0.875"]);
  expect((await told("Why is the sky so blue?", { temperature: 1 })).headers[1]).toBeNull();
  expect(model.calls.chat).toBe(2);
});
