import { expect, test } from "vitest";
import { collect, start } from "./start.ts";

const body = { model: "gpt-4o-mini", input: "Why is the sky blue?" };

test("answers with a response that the SDK reads", async () => {
  const { client } = await start();
  const response = await client.responses.create({ ...body, instructions: "Be brief.", metadata: { team: "a" } });
  expect(response.output_text).toMatch(/^Sunlight holds every colour\./);
  expect(response).toMatchObject({
    object: "response",
    status: "completed",
    instructions: "Be brief.",
    metadata: { team: "a" },
  });
  expect(response.usage?.total_tokens).toBe((response.usage?.input_tokens ?? 0) + (response.usage?.output_tokens ?? 0));
});

test("streams the events of the reference in their order, each with its number", async () => {
  const { client } = await start({ answer: { text: "Yes, indeed." } });
  const events = await collect(await client.responses.create({ ...body, stream: true }));
  expect(events.map((event) => event.type)).toEqual([
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
});

test("streams a response that the SDK puts together to what it gives without a stream", async () => {
  const { client } = await start();
  const whole = await client.responses.create(body);
  const streamed = await client.responses.stream(body).finalResponse();
  expect(streamed.output_text).toBe(whole.output_text);
  expect(streamed.usage).toEqual(whole.usage);
  expect(streamed.id).not.toBe(whole.id);
});

test("calls a function, also in a stream, and answers from its output", async () => {
  const { client } = await start();
  const tools = [
    {
      type: "function" as const,
      name: "get_weather",
      strict: null,
      parameters: { type: "object", properties: { city: { type: "string" } } },
    },
  ];
  const asked = { ...body, input: "What is the weather in Oslo?", tools };
  const whole = await client.responses.create(asked);
  const streamed = await client.responses.stream(asked).finalResponse();
  for (const { output } of [whole, streamed]) {
    expect(output).toMatchObject([
      {
        type: "function_call",
        name: "get_weather",
        status: "completed",
        arguments: '{"city":"What is the weather in Oslo"}',
      },
    ]);
  }
  const [call] = whole.output;
  if (call?.type !== "function_call") throw new Error("no function was called");
  const result = { type: "function_call_output" as const, call_id: call.call_id, output: "12 degrees" };
  const answer = await client.responses.create({
    ...asked,
    input: [{ role: "user", content: asked.input }, call, result],
  });
  expect(answer.output_text).toBe("The tool says: 12 degrees");
});

test("is incomplete when it was cut short, also in a stream", async () => {
  const { model, client } = await start();
  const short = await client.responses.create({ ...body, max_output_tokens: 16 });
  expect(short).toMatchObject({ status: "incomplete", incomplete_details: { reason: "max_output_tokens" } });
  model.update({ answer: { finishReason: "content_filter" } });
  const events = await collect(await client.responses.create({ ...body, stream: true }));
  expect(events.at(-1)).toMatchObject({
    type: "response.incomplete",
    response: { incomplete_details: { reason: "content_filter" } },
  });
});

test("reasons, refuses and shows log probabilities", async () => {
  const { model, client } = await start({ answer: { reasoning: "Let me think.", text: "Yes." } });
  for (const { output } of [await client.responses.create(body), await client.responses.stream(body).finalResponse()]) {
    expect(output).toMatchObject([{ type: "reasoning", summary: [{ text: "Let me think." }] }, { type: "message" }]);
  }
  model.update({ answer: { refusal: "I would rather not." } });
  for (const { output } of [await client.responses.create(body), await client.responses.stream(body).finalResponse()]) {
    expect(output).toMatchObject([{ content: [{ type: "refusal", refusal: "I would rather not." }] }]);
  }
  model.update({ answer: { text: "Yes." } });
  const telling = await client.responses.create({
    ...body,
    include: ["message.output_text.logprobs"],
    top_logprobs: 2,
  });
  expect(telling.output).toMatchObject([{ content: [{ logprobs: [{ token: "Yes" }, { token: "." }] }] }]);
});

test("follows a JSON schema", async () => {
  const { client } = await start();
  const format = {
    type: "json_schema" as const,
    name: "item",
    schema: { type: "object", properties: { title: { type: "string" } } },
  };
  const response = await client.responses.create({ ...body, text: { format } });
  expect(JSON.parse(response.output_text)).toEqual({ title: "Why is the sky blue" });
});
