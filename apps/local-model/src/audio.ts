import type { TranscriptionCreateResponse, TranscriptionStreamEvent } from "openai/resources/audio/transcriptions";
import { invalidRequest } from "./api-error.ts";
import type { Task, Work } from "./endpoints.ts";
import { json } from "./exchange.ts";
import { generateText } from "./generate-text.ts";
import { type Body, fileMember, readModel } from "./question.ts";
import { randomFrom, seedOf } from "./seed.ts";
import { countTokens, splitTokens } from "./tokens.ts";
import { openai } from "./vendors.ts";
import type { ServerSentEvent } from "./wire-format.ts";

/** `POST /v1/audio/transcriptions` and `…/translations` (platform.openai.com/docs/api-reference/audio): the same text for the same sound. */
export function transcribe({ body, behaviour }: Task): Work {
  readModel(body);
  const sound = fileMember(body, "file");
  if (sound === undefined) throw invalidRequest("file", "file must be a file.");
  const { file: _, stream: __, response_format: ___, ...asked } = body;
  const text = behaviour.answer?.text ?? generateText("", `${sound} ${JSON.stringify(asked)}`);
  if (body["stream"] === "true") return { events: encodeTranscript(text), encodeFailure };
  return { content: transcriptAs(text, body), milliseconds: behaviour.firstTokenMs };
}

function transcriptAs(text: string, body: Body): ReturnType<typeof json> {
  const words = splitTokens(text).length / 3;
  switch (body["response_format"] ?? "json") {
    case "text":
      return { contentType: "text/plain; charset=utf-8", body: `${text}\n` };
    case "srt":
      return { contentType: "text/plain; charset=utf-8", body: `1\n00:00:00,000 --> 00:00:05,000\n${text}\n\n` };
    case "vtt":
      return { contentType: "text/plain; charset=utf-8", body: `WEBVTT\n\n00:00:00.000 --> 00:00:05.000\n${text}\n\n` };
    case "verbose_json":
      return json({ task: "transcribe", language: "english", duration: words, text, segments: [] });
    default:
      return json({ text, usage: usageOf(text) } satisfies TranscriptionCreateResponse);
  }
}

function* encodeTranscript(text: string): Generator<ServerSentEvent> {
  const encode = (event: TranscriptionStreamEvent, tokens: number) => ({ data: JSON.stringify(event), tokens });
  for (const delta of splitTokens(text)) yield encode({ type: "transcript.text.delta", delta }, 1);
  yield encode({ type: "transcript.text.done", text, usage: usageOf(text) }, 0);
}

function usageOf(text: string) {
  const output_tokens = countTokens(text);
  const input_token_details = { text_tokens: 0, audio_tokens: 14 };
  return {
    type: "tokens" as const,
    input_tokens: 14,
    input_token_details,
    output_tokens,
    total_tokens: 14 + output_tokens,
  };
}

/** How many bytes a token takes to be spoken. Real speech takes more, and no test is better for it. */
const bytesPerToken = 120;

/** `POST /v1/audio/speech`: the same sound for the same text, as bytes or as events. */
export function speak({ body, behaviour }: Task): Work {
  readModel(body);
  const { input, stream_format: stream, response_format: format = "mp3" } = body;
  if (typeof input !== "string" || input === "") throw invalidRequest("input", "input must be a text.");
  const random = randomFrom(seedOf(JSON.stringify({ ...body, stream_format: undefined })));
  const tokens = countTokens(behaviour.answer?.text ?? input);
  const sound = Uint8Array.from({ length: tokens * bytesPerToken }, () => Math.floor(random() * 256));
  if (stream === "sse") return { events: encodeSpeech(sound, tokens), encodeFailure };
  const contentType = `audio/${format === "mp3" ? "mpeg" : String(format)}`;
  return { content: { contentType, body: sound }, milliseconds: behaviour.firstTokenMs };
}

function* encodeSpeech(sound: Uint8Array, tokens: number): Generator<ServerSentEvent> {
  for (let start = 0; start < sound.length; start += bytesPerToken) {
    const audio = Buffer.from(sound.subarray(start, start + bytesPerToken)).toString("base64");
    yield { data: JSON.stringify({ type: "speech.audio.delta", audio }), tokens: 1 };
  }
  const usage = { input_tokens: tokens, output_tokens: tokens, total_tokens: 2 * tokens };
  yield { data: JSON.stringify({ type: "speech.audio.done", usage }), tokens: 0 };
}

function encodeFailure(error: Parameters<typeof openai.encodeError>[0]): ServerSentEvent {
  return { data: JSON.stringify(openai.encodeError(error)), tokens: 0 };
}
