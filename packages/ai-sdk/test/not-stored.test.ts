import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { generateText, NoObjectGeneratedError, Output, streamText } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { admitSchema } from "../src/index.ts";
import { answer, ask, collect, finish, scripted, start, stream, textParts } from "./start.ts";

const weather = {
  type: "function" as const,
  name: "weather",
  inputSchema: { type: "object" as const, properties: { city: { type: "string" as const } }, required: ["city"] },
};
const call = (input: string, more: object = {}) => ({
  type: "tool-call" as const,
  toolCallId: "c",
  toolName: "weather",
  input,
  ...more,
});
const ends = (unified: string) => ({ finishReason: { unified, raw: unified } });
const json = (schema?: object) => ({ responseFormat: { type: "json", ...(schema && { schema }) } });
const cat = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };

const unstored: Record<string, { result: object; params?: object }> = {
  "cut off by its length": { result: ends("length") },
  filtered: { result: ends("content-filter") },
  failed: { result: ends("error") },
  interrupted: { result: ends("interrupted") },
  "ended for another reason": { result: ends("other") },
  "ended for a reason of a newer version": { result: ends("surprise") },
  "without content": { result: { content: [] } },
  "with an empty text": { result: { content: [{ type: "text", text: "" }] } },
  "empty but for its reasoning": { result: { content: [{ type: "reasoning", text: "Hm." }] } },
  "that calls tools and calls none": { result: ends("tool-calls") },
  "with a tool's input that is no JSON": {
    result: { content: [call('{"city":')], ...ends("tool-calls") },
    params: { tools: [weather] },
  },
  "with a tool's input that is not of its schema": {
    result: { content: [call('{"city":7}')], ...ends("tool-calls") },
    params: { tools: [weather] },
  },
  "that calls a tool that it was not offered": {
    result: { content: [call("{}", { toolName: "wether" })], ...ends("tool-calls") },
    params: { tools: [weather] },
  },
  "with a tool that the vendor has called": { result: { content: [call("{}", { providerExecuted: true })] } },
  "that should be JSON and is none": { result: answer('{"name": "To'), params: json() },
  "that is JSON of another schema": { result: answer('{"nom": "Tom"}'), params: json(cat) },
  "whose structured text is none": {
    result: { ...answer("{}"), structuredOutputText: "" },
    params: json(),
  },
};

for (const [name, { result, params }] of Object.entries(unstored)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    const { model, calls, cache } = scripted({ result });
    const given = ask("?", params);
    const first = await model.doGenerate(given);
    await cache.flush();
    await model.doGenerate(given);
    expect(first.content).toEqual({ ...answer(), ...result }.content);
    expect(calls).toHaveLength(2);
  });
}

const stored: Record<string, { result: object; params?: object }> = {
  "a call of a tool": {
    result: { content: [call('{"city":"Oslo"}')], ...ends("tool-calls") },
    params: { tools: [weather] },
  },
  "a call of a tool where JSON was asked for": {
    result: { content: [call('{"city":"Oslo"}')], ...ends("tool-calls") },
    params: { tools: [weather], ...json(cat) },
  },
  "JSON of its schema": { result: answer('{"name": "Tom"}'), params: json(cat) },
  "JSON of a frozen schema": { result: answer('{"name": "Tom"}'), params: json(Object.freeze({ ...cat })) },
};

for (const [name, { result, params }] of Object.entries(stored)) {
  test(`an answer is stored: ${name}`, async () => {
    const { model, calls, cache } = scripted({ result });
    const given = ask("?", params);
    await model.doGenerate(given);
    await cache.flush();
    await model.doGenerate(given);
    expect(calls).toHaveLength(1);
  });
}

const brokenStreams: Record<string, LanguageModelV4StreamPart[]> = {
  "an error among its parts": [...textParts("Hello."), { type: "error", error: new Error("overloaded") }, finish],
  "an error that is JSON": [...textParts("Hello."), { type: "error", error: { message: "overloaded" } }, finish],
  "no end": textParts("Hello."),
  "a text that does not end": [...textParts("Hello.").slice(0, -1), finish],
  "a piece of a text that never began": [...textParts("Hello.").slice(1), finish],
  "an end for want of room": [
    ...textParts("Hello."),
    { ...finish, finishReason: { unified: "length", raw: "length" } } as LanguageModelV4StreamPart,
  ],
};

for (const [name, parts] of Object.entries(brokenStreams)) {
  test(`a stream is passed on and not stored: ${name}`, async () => {
    const { model, calls, cache } = scripted({ parts });
    expect((await stream(model, ask("?"))).map(({ type }) => type)).toEqual(parts.map(({ type }) => type));
    await cache.flush();
    await stream(model, ask("?"));
    expect(calls).toHaveLength(2);
  });
}

for (const kind of ["cut", "reset", "error-event", "malformed"] as const) {
  test(`a stream of the real provider that breaks is not stored: ${kind}`, async () => {
    const { chat, local, cache } = await start();
    local.update({ failure: { kind, afterEvents: 3, times: 1 } });
    await collect(streamText({ model: chat, prompt: "?", maxRetries: 0, onError: () => {} }).stream).catch(() => []);
    await cache.flush();
    expect(cache.stats().stored).toBe(0);
    expect(await streamText({ model: chat, prompt: "?" }).text).not.toBe("");
    expect(local.calls.chat).toBe(2);
  });
}

test("answers of the real provider that were cut off, filtered, refused or empty are not stored", async () => {
  const { chat, local, cache } = await start();
  for (const said of [
    { finishReason: "length" },
    { finishReason: "content_filter" },
    { refusal: "No." },
    { text: "" },
  ] as const) {
    local.update({ answer: said });
    await generateText({ model: chat, prompt: "?" });
    await collect(streamText({ model: chat, prompt: "?" }).stream);
    await cache.flush();
    expect(cache.stats().stored, JSON.stringify(said)).toBe(0);
  }
});

test("invalid structured output is not stored, and the next attempt is the model's", async () => {
  const { chat, local, cache } = await start();
  const object = () =>
    generateText({
      model: chat,
      prompt: "Describe a cat.",
      output: Output.object({ schema: z.object({ name: z.string() }) }),
    });
  for (const text of ["Tom, a cat", '{"name": 7}']) {
    local.update({ answer: { text } });
    await expect(object()).rejects.toSatisfy(NoObjectGeneratedError.isInstance);
    await cache.flush();
  }
  local.update({ answer: { text: '{"name": "Tom"}' } });
  expect((await object()).output).toEqual({ name: "Tom" });
  await cache.flush();
  expect((await object()).output).toEqual({ name: "Tom" });
  expect(local.calls.chat).toBe(3);
});

test("admitSchema refuses what no JSON schema can say", async () => {
  const { connect, local, cache } = await start();
  const schema = z.object({ name: z.string() }).refine(({ name }) => name !== "Tom", "not Tom");
  const model = connect({ admit: admitSchema(schema) });
  const object = () => generateText({ model, prompt: "Describe a cat.", output: Output.object({ schema }) });
  local.update({ answer: { text: '{"name": "Tom"}' } });
  await expect(object()).rejects.toSatisfy(NoObjectGeneratedError.isInstance);
  await cache.flush();
  local.update({ answer: { text: '{"name": "Kit"}' } });
  await object();
  await cache.flush();
  await object();
  expect(local.calls.chat).toBe(2);
  await generateText({ model, prompt: "No object." });
  await cache.flush();
  expect(cache.stats().stored).toBe(2);
});

test("admitSchema wants a Standard Schema", () => {
  expect(() => admitSchema({} as never)).toThrow(TypeError);
});
