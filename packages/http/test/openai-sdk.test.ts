import { APIUserAbortError } from "openai";
import { expect, test } from "vitest";
import { ask, collect, joined, start } from "./start.ts";

const schema = {
  type: "object",
  properties: { title: { type: "string" } },
  required: ["title"],
  additionalProperties: false,
};

test("structured output is parsed from a hit as from a miss, of chat completions and of responses", async () => {
  const { client, model, cache } = await start();
  const chat = {
    ...ask("Describe a cat."),
    response_format: { type: "json_schema" as const, json_schema: { name: "cat", strict: true, schema } },
  };
  const responses = {
    model: "gpt-4o-mini",
    input: "Describe a cat.",
    text: { format: { type: "json_schema" as const, name: "cat", strict: true, schema } },
  };
  const told: unknown[] = [];
  for (let round = 0; round < 2; round++) {
    told.push([await client.chat.completions.parse(chat), await client.responses.parse(responses)]);
    await cache.flush();
  }
  expect(told[1]).toEqual(told[0]);
  expect(JSON.stringify(told[1])).toContain('{\\"title\\":\\"Describe a cat\\"}');
  expect(model.calls).toMatchObject({ chat: 1, responses: 1 });
});

test("the SDK's loop of tools is answered from the cache turn by turn", async () => {
  const { client, model, cache } = await start();
  const run = async () => {
    const runner = client.chat.completions.runTools({
      ...ask("What is the weather in Oslo?"),
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "Tells the weather.",
            parse: (text: string) => JSON.parse(text) as object,
            function: () => "12 degrees",
            parameters: { type: "object", properties: { city: { type: "string" } } },
          },
        },
      ],
    });
    const content = await runner.finalContent();
    await cache.flush();
    return content;
  };
  expect(await run()).toBe("The tool says: 12 degrees");
  expect(await run()).toBe("The tool says: 12 degrees");
  expect(model.calls.chat).toBe(2);
});

test("an abort in the middle of a stream ends it as it does without the cache, and stops the model", async () => {
  const { client, model, cache } = await start();
  const gate = Promise.withResolvers<void>();
  model.update({ beforeEvent: (index) => (index >= 2 ? gate.promise : undefined) });
  const stream = await client.chat.completions.create({ ...ask("Stream?"), stream: true });
  const events = [];
  for await (const event of stream) {
    events.push(event);
    // As without the cache: the loop ends and nothing is thrown.
    if (events.length === 2) stream.controller.abort();
  }
  expect(events).toHaveLength(2);
  await expect.poll(() => model.calls.aborted, { timeout: 20_000 }).toBe(1);
  gate.resolve();
  await cache.flush();
  expect(cache.stats().hits).toBe(0);
});

test("an abort before an answer is the SDK's own error, and stops the model", async () => {
  const { client, model, cache } = await start();
  const gate = Promise.withResolvers<void>();
  model.update({ beforeEvent: () => gate.promise });
  const controller = new AbortController();
  const plain = client.chat.completions.create(ask("Plain?"), { signal: controller.signal });
  const failed = expect(plain).rejects.toBeInstanceOf(APIUserAbortError);
  await expect.poll(() => model.calls.chat, { timeout: 20_000 }).toBe(1);
  controller.abort();
  await failed;
  await expect.poll(() => model.calls.aborted, { timeout: 20_000 }).toBe(1);
  gate.resolve();
  await cache.flush();
  expect(cache.stats().hits).toBe(0);
});

test("one caller's abort in the middle of a stream leaves the others theirs", async () => {
  const { client, model, cache } = await start();
  const gate = Promise.withResolvers<void>();
  model.update({ beforeEvent: (index) => (index === 2 ? gate.promise : undefined) });
  const [first, second] = await Promise.all(
    [1, 2].map(() => client.chat.completions.create({ ...ask("Both?"), stream: true })),
  );
  await joined(cache, 1);
  if (first === undefined || second === undefined) throw new Error("two were asked for");
  for await (const _ of first) first.controller.abort();
  gate.resolve();
  expect((await collect(second)).at(-1)?.choices[0]?.finish_reason).toBe("stop");
  expect(model.calls).toMatchObject({ chat: 1, aborted: 0 });
});

test("what extra_body adds counts, and reaches the model", async () => {
  const { client, model, cache } = await start();
  for (const top_k of [1, 2, 1]) {
    await client.chat.completions.create({ ...ask("Extra?"), top_k, guided_choice: ["yes", "no"] } as never);
    await cache.flush();
  }
  expect(model.calls.chat).toBe(2);
  expect(model.requests[0]?.body).toMatchObject({ top_k: 1, guided_choice: ["yes", "no"] });
});
