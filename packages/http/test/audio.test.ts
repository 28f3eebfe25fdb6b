import OpenAI, { toFile } from "openai";
import type { TranscriptionCreateParamsNonStreaming } from "openai/resources/audio/transcriptions";
import { expect, test } from "vitest";
import { cachedFetch } from "../src/index.ts";
import { differential, plainData, type Recorded, unnamedEvents } from "./differential.ts";
import { collect, eventStream, json, scripted, start } from "./start.ts";

type Params = Omit<TranscriptionCreateParamsNonStreaming, "file">;

const sound = (name = "a.mp3", content = "ID3 a sound", type = "audio/mpeg") =>
  toFile(new Blob([content]), name, { type });

const tokens = {
  type: "tokens",
  input_tokens: 14,
  output_tokens: 5,
  total_tokens: 19,
  input_token_details: { text_tokens: 0, audio_tokens: 14 },
};
const logprobs = [
  { token: "Hel", logprob: -0.1, bytes: [72, 101, 108] },
  { token: "lo", logprob: -0.2, bytes: [108, 111] },
];
const delta = (text: string, more: object = {}) => ({ type: "transcript.text.delta", delta: text, ...more });
const done = (more: object = {}) => ({ type: "transcript.text.done", text: "Hello", ...more });

/** Transcripts as OpenAI's reference describes them. */
const corpus: readonly Recorded<Params>[] = [
  {
    name: "a transcript",
    params: { model: "gpt-4o-transcribe" },
    stream: unnamedEvents(delta("Hel"), delta("lo"), done({ usage: tokens })),
    plain: JSON.stringify({ text: "Hello", usage: tokens }),
  },
  {
    name: "a transcript with log probabilities and languages",
    params: { model: "gpt-4o-transcribe", response_format: "json", include: ["logprobs"] },
    stream: unnamedEvents(
      delta("Hel", { logprobs: logprobs.slice(0, 1) }),
      delta("lo", { logprobs: logprobs.slice(1) }),
      done({ languages: [{ code: "en" }], logprobs, usage: tokens }),
    ),
    plain: JSON.stringify({ text: "Hello", languages: [{ code: "en" }], logprobs, usage: tokens }),
  },
  {
    name: "a transcript of who said what",
    params: { model: "gpt-4o-transcribe-diarize", response_format: "diarized_json" },
    stream: unnamedEvents(
      { type: "transcript.text.segment", id: "seg_1", start: 0, end: 1, speaker: "A", text: "Hello" },
      delta("Hello", { segment_id: "seg_1" }),
      done({ usage: tokens }),
    ),
    plain: JSON.stringify({
      task: "transcribe",
      duration: 1,
      text: "Hello",
      segments: [{ type: "transcript.text.segment", id: "seg_1", start: 0, end: 1, speaker: "A", text: "Hello" }],
    }),
    apart: "what only one of them tells",
  },
];

differential<Params>(
  {
    isStream: (_, body) => body.includes('name="stream"\r\n\r\ntrue'),
    connect: (origin, fetch) => {
      const { audio } = new OpenAI({ baseURL: `${origin}/v1`, apiKey: "test-key", maxRetries: 0, fetch });
      const events = async (params: Params) =>
        collect(await audio.transcriptions.create({ ...params, file: await sound(), stream: true }));
      return {
        plain: async (params) => audio.transcriptions.create({ ...params, file: await sound() }),
        events,
        final: async (params) => {
          const { type: _, ...last } = (await events(params)).at(-1) ?? {};
          return last;
        },
      };
    },
  },
  corpus,
);

test("a file is known by what is in it, and never by its name or type", async () => {
  const { client, model, settle } = await start();
  const ask = async (...file: Parameters<typeof sound>) =>
    settle(client.audio.transcriptions.create({ model: "whisper-1", file: await sound(...file) }));
  const first = await ask("a.mp3");
  expect(await ask("b.wav", "ID3 a sound", "audio/wav")).toEqual(first);
  expect(model.calls.transcriptions).toBe(1);
  expect(await ask("a.mp3", "ID3 another")).not.toEqual(first);
  expect(model.calls.transcriptions).toBe(2);
});

