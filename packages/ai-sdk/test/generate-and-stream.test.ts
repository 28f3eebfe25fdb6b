import { generateText, isStepCount, jsonSchema, type LanguageModel, Output, streamText, tool } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { ask, collect, outcomeOf, start, stream, withoutOutcome } from "./start.ts";

const weather = tool({
  description: "The weather of a city",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => ({ city, degrees: 7 }),
});

const apis = ["chat", "responses"] as const;

for (const api of apis) {
  test(`generateText gets from a hit what it got from the miss (${api})`, async () => {
    const { [api]: model, local, cache } = await start();
    const prompt = "Why is the sky blue?";
    const miss = await generateText({ model, prompt });
    await cache.flush();
    const hit = await generateText({ model, prompt });
    expect(hit.text).toBe(miss.text);
    expect(hit.finishReason).toBe(miss.finishReason);
    expect(hit.usage).toEqual(miss.usage);
    expect(hit.content).toEqual(miss.content);
    expect(hit.finalStep.response.id).toBe(miss.finalStep.response.id);
    expect(hit.finalStep.response.timestamp).toEqual(miss.finalStep.response.timestamp);
    expect(hit.finalStep.response.modelId).toBe(miss.finalStep.response.modelId);
    expect(hit.warnings).toEqual(miss.warnings);
    expect(outcomeOf(miss.finalStep.providerMetadata)["status"]).toBe("miss");
    expect(outcomeOf(hit.finalStep.providerMetadata)).toMatchObject({ status: "hit", source: "memory", age: 0 });
    expect(local.calls[api]).toBe(1);
  });

  test(`streamText gets from a hit the parts that it got from the miss (${api})`, async () => {
    const { [api]: model, local, cache } = await start();
    const run = async () => {
      const result = streamText({ model, prompt: "Why is the sky blue?" });
      const parts = await collect(result.stream);
      return {
        parts,
        finalStep: await result.finalStep,
        usage: await result.usage,
      };
    };
    const miss = await run();
    await cache.flush();
    const hit = await run();
    expect(hit.parts.filter(({ type }) => type === "text-delta")).toEqual(
      miss.parts.filter(({ type }) => type === "text-delta"),
    );
    expect(hit.parts.filter(({ type }) => type === "text-delta").length).toBeGreaterThan(1);
    expect(hit.parts.map(({ type }) => type)).toEqual(miss.parts.map(({ type }) => type));
    expect(hit.usage).toEqual(miss.usage);
    expect(hit.finalStep.response.id).toBe(miss.finalStep.response.id);
    expect(hit.finalStep.response.timestamp).toEqual(miss.finalStep.response.timestamp);
    expect(outcomeOf(hit.finalStep.providerMetadata)).toMatchObject({
      status: "hit",
      key: outcomeOf(miss.finalStep.providerMetadata)["key"],
    });
    expect(local.calls[api]).toBe(1);
  });

  test(`a streamed answer serves a call that is not streamed, and the other way round (${api})`, async () => {
    const { [api]: model, local, cache } = await start();
    const streamed = await streamText({ model, prompt: "One?" }).text;
    await cache.flush();
    const whole = await generateText({ model, prompt: "One?" });
    expect(whole.text).toBe(streamed);
    expect(outcomeOf(whole.finalStep.providerMetadata)["status"]).toBe("hit");

    const generated = await generateText({ model, prompt: "Two?" });
    await cache.flush();
    const again = streamText({ model, prompt: "Two?" });
    expect(await again.text).toBe(generated.text);
    expect(await again.usage).toEqual(generated.usage);
    expect(outcomeOf((await again.finalStep).providerMetadata)["status"]).toBe("hit");
    expect(local.calls[api]).toBe(2);
  });

  test(`what a call that is not streamed gets from a stream's recording is what the model says to it (${api})`, async () => {
    const { [api]: model, cache } = await start();
    await stream(model, ask("Same?"));
    await cache.flush();
    const shared = await model.doGenerate(ask("Same?"));
    const own = await model.doGenerate(ask("Same?", { providerOptions: { llmcache: { noCache: true } } }));
    expect(outcomeOf(shared.providerMetadata)["status"]).toBe("hit");
    const known = ({ content, finishReason, usage, warnings }: typeof own) =>
      JSON.stringify({ content, finishReason, usage, warnings }).replaceAll(/"itemId":"[^"]*"/g, '"itemId":""');
    expect(known(shared)).toEqual(known(own));
  });

  test(`an agent of several steps repeats itself without the model (${api})`, async () => {
    const { [api]: model, local, cache } = await start();
    const run = () =>
      generateText({
        model,
        prompt: "What is the weather in Oslo?",
        tools: { weather },
        prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? "required" : "auto" }),
        stopWhen: isStepCount(4),
      });
    const first = await run();
    await cache.flush();
    const calls = local.calls[api];
    expect(first.steps.length).toBeGreaterThan(1);
    expect(first.steps[0]?.toolCalls).toHaveLength(1);
    const second = await run();
    expect(local.calls[api]).toBe(calls);
    expect(second.text).toBe(first.text);
    expect(second.steps.map(({ content }) => content)).toEqual(first.steps.map(({ content }) => content));
    expect(second.steps.every(({ providerMetadata }) => outcomeOf(providerMetadata)["status"] === "hit")).toBe(true);
  });

  test(`a streaming agent replays the calls of its tools (${api})`, async () => {
    const { [api]: model, local, cache } = await start();
    const run = async () => {
      const result = streamText({
        model,
        prompt: "What is the weather in Oslo?",
        tools: { weather },
        prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? "required" : "auto" }),
        stopWhen: isStepCount(4),
      });
      const parts = await collect(result.stream);
      await cache.flush();
      return parts.filter(({ type }) => /^(?:tool|text)-/.test(type));
    };
    const first = await run();
    const calls = local.calls[api];
    expect(first.some(({ type }) => type === "tool-input-delta")).toBe(true);
    expect(await run()).toEqual(first);
    expect(local.calls[api]).toBe(calls);
  });

  test(`structured output comes from the cache, whole and in pieces (${api})`, async () => {
    const { [api]: model, local, cache } = await start();
    const output = Output.object({ schema: z.object({ name: z.string(), age: z.number() }) });
    const first = await generateText({ model, prompt: "Describe a cat.", output });
    await cache.flush();
    const second = await generateText({ model, prompt: "Describe a cat.", output });
    expect(second.output).toEqual(first.output);
    const streamed = streamText({ model, prompt: "Describe a cat.", output });
    expect((await collect(streamed.partialOutputStream)).at(-1)).toEqual(first.output);
    expect(await streamed.output).toEqual(first.output);
    expect(local.calls[api]).toBe(1);
  });
}

