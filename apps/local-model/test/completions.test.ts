import { expect, test } from "vitest";
import { collect, start } from "./start.ts";

const body = { model: "gpt-3.5-turbo-instruct", prompt: "Why is the sky blue?" };

test("completes a prompt, and stops after 16 tokens unless told otherwise", async () => {
  const { client } = await start();
  const short = await client.completions.create(body);
  expect(short).toMatchObject({ object: "text_completion", usage: { completion_tokens: 16 } });
  expect(short.choices[0]).toMatchObject({ finish_reason: "length", index: 0, logprobs: null });
  const long = await client.completions.create({ ...body, max_tokens: 200 });
  expect(long.choices[0]?.finish_reason).toBe("stop");
  expect(long.choices[0]?.text.startsWith(short.choices[0]?.text ?? "?")).toBe(true);
});

test("completes several prompts, each as often as asked", async () => {
  const { client } = await start();
  const { choices } = await client.completions.create({ ...body, prompt: ["one", "two"], n: 2, max_tokens: 200 });
  expect(choices.map((choice) => choice.index)).toEqual([0, 1, 2, 3]);
  expect(choices.map((choice) => /“(\w+)/.exec(choice.text)?.[1])).toEqual(["one", "one", "two", "two"]);
  expect(new Set(choices.map((choice) => choice.text)).size).toBe(4);
});

test("streams what it gives without a stream, and its usage when asked", async () => {
  const { client } = await start();
  const whole = await client.completions.create({ ...body, max_tokens: 200 });
  const stream = await client.completions.create({
    ...body,
    max_tokens: 200,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await collect(stream);
  expect(chunks.map((chunk) => chunk.choices[0]?.text ?? "").join("")).toBe(whole.choices[0]?.text);
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: whole.usage?.total_tokens } });
});

test("tells where each token begins beside its log probability", async () => {
  const { client } = await start({ answer: { text: "Yes, indeed." } });
  const { choices } = await client.completions.create({ ...body, logprobs: 1 });
  expect(choices[0]?.logprobs).toMatchObject({ tokens: ["Yes", ",", " indeed", "."], text_offset: [0, 3, 4, 11] });
});