test("every field counts, and a translation is no transcription", async () => {
  const { client, fetch, model, settle } = await start();
  const { transcriptions } = client.audio;
  for (let round = 0; round < 2; round++) {
    const file = await sound();
    const base = { model: "whisper-1", file };
    await settle(transcriptions.create(base));
    await settle(transcriptions.create({ ...base, language: "de" }));
    await settle(transcriptions.create({ ...base, prompt: "ZyntriQix" }));
    await settle(
      transcriptions.create({ ...base, response_format: "verbose_json", timestamp_granularities: ["word"] }),
    );
    await settle(
      transcriptions.create({ ...base, response_format: "verbose_json", timestamp_granularities: ["word", "segment"] }),
    );
    // The SDK's own method is deprecated, as the endpoint is: until 2027.
    const body = new FormData();
    body.append("file", file);
    body.append("model", "whisper-1");
    const headers = { authorization: "Bearer test-key" };
    await settle(
      fetch(`${model.url}/audio/translations`, { method: "POST", body, headers }).then((response) => response.text()),
    );
  }
  expect(model.calls.transcriptions).toBe(6);
});

test("texts and subtitles are as the vendor wrote them", async () => {
  const { client, connect, model, settle } = await start({ behaviour: { answer: { text: "„Grüße“ 🐈‍⬛" } } });
  const bare = connect({ fetch: globalThis.fetch });
  for (const response_format of ["text", "srt", "vtt", "verbose_json"] as const) {
    const ask = async (from: OpenAI) =>
      settle(from.audio.transcriptions.create({ model: "whisper-1", file: await sound(), response_format } as never));
    const told = plainData(await ask(client));
    expect(plainData(await ask(client))).toEqual(told);
    expect(plainData(await ask(bare))).toEqual(told);
  }
  expect(model.calls.transcriptions).toBe(8);
});

test("a plain caller and a streaming one share an entry through the real client", async () => {
  const { client, model, settle } = await start();
  const base = { model: "gpt-4o-transcribe", file: await sound() };
  const events = await settle(client.audio.transcriptions.create({ ...base, stream: true }).then(collect));
  const { text } = await settle(client.audio.transcriptions.create(base));
  expect(events.map((event) => (event.type === "transcript.text.delta" ? event.delta : "")).join("")).toBe(text);
  expect(model.calls.transcriptions).toBe(1);
});

test("a form is the same call whether it comes as a form or as its bytes, and is sent as it was given", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json({ text: "Hello" }));
  const cached = cachedFetch(cache, { fetch });
  const form = () => {
    const fields = new FormData();
    fields.append("file", new File(["sound"], "a.mp3"));
    fields.append("model", "whisper-1");
    return fields;
  };
  const url = "https://models.test/v1/audio/transcriptions";
  const request = () => new Request(url, { method: "POST", body: form() });
  const bytes = request();
  const headers = { "content-type": bytes.headers.get("content-type") ?? "" };
  const noForm = { method: "POST", body: "no form", headers: { "content-type": "multipart/form-data; boundary=none" } };
  const forms: Parameters<typeof fetch>[] = [
    [request()],
    [url, { method: "POST", body: form() }],
    [url, { method: "POST", body: await bytes.arrayBuffer(), headers }],
    [url, noForm],
  ];
  for (const [index, call] of forms.entries()) {
    const response = await cached(...call);
    expect(await response.json()).toEqual({ text: "Hello" });
    await cache.flush();
    expect(response.headers.has("cache-status")).toBe(index < 3);
  }
  expect(requests).toHaveLength(2);
  const sent = (await requests[0]?.formData())?.get("file");
  expect(sent instanceof File && sent.name).toBe("a.mp3");
});

const speech = { model: "tts-1", voice: "alloy", input: "Hello there." } as const;