test("what the AI SDK gets of a miss is what it gets without the cache", async () => {
  const { chat, bare } = await start();
  const known = (result: Awaited<ReturnType<typeof bare.doGenerate>>) => {
    const { response, ...others } = withoutOutcome(result);
    return { ...others, body: Object.keys(response?.body as object), headers: Object.keys(response?.headers ?? {}) };
  };
  expect(known(await chat.doGenerate(ask("Hello?")))).toEqual(known(await bare.doGenerate(ask("Hello?"))));
  const comparable = (parts: Awaited<ReturnType<typeof stream>>) =>
    parts.filter(({ type }) => type !== "response-metadata").map(withoutOutcome);
  expect(comparable(await stream(chat, ask("Hello, stream?")))).toEqual(
    comparable(await stream(bare, ask("Hello, stream?"))),
  );
});

test("the vendor's own chunks are replayed to whom asks for them, and to nobody else", async () => {
  const { chat, local, cache } = await start();
  const raw = ask("Raw?", { includeRawChunks: true });
  const first = await stream(chat, raw);
  await cache.flush();
  expect(first.some(({ type }) => type === "raw")).toBe(true);
  expect((await stream(chat, raw)).map(withoutOutcome)).toEqual(first.map(withoutOutcome));
  const plain = await stream(chat, ask("Raw?"));
  expect(plain.map(withoutOutcome)).toEqual(first.filter(({ type }) => type !== "raw").map(withoutOutcome));
  expect(local.calls.chat).toBe(1);

  await stream(chat, ask("Plain first?"));
  await cache.flush();
  const after = await stream(chat, ask("Plain first?", { includeRawChunks: true }));
  expect(after.some(({ type }) => type === "raw")).toBe(true);
  expect(local.calls.chat).toBe(3);
});

test("images and files count by their content", async () => {
  const { chat, local, cache } = await start();
  const look = async (data: Uint8Array | string, mediaType = "image/png") => {
    const model: LanguageModel = chat;
    const result = await generateText({
      model,
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "file", data, mediaType },
          ],
        },
      ],
    });
    await cache.flush();
    return outcomeOf(result.finalStep.providerMetadata)["status"];
  };
  const png = (last: number) => Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, last]);
  expect(await look(png(1))).toBe("miss");
  expect(await look(png(2))).toBe("miss");
  expect(await look(png(1))).toBe("hit");
  expect(await look(Buffer.from(png(2)))).toBe("hit");
  expect(local.calls.chat).toBe(2);
});

test("a tool's schema counts", async () => {
  const { chat, local, cache } = await start();
  for (const type of ["string", "number", "string"] as const) {
    const inputSchema = jsonSchema<object>({ type: "object", properties: { city: { type } } });
    await generateText({ model: chat, prompt: "Weather?", tools: { weather: tool({ inputSchema }) } });
    await cache.flush();
  }
  expect(local.calls.chat).toBe(2);
});
