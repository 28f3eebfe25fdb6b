import { randomBytes } from "node:crypto";

/** The body of a chat call, as a program hands it over. */
export interface ChatParams {
  readonly model: string;
  readonly temperature: number;
  readonly messages: readonly ChatMessage[];
  readonly [name: string]: unknown;
}

interface ChatMessage {
  readonly role: string;
  readonly content: unknown;
}

const words = (
  "the of and to in a is that for it as was with be by on not he this are or his from at which but have an had they you were their one " +
  "all we can her has there been if more when will would who so no question answer please summarise document customer invoice shipping " +
  "address delivery policy refund account manager explain difference between several possible options carefully step function returns value"
).split(" ");

/** A generator of numbers from 0 to 1 that makes the same ones from the same seed (mulberry32, by Tommy Ettinger). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** English of about so many characters, with the quotes and line ends that JSON escapes. */
export function english(length: number, seed: number): string {
  const random = randomFrom(seed);
  let text = "";
  while (text.length < length) {
    const word = words[Math.floor(random() * words.length)] ?? "";
    const chance = random();
    text += chance < 0.02 ? `"${word}" ` : chance < 0.04 ? `${word}.\n` : `${word} `;
  }
  return flat(text.slice(0, length));
}

/** Japanese of so many characters, for which a string of V8 takes two bytes each and UTF-8 three. */
export function japanese(length: number, seed: number): string {
  const random = randomFrom(seed);
  // The block of hiragana.
  return flat(Array.from({ length }, () => String.fromCharCode(0x3042 + Math.floor(random() * 80))).join(""));
}

/** A chat call whose JSON takes about so many bytes: a system prompt, then turns of at most 1 500 characters. */
export function chatParams(bytes: number, seed: number, write: typeof english = english): ChatParams {
  // What the members around the texts take, for each message and for all.
  const budget = bytes - 70;
  const count = Math.max(2, Math.ceil(budget / 1500));
  const each = Math.max(20, Math.floor(budget / count) - 34);
  const messages = Array.from({ length: count }, (_, index) => ({
    role: index === 0 ? "system" : index % 2 === 1 ? "user" : "assistant",
    content: write(each, seed * 1000 + index),
  }));
  return { model: "gpt-4o-mini", temperature: 0.2, max_tokens: 512, messages };
}

/** A chat call about an image of so many characters of base64. */
export function imageParams(characters: number, seed: number): ChatParams {
  const url = flat(`data:image/png;base64,${randomBytes(Math.ceil(characters / 4) * 3).toString("base64")}`);
  const content = [
    { type: "text", text: english(200, seed) },
    { type: "image_url", image_url: { url, detail: "high" } },
  ];
  return { model: "gpt-4o-mini", temperature: 0.2, messages: [{ role: "user", content }] };
}

/** The body of an embedding call with so many inputs of about 300 characters. */
export function embeddingParams(inputs: number, seed: number): Record<string, unknown> & { readonly input: string[] } {
  const input = Array.from({ length: inputs }, (_, index) => english(300, seed * 1000 + index));
  return { model: "text-embedding-3-small", dimensions: 384, encoding_format: "float", user: "user-1234", input };
}

/** Cut into answers, of which many are made. */
const prose = english(65_536, 1);

/** An answer of a chat model whose JSON takes 2 KB. */
export function chatAnswer(seed: number): unknown {
  return {
    id: flat(`chatcmpl-${String(seed).padStart(24, "0")}`),
    object: "chat.completion",
    created: 1_760_000_000 + seed,
    model: "gpt-4o-mini-2024-07-18",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: proseAt(seed), refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 412, completion_tokens: 371, total_tokens: 783 },
    system_fingerprint: "fp_0123456789",
  };
}

/** Another passage for each seed: two neighbours share all but a few words. */
function proseAt(seed: number): string {
  const start = (seed * 7) % (prose.length - 1600);
  return flat(`${seed} ${prose.slice(start, start + 1600)}`);
}

/** The text in one piece, which holds on to no other: as it would come from a network. */
function flat(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}