test("speech comes from the cache byte for byte, in every format", async () => {
  const { client, connect, model, settle } = await start();
  const bare = connect({ fetch: globalThis.fetch });
  for (const response_format of ["mp3", "wav", "pcm"] as const) {
    const speak = async (from: OpenAI) => {
      const response = await from.audio.speech.create({ ...speech, response_format });
      return settle(response.bytes().then((bytes) => [response.headers.get("content-type"), [...bytes]]));
    };
    const miss = await speak(client);
    expect(await speak(client)).toEqual(miss);
    expect(await speak(bare)).toEqual(miss);
  }
  expect(model.calls.speech).toBe(6);
});

test("speech reaches the client as it is made, and one that breaks off is not kept", async () => {
  // The model never comes to the end of the first.
  const { client, model } = await start({ behaviour: { failure: { kind: "hang", afterEvents: 1 } } });
  const reader = (await client.audio.speech.create(speech)).body?.getReader();
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
  await reader?.cancel();
  await expect.poll(() => model.calls.aborted, { timeout: 20_000 }).toBe(1);
  model.update({ failure: { kind: "reset" } });
  for (let round = 0; round < 2; round++) {
    await expect(client.audio.speech.create(speech).then((response) => response.arrayBuffer())).rejects.toThrow();
  }
  expect(model.calls.speech).toBe(3);
});

test("speech as events is replayed event by event, apart from speech as bytes", async () => {
  const { client, model, settle } = await start();
  const speak = async (stream_format: "sse" | "audio") =>
    settle(client.audio.speech.create({ ...speech, stream_format }).then((response) => response.text()));
  const events = await speak("sse");
  expect(events).toMatch(/"speech\.audio\.done"/);
  expect(await speak("sse")).toBe(events);
  await speak("audio");
  expect(model.calls.speech).toBe(2);
});

/** Asks twice, and tells how often the upstream was asked. */
async function askTwice(path: string, upstream: () => Response, body: () => BodyInit): Promise<number> {
  const { cache } = await start();
  const { fetch, requests } = scripted(upstream);
  const cached = cachedFetch(cache, { fetch });
  for (let round = 0; round < 2; round++) {
    await (await cached(`https://models.test/v1/audio/${path}`, { method: "POST", body: body() })).text();
    await cache.flush();
  }
  return requests.length;
}

const formOf = (fields: Record<string, string | Blob>) => () => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
};
const file = new File(["sound"], "a.mp3");
const unusable: Record<string, readonly [path: string, upstream: () => Response, body: () => BodyInit]> = {
  "a transcript of nothing": ["transcriptions", () => json({ text: "" }), formOf({ file })],
  "an error": ["transcriptions", () => json({ error: { message: "overloaded" } }), formOf({ file })],
  "an empty text": ["transcriptions", () => new Response("\n"), formOf({ file, response_format: "text" })],
  "a transcript without its end": [
    "transcriptions",
    () => eventStream(unnamedEvents(delta("Hel"))),
    formOf({ file, stream: "true" }),
  ],
  "a transcript with an error": [
    "transcriptions",
    () => eventStream(unnamedEvents(delta("Hel"), { error: { message: "failed" } }, done())),
    formOf({ file, stream: "true" }),
  ],
  "a whole body in place of a stream": [
    "transcriptions",
    () => json({ text: "Hello" }),
    formOf({ file, stream: "true" }),
  ],
  "a stream that is neither": ["transcriptions", () => json({ text: "Hello" }), formOf({ file, stream: "yes" })],
  "a file that is a text": [
    "transcriptions",
    () => json({ text: "Hello" }),
    formOf({ file: "https://files.test/a.mp3" }),
  ],
  "speech of no bytes": [
    "speech",
    () => new Response("", { headers: { "content-type": "audio/mpeg" } }),
    () => JSON.stringify(speech),
  ],
  "an error in place of speech": [
    "speech",
    () => json({ error: { message: "overloaded" } }),
    () => JSON.stringify(speech),
  ],
  "speech without its end": [
    "speech",
    () => eventStream(unnamedEvents({ type: "speech.audio.delta", audio: "AAAA" })),
    () => JSON.stringify({ ...speech, stream_format: "sse" }),
  ],
};

for (const [name, parameters] of Object.entries(unusable)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    expect(await askTwice(...parameters)).toBe(2);
  });
}
