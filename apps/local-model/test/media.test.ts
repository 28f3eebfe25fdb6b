import { toFile } from "openai";
import { expect, test } from "vitest";
import { collect, start } from "./start.ts";

const sound = (content: string, name = "a.mp3") => toFile(new Blob([content]), name, { type: "audio/mpeg" });

test("writes down a sound: always the same, whatever its file is called, and another for another", async () => {
  const { client } = await start();
  const hear = async (content: string, name?: string) =>
    (await client.audio.transcriptions.create({ model: "whisper-1", file: await sound(content, name) })).text;
  const text = await hear("one");
  expect(await hear("one", "b.mp3")).toBe(text);
  expect(await hear("two")).not.toBe(text);
  const streamed = { model: "whisper-1", file: await sound("one"), stream: true as const };
  const events = await collect(await client.audio.transcriptions.create(streamed));
  expect(events.at(-1)).toMatchObject({ type: "transcript.text.done", text });
});

test("says what is wrong with a form", async () => {
  const { model, client } = await start();
  await expect(client.audio.transcriptions.create({ model: "whisper-1", file: "a.mp3" as never })).rejects.toThrow();
  const form = new FormData();
  form.append("model", "whisper-1");
  const headers = { authorization: "Bearer test" };
  const response = await fetch(`${model.url}/audio/transcriptions`, { method: "POST", headers, body: form });
  expect(await response.json()).toMatchObject({ error: { param: "file" } });
});

test("speaks a text: the same bytes each time, at once or as events", async () => {
  const { client } = await start();
  const params = { model: "tts-1", voice: "alloy", input: "Hello there." } as const;
  const bytes = Buffer.from(await (await client.audio.speech.create(params)).arrayBuffer());
  const events = await (await client.audio.speech.create({ ...params, stream_format: "sse" })).text();
  const pieces = [...events.matchAll(/"audio":"([^"]+)"/g)].map(([, audio]) => Buffer.from(audio ?? "", "base64"));
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  expect(bytes.length).toBe(360);
});

test("draws, links to what it drew, and shows it on the way", async () => {
  const { client } = await start();
  const params = { model: "gpt-image-2", prompt: "a cat" };
  const { data } = await client.images.generate({ ...params, n: 2 });
  expect(data?.[0]?.b64_json).not.toBe(data?.[1]?.b64_json);
  const events = await collect(await client.images.generate({ ...params, stream: true, partial_images: 2 }));
  expect(events.map(({ type }) => type)).toEqual([
    "image_generation.partial_image",
    "image_generation.partial_image",
    "image_generation.completed",
  ]);
  expect((await client.images.generate({ ...params, response_format: "url" })).data?.[0]?.url).toMatch(/^https:/);
  const image = await toFile(new Blob(["one"]), "a.png");
  const edited = await collect(await client.images.edit({ ...params, image, stream: true }));
  expect(edited.at(-1)?.type).toBe("image_edit.completed");
});

test("flags a text that names what it is flagged for, and ranks documents by the words of a query", async () => {
  const { model, client } = await start();
  const { results } = await client.moderations.create({ input: ["kind words", "an act of violence"] });
  expect(results.map(({ flagged }) => flagged)).toEqual([false, true]);
  const response = await fetch(`${model.url}/rerank`, {
    method: "POST",
    headers: { authorization: "Bearer test" },
    body: JSON.stringify({ model: "r", query: "blue sky", documents: ["cats", "the sky is blue"], top_n: 1 }),
  });
  expect(await response.json()).toMatchObject({ results: [{ index: 1 }] });
});
