import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import type { BehaviourChanges } from "../src/index.ts";
import { collect, start } from "./start.ts";

const body = {
  model: "claude-opus-5",
  max_tokens: 1024,
  messages: [{ role: "user" as const, content: "Why is the sky blue?" }],
};

async function startAnthropic(behaviour: BehaviourChanges = {}) {
  const { model } = await start(behaviour);
  return { model, client: new Anthropic({ baseURL: model.origin, apiKey: "test", maxRetries: 0 }) };
}

test("answers with a message that the SDK reads, and streams one that it puts together to the same", async () => {
  const { client } = await startAnthropic({ answer: { reasoning: "Let me think.", text: "Yes, indeed." } });
  const whole = await client.messages.create(body);
  const streamed = await client.messages.stream(body).finalMessage();
  expect(whole.content).toMatchObject([
    { type: "thinking", thinking: "Let me think." },
    { type: "text", text: "Yes, indeed." },
  ]);
  expect(streamed.content).toEqual(whole.content);
  expect(streamed.usage).toEqual(whole.usage);
  expect(streamed.id).not.toBe(whole.id);
});

test("streams the events of the reference in their order", async () => {
  const { client } = await startAnthropic({ answer: { text: "Yes." } });
  const events = await collect(await client.messages.create({ ...body, stream: true }));
  expect(events.map(({ type }) => type)).toEqual([
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
  ]);
});

test("calls a tool, and answers from its result", async () => {
  const { client } = await startAnthropic();
  const tools = [
    { name: "get_weather", input_schema: { type: "object" as const, properties: { city: { type: "string" } } } },
  ];
  const asked = { ...body, messages: [{ role: "user" as const, content: "What is the weather in Oslo?" }], tools };
  const { content, stop_reason: reason } = await client.messages.create(asked);
  expect(reason).toBe("tool_use");
  const [call] = content;
  if (call?.type !== "tool_use") throw new Error("no tool was called");
  expect(call).toMatchObject({ name: "get_weather", input: { city: "What is the weather in Oslo" } });
  const result = { type: "tool_result" as const, tool_use_id: call.id, content: "12 degrees" };
  const messages = [
    ...asked.messages,
    { role: "assistant" as const, content },
    { role: "user" as const, content: [result] },
  ];
  expect((await client.messages.create({ ...asked, messages })).content).toMatchObject([
    { text: "The tool says: 12 degrees" },
  ]);
});

test("says that it was cut short, or refused", async () => {
  const { client, model } = await startAnthropic();
  expect((await client.messages.create({ ...body, max_tokens: 4 })).stop_reason).toBe("max_tokens");
  model.update({ answer: { refusal: "I would rather not." } });
  for (const message of [await client.messages.create(body), await client.messages.stream(body).finalMessage()])
    expect(message).toMatchObject({ stop_reason: "refusal", stop_details: { type: "refusal" } });
});

test("fails in the vendor's own form, before an answer and in the middle of it", async () => {
  const { client, model } = await startAnthropic({ failure: { kind: "status", status: 529 } });
  await expect(client.messages.create(body)).rejects.toMatchObject({
    status: 529,
    error: { error: { type: "overloaded_error" } },
  });
  model.update({ failure: { kind: "error-event" } });
  await expect(client.messages.create({ ...body, stream: true }).then(collect)).rejects.toMatchObject({
    error: { type: "error" },
  });
  model.update({ failure: undefined });
  const response = await fetch(`${model.origin}/v1/messages`, { method: "POST", body: JSON.stringify(body) });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ type: "error", error: { type: "authentication_error" } });
});
