import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createOpenAI } from "@ai-sdk/openai";
import Anthropic from "@anthropic-ai/sdk";
import { generateText, streamText } from "ai";
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { start } from "./start.ts";

const messages = [{ role: "user" as const, content: "Why is the sky blue?" }];

test("OpenAI's client gets its second answer from the cache, the same to the byte", async (context) => {
  const { url, model } = await start(context);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-client", maxRetries: 0 });
  const ask = () => client.chat.completions.create({ model: "gpt-4o", messages }).withResponse();
  const first = await ask();
  const second = await ask();
  expect(second.data).toEqual(first.data);
  expect(model.calls.chat).toBe(1);
  expect(first.response.headers.get("cache-status")).toMatch(/^llmcache; fwd=miss/);
  expect(second.response.headers.get("cache-status")).toMatch(/^llmcache; hit; ttl=\d+; detail=memory$/);
  expect(second.response.headers.get("age")).toBe("0");
  expect(second.response.headers.get("x-llmcache-key")).toMatch(/^gateway\/credential-[0-9a-f]{32}\/[0-9a-f]{64}$/);
  const { total_tokens: total } = first.data.usage ?? { total_tokens: 0 };
  expect(second.response.headers.get("x-llmcache-saved-tokens")).toBe(String(total));
});

test("OpenAI's client streams a miss and a hit, chunk by chunk alike", async (context) => {
  const { url, model } = await start(context);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-client", maxRetries: 0 });
  const read = async () => {
    const stream = await client.chat.completions.create({
      ...{ model: "gpt-4o", messages, stream: true, stream_options: { include_usage: true } },
    });
    return Array.fromAsync(stream);
  };
  const first = await read();
  expect(await read()).toEqual(first);
  expect(first.length).toBeGreaterThan(3);
  expect(model.calls.chat).toBe(1);
});

test("embeddings, responses, speech, transcriptions and images go through, and are asked for once", async (context) => {
  const { url, model } = await start(context);
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-client", maxRetries: 0 });
  const file = () => toFile(new Uint8Array([1, 2, 3, 4]), "speech.wav", { type: "audio/wav" });
  for (let turn = 0; turn < 2; turn++) {
    await client.embeddings.create({ model: "text-embedding-3-small", input: ["one", "two"] });
    await client.responses.create({ model: "gpt-4o", input: "Why?" });
    const speech = await client.audio.speech.create({ model: "tts-1", voice: "alloy", input: "Hello" });
    expect((await speech.arrayBuffer()).byteLength).toBeGreaterThan(100);
    await client.audio.transcriptions.create({ model: "whisper-1", file: await file() });
    await client.images.generate({ model: "gpt-image-1", prompt: "a fox" });
  }
  expect(model.calls).toMatchObject({ embeddings: 1, responses: 1, speech: 1, transcriptions: 1, images: 1 });
});

test("Anthropic's client goes by its own path, plain and streaming", async (context) => {
  const { url, model } = await start(context, ({ origin }) => ({
    upstreams: {
      local: { url: origin, private: true },
      anthropic: { url: origin, private: true, paths: ["/anthropic"] },
    },
  }));
  const client = new Anthropic({ baseURL: `${url}/anthropic`, apiKey: "sk-client", maxRetries: 0 });
  const params = { model: "claude-opus-5", max_tokens: 1024, messages };
  const first = await client.messages.create(params);
  expect(await client.messages.create(params)).toEqual(first);
  expect(await client.messages.stream(params).finalText()).toBe(
    first.content[0]?.type === "text" && first.content[0].text,
  );
  expect(model.calls.messages).toBe(1);
});

test("the AI SDK generates and streams through it", async (context) => {
  const { url, model } = await start(context);
  const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: "sk-client" });
  const ask = { model: openai.chat("gpt-4o"), prompt: "Why is the sky blue?", maxRetries: 0 };
  const first = await generateText(ask);
  const { text } = await generateText(ask);
  expect(text).toBe(first.text);
  const streamed = streamText(ask);
  expect(await streamed.text).toBe(first.text);
  expect(await streamText(ask).text).toBe(first.text);
  expect(model.calls.chat).toBe(1);
});

test("curl goes through it", async (context) => {
  const { url, model } = await start(context);
  const body = JSON.stringify({ model: "gpt-4o", messages });
  const curl = () =>
    promisify(execFile)("curl", [
      ...["--silent", "--show-error", "--include", `${url}/v1/chat/completions`],
      ...["-H", "authorization: Bearer sk-client", "-H", "content-type: application/json", "-d", body],
    ]);
  const first = await curl().catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") context.skip("needs curl");
    throw error;
  });
  const second = await curl();
  expect(second.stdout).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(second.stdout).toContain("cache-status: llmcache; hit");
  expect(second.stdout.split("\r\n\r\n")[1]).toBe(first.stdout.split("\r\n\r\n")[1]);
  expect(model.calls.chat).toBe(1);
});
