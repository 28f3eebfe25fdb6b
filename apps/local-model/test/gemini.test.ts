import { expect, test } from "vitest";
import type { BehaviourChanges } from "../src/index.ts";
import { start } from "./start.ts";

const question = { contents: [{ role: "user", parts: [{ text: "Why is the sky blue?" }] }] };

async function startGemini(behaviour: BehaviourChanges = {}) {
  const { model } = await start(behaviour);
  const send = (method: string, body: object = question, headers: Record<string, string> = { "x-goog-api-key": "k" }) =>
    fetch(`${model.origin}/v1beta/models/${method}`, { method: "POST", headers, body: JSON.stringify(body) });
  return { model, send };
}

test("answers with candidates, and streams their parts as events or as one array", async () => {
  const { send } = await startGemini({ answer: { reasoning: "Hm, so.", text: "Yes, indeed." } });
  const whole = (await (await send("gemini-2.5-flash:generateContent")).json()) as object;
  expect(whole).toMatchObject({
    candidates: [
      {
        content: { parts: [{ text: "Hm, so.", thought: true }, { text: "Yes, indeed." }], role: "model" },
        finishReason: "STOP",
      },
    ],
    modelVersion: "gemini-2.5-flash",
  });
  const events = await send("gemini-2.5-flash:streamGenerateContent?alt=sse");
  expect(events.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const chunks = [...(await events.text()).matchAll(/^data: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data ?? "") as object,
  );
  const array = await send("gemini-2.5-flash:streamGenerateContent");
  expect(array.headers.get("content-type")).toMatch(/^application\/json/);
  const elements = (await array.json()) as object[];
  expect(elements).toHaveLength(chunks.length);
  const text = JSON.stringify(elements.map((element) => JSON.stringify(element).match(/"text":"([^"]*)"/)?.[1] ?? ""));
  expect((JSON.parse(text) as string[]).join("")).toBe("Hm, so.Yes, indeed.");
  const { usageMetadata } = whole as { usageMetadata: object };
  expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: "STOP" }], usageMetadata });
});

test("calls a function, and says that it was cut short", async () => {
  const { send } = await startGemini();
  const tools = [
    {
      functionDeclarations: [
        { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
      ],
    },
  ];
  const asked = { contents: [{ parts: [{ text: "What is the weather in Oslo?" }] }], tools };
  expect(await (await send("m:generateContent", asked)).json()).toMatchObject({
    candidates: [{ content: { parts: [{ functionCall: { name: "get_weather" } }] }, finishReason: "STOP" }],
  });
  const short = { ...question, generationConfig: { maxOutputTokens: 3, candidateCount: 2 } };
  expect(await (await send("m:generateContent", short)).json()).toMatchObject({
    candidates: [
      { index: 0, finishReason: "MAX_TOKENS" },
      { index: 1, finishReason: "MAX_TOKENS" },
    ],
  });
});

test("embeds a text, or several in their order", async () => {
  const { send } = await startGemini();
  const one = (text: string) => ({ content: { parts: [{ text }] } });
  const { embedding } = (await (await send("e:embedContent", one("a"))).json()) as { embedding: object };
  const { embeddings } = (await (await send("e:batchEmbedContents", { requests: [one("b"), one("a")] })).json()) as {
    embeddings: object[];
  };
  expect(embeddings).toHaveLength(2);
  expect(embeddings[1]).toEqual(embedding);
});

test("takes a key in the header or in the URL, and fails in the vendor's own form", async () => {
  const { model, send } = await startGemini();
  expect((await send("m:generateContent?key=k", question, {})).status).toBe(200);
  expect(await (await send("m:generateContent", question, {})).json()).toMatchObject({
    error: { code: 401, status: "UNAUTHENTICATED" },
  });
  model.update({ failure: { kind: "status", status: 429 } });
  expect(await (await send("m:generateContent")).json()).toMatchObject({ error: { status: "RESOURCE_EXHAUSTED" } });
});
