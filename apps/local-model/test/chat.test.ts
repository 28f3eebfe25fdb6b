import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { expect, test } from "vitest";
import { collect, start } from "./start.ts";

const ask = (content: string): Omit<ChatCompletionCreateParamsNonStreaming, "stream"> => ({
  model: "gpt-4o-mini",
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content },
  ],
});

const weather = {
  type: "function" as const,
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" }, unit: { enum: ["celsius", "fahrenheit"] }, days: { type: "integer" } },
    },
  },
};

test("gives the same text to the same question, under a new id and a new time", async () => {
  const { client } = await start();
  const first = await client.chat.completions.create(ask("How do I sharpen a knife?"));
  const second = await client.chat.completions.create(ask("How do I sharpen a knife?"));
  expect(first.choices[0]?.message.content).toContain("How do I sharpen a knife");
  expect(second.choices).toEqual(first.choices);
  expect(second.id).not.toBe(first.id);
  expect(second.created).not.toBe(first.created);
  expect(first).toMatchObject({ object: "chat.completion", model: "gpt-4o-mini", service_tier: "default" });
  expect(first.system_fingerprint).toMatch(/^fp_[0-9a-f]{8}$/);
});

test("answers otherwise when a parameter differs", async () => {
  const { client } = await start();
  const plain = await client.chat.completions.create(ask("How do I sharpen a knife?"));
  const warm = await client.chat.completions.create({ ...ask("How do I sharpen a knife?"), temperature: 0.9 });
  expect(warm.choices[0]?.message.content).not.toBe(plain.choices[0]?.message.content);
});

test("streams the text that it gives without a stream", async () => {
  const { client } = await start();
  const whole = await client.chat.completions.create(ask("Why is the sky blue?"));
  const chunks = await collect(await client.chat.completions.create({ ...ask("Why is the sky blue?"), stream: true }));
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(whole.choices[0]?.message.content);
  expect(chunks[0]?.choices[0]?.delta).toEqual({ role: "assistant", content: "", refusal: null });
  expect(chunks.at(-1)?.choices[0]).toEqual({ index: 0, delta: {}, logprobs: null, finish_reason: "stop" });
  expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
  expect(chunks.every((chunk) => chunk.object === "chat.completion.chunk" && !("usage" in chunk))).toBe(true);
});

