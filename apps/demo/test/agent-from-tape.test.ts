import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cache, cassette } from "@llmcache/core";
import { JsonLinesBackend } from "@llmcache/disk";
import { cachedFetch } from "@llmcache/http";
import { instant, startLocalModel } from "@llmcache/local-model";
import OpenAI from "openai";
import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources/chat/completions";
import { expect, onTestFinished, test, vi } from "vitest";

const weather: ChatCompletionTool = {
  type: "function",
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { type: "string" } } } },
};

/** Asks until the model calls no more tools, and streams its last words. Returns all that was said. */
async function runAgent(baseURL: string, cache: Cache, question: string): Promise<ChatCompletionMessageParam[]> {
  const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0, fetch: cachedFetch(cache, { scope: "tests" }) });
  const messages: ChatCompletionMessageParam[] = [{ role: "user", content: question }];
  for (;;) {
    const { choices } = await client.chat.completions.create({ model: "gpt-4o-mini", messages, tools: [weather] });
    const message = choices[0]?.message;
    if (message?.tool_calls === undefined) break;
    messages.push(message);
    for (const { id } of message.tool_calls) messages.push({ role: "tool", tool_call_id: id, content: "7 degrees" });
  }
  const stream = client.chat.completions.stream({
    model: "gpt-4o-mini",
    messages,
    stream_options: { include_usage: true },
  });
  messages.push((await stream.finalChatCompletion()).choices[0]?.message as ChatCompletionMessageParam);
  return messages;
}

test("an agent that calls tools runs a second time from its tape, with no server at all", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llmcache-tape-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  onTestFinished(() => void vi.unstubAllEnvs());
  const file = join(folder, "agent.jsonl");
  const open = (mode: string) => {
    vi.stubEnv("LLMCACHE_MODE", mode);
    return cassette({ backend: new JsonLinesBackend({ file }) });
  };

  const model = await startLocalModel(instant);
  const recorder = open("refresh");
  const recorded = await runAgent(model.url, recorder, "What is the weather in Oslo?");
  await recorder[Symbol.asyncDispose]();
  expect(recorded.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
  expect(model.calls.chat).toBe(3);
  await model.close();

  const player = open("replay");
  expect(await runAgent(model.url, player, "What is the weather in Oslo?")).toEqual(recorded);
  expect(player.stats()).toMatchObject({ hits: 3, misses: 0, billed: { inputTokens: 0 } });
  await expect(runAgent(model.url, player, "What is the weather in Rome?")).rejects.toSatisfy((error: Error) =>
    /REPLAY_MISS|no recording answers this chat call.*differs in params\.messages\[0\]\.content/s.test(
      `${String(error)} ${String(error.cause)}`,
    ),
  );
  await player[Symbol.asyncDispose]();

  const tape = readFileSync(file, "utf8");
  expect(tape.trimEnd().split("\n")).toHaveLength(3);
  expect(tape).toContain('"call":{"operation":"chat"');
  expect(tape).toContain('"name":"get_weather","arguments":{"$json":{');
  expect(tape).not.toMatch(/bearer|authorization|apikey/i);
});