test("ends a stream with its usage when that is asked for", async () => {
  const { client } = await start();
  const whole = await client.chat.completions.create(ask("Why is the sky blue?"));
  const stream = await client.chat.completions.create({
    ...ask("Why is the sky blue?"),
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await collect(stream);
  expect(chunks.at(-1)?.choices).toEqual([]);
  expect(chunks.at(-1)?.usage).toEqual(whole.usage);
  expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  expect(whole.usage?.total_tokens).toBe((whole.usage?.prompt_tokens ?? 0) + (whole.usage?.completion_tokens ?? 0));
});

test("says [DONE] at the end of a stream", async () => {
  const { model } = await start();
  const response = await fetch(`${model.url}/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer test" },
    body: JSON.stringify({ ...ask("Why is the sky blue?"), stream: true }),
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await response.text()).toMatch(/\n\ndata: \[DONE\]\n\n$/);
});

test("calls a tool that the prompt speaks of, and answers from the tool's result", async () => {
  const { client } = await start();
  const call = await client.chat.completions.create({ ...ask("What is the weather in Oslo?"), tools: [weather] });
  const [choice] = call.choices;
  expect(choice?.finish_reason).toBe("tool_calls");
  expect(choice?.message.content).toBeNull();
  const [toolCall] = choice?.message.tool_calls ?? [];
  if (choice === undefined || toolCall?.type !== "function") throw new Error("no function was called");
  expect(JSON.parse(toolCall.function.arguments)).toEqual({
    city: "What is the weather in Oslo",
    unit: "celsius",
    days: 1,
  });

  const { messages, ...rest } = ask("What is the weather in Oslo?");
  const answer = await client.chat.completions.create({
    ...rest,
    tools: [weather],
    messages: [...messages, choice.message, { role: "tool", tool_call_id: toolCall.id, content: "12 degrees" }],
  });
  expect(answer.choices[0]?.message.content).toBe("The tool says: 12 degrees");
});

test("streams a tool call in pieces that the SDK puts together", async () => {
  const { client } = await start();
  const runner = client.chat.completions.stream({ ...ask("Hello"), tools: [weather], tool_choice: "required" });
  const final = await runner.finalChatCompletion();
  const [toolCall] = final.choices[0]?.message.tool_calls ?? [];
  expect(toolCall?.type === "function" && toolCall.function.name).toBe("get_weather");
  expect(toolCall?.type === "function" && JSON.parse(toolCall.function.arguments)).toEqual({
    city: "Hello",
    unit: "celsius",
    days: 1,
  });
});

test("leaves tools alone when the prompt does not speak of them, or they are forbidden", async () => {
  const { client } = await start();
  const unrelated = await client.chat.completions.create({ ...ask("Sing."), tools: [weather] });
  const forbidden = await client.chat.completions.create({
    ...ask("What is the weather?"),
    tools: [weather],
    tool_choice: "none",
  });
  expect([unrelated, forbidden].map((answer) => answer.choices[0]?.finish_reason)).toEqual(["stop", "stop"]);
});

test("gives as many different choices as asked for, also in a stream", async () => {
  const { client } = await start();
  const whole = await client.chat.completions.create({ ...ask("Name a colour."), n: 3 });
  const texts = whole.choices.map((choice) => choice.message.content);
  expect(new Set(texts).size).toBe(3);
  const streamed = await client.chat.completions.stream({ ...ask("Name a colour."), n: 3 }).finalChatCompletion();
  expect(streamed.choices.map((choice) => choice.message.content)).toEqual(texts);
});

test("stops at max_tokens and at a stop sequence", async () => {
  const { client } = await start();
  const short = await client.chat.completions.create({ ...ask("Why is the sky blue?"), max_completion_tokens: 5 });
  expect(short.choices[0]).toMatchObject({
    finish_reason: "length",
    message: { content: "Sunlight holds every colour." },
  });
  expect(short.usage?.completion_tokens).toBe(5);
  const stopped = await client.chat.completions.create({ ...ask("Why is the sky blue?"), stop: [" every"] });
  expect(stopped.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Sunlight holds" } });
});

test("follows a JSON schema", async () => {
  const { client } = await start();
  const schema = {
    type: "object",
    properties: { title: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
  };
  const answer = await client.chat.completions.create({
    ...ask("Describe bread"),
    response_format: { type: "json_schema", json_schema: { name: "item", schema } },
  });
  expect(JSON.parse(answer.choices[0]?.message.content ?? "")).toEqual({
    title: "Describe bread",
    tags: ["Describe bread"],
  });
});

test("shows log probabilities only when asked, one for each token", async () => {
  const { client } = await start({ answer: { text: "Yes, indeed." } });
  const silent = await client.chat.completions.create(ask("Sure?"));
  expect(silent.choices[0]?.logprobs).toBeNull();
  const telling = await client.chat.completions.create({ ...ask("Sure?"), logprobs: true, top_logprobs: 3 });
  const content = telling.choices[0]?.logprobs?.content ?? [];
  expect(content.map((token) => token.token)).toEqual(["Yes", ",", " indeed", "."]);
  expect(content.every((token) => token.top_logprobs.length === 3 && token.logprob <= 0)).toBe(true);
});

test("says what it is told to say", async () => {
  const { model, client } = await start();
  const answer = async () => (await client.chat.completions.create(ask("Why?"))).choices[0];
  model.update({ answer: { text: "" } });
  expect(await answer()).toMatchObject({ finish_reason: "stop", message: { content: "" } });
  model.update({ answer: { finishReason: "content_filter" } });
  expect(await answer()).toMatchObject({ finish_reason: "content_filter" });
  model.update({ answer: { refusal: "I would rather not." } });
  expect(await answer()).toMatchObject({
    finish_reason: "stop",
    message: { content: null, refusal: "I would rather not." },
  });
  model.update({ answer: { toolCalls: [{ name: "look", arguments: { at: 1 } }] } });
  expect(await answer()).toMatchObject({
    message: { tool_calls: [{ function: { name: "look", arguments: '{"at":1}' } }] },
  });
  model.update({ answer: { reasoning: "Let me think.", text: "Because." } });
  expect(await answer()).toMatchObject({ message: { content: "Because.", reasoning_content: "Let me think." } });
  model.update({ answer: undefined });
  expect((await answer())?.message.content).toContain("“Why”");
});

test("streams reasoning before the text, and counts it", async () => {
  const { client } = await start({ answer: { reasoning: "Let me think.", text: "Because." } });
  const chunks = await collect(
    await client.chat.completions.create({ ...ask("Why?"), stream: true, stream_options: { include_usage: true } }),
  );
  const deltas = chunks.map(
    (chunk) => chunk.choices[0]?.delta as { reasoning_content?: string; content?: string } | undefined,
  );
  expect(deltas.map((delta) => delta?.reasoning_content ?? delta?.content ?? "").join("")).toBe(
    "Let me think.Because.",
  );
  expect(chunks.at(-1)?.usage?.completion_tokens_details?.reasoning_tokens).toBe(4);
});

test("sends texts of any script whole, whatever pieces they travel in", async () => {
  const text = "“Größe” 日本語 👩‍👩‍👧 naïve\n\n\ttabs   and spaces";
  const { client } = await start({ answer: { text }, bytesPerWrite: 7 });
  const whole = await client.chat.completions.create(ask("Write"));
  const chunks = await collect(await client.chat.completions.create({ ...ask("Write"), stream: true }));
  expect(whole.choices[0]?.message.content).toBe(text);
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(text);
});
