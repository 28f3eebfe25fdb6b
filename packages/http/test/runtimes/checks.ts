import Anthropic from "@anthropic-ai/sdk";
import { Cache, memory } from "@llmcache/core";
import OpenAI, { toFile } from "openai";
import { anthropicMiddleware, cachedFetch, type Fetch } from "../../src/index.ts";

/** What a check works with: a cache of its own, and a model that is reached by the runtime's own network. */
interface Bench {
  readonly origin: string;
  readonly cache: Cache;
  readonly fetch: Fetch;
  readonly openai: OpenAI;
  readonly anthropic: Anthropic;
}

const question = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Warum „blau“ 🐈‍⬛?" }] };
const message = { ...question, model: "claude-opus-5", max_tokens: 1024 };
const key = { "content-type": "application/json", authorization: "Bearer test-key", "x-goog-api-key": "test-key" };

/** What depends on a runtime's own requests, responses, streams and forms. Each throws where something is not as it should be. */
const checks: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  "a hit is what the miss was, byte for byte, with headers of its own": async ({ cache, fetch, origin }) => {
    for (const stream of [false, true]) {
      const send = async () => {
        const body = JSON.stringify({ ...question, seed: Number(stream), stream });
        const response = await fetch(`${origin}/v1/chat/completions`, { method: "POST", headers: key, body });
        const text = await response.text();
        await cache.flush();
        return { text, type: response.headers.get("content-type"), status: response.headers.get("cache-status") };
      };
      const [miss, hit] = [await send(), await send()];
      equal([hit.text, hit.type], [miss.text, miss.type]);
      equal([miss.status, hit.status], ["llmcache; fwd=miss", "llmcache; hit; detail=memory"]);
    }
  },
  "every form that fetch takes is the same call": async ({ cache, fetch, origin }) => {
    const url = `${origin}/v1/chat/completions`;
    const body = JSON.stringify(question);
    const init = { method: "POST", headers: key };
    const forms: Parameters<Fetch>[] = [
      [url, { ...init, body }],
      [new URL(url), { ...init, body: new TextEncoder().encode(body) }],
      [new Request(url, { ...init, body })],
      [new Request(url, init), { body }],
      [url, { ...init, body: new Blob([body]) }],
    ];
    for (const form of forms) {
      await (await fetch(...form)).text();
      await cache.flush();
    }
    equal(countsOf(cache), [4, 1]);
  },
  "OpenAI's client streams, and is answered plainly from the stream": async ({ cache, openai }) => {
    const streamed = { ...question, stream: true as const, stream_options: { include_usage: true } };
    const events = await collect(await openai.chat.completions.create(streamed));
    await cache.flush();
    equal(await collect(await openai.chat.completions.create(streamed)), events);
    const plain = await openai.chat.completions.create(question);
    equal(plain.choices[0]?.message.content, events.map(({ choices }) => choices[0]?.delta.content ?? "").join(""));
    equal(countsOf(cache), [2, 1]);
  },
  "Anthropic's client is answered by the middleware, plainly and streamed": async ({ cache, anthropic }) => {
    const plain = await anthropic.messages.create(message);
    await cache.flush();
    const { parsed_output: _, ...final } = await anthropic.messages.stream(message).finalMessage();
    equal(final, plain);
    equal(countsOf(cache), [1, 1]);
  },
  "a file is known by its content": async ({ cache, openai }) => {
    const hear = async (name: string, content: string) => {
      const file = await toFile(new Blob([content]), name, { type: "audio/mpeg" });
      const { text } = await openai.audio.transcriptions.create({ model: "whisper-1", file });
      await cache.flush();
      return text;
    };
    equal(await hear("a.mp3", "one"), await hear("b.mp3", "one"));
    await hear("a.mp3", "two");
    equal(countsOf(cache), [1, 2]);
  },
  "a form that is read is sent as it was": async ({ cache, fetch, origin }) => {
    const form = new FormData();
    form.append("model", "whisper-1");
    form.append("file", new Blob(["one"]), "a.mp3");
    const request = new Request(`${origin}/v1/audio/transcriptions`, { method: "POST", body: form });
    request.headers.set("authorization", "Bearer test-key");
    equal((await fetch(request)).status, 200);
    await cache.flush();
    equal(countsOf(cache), [0, 1]);
  },
  "speech is replayed byte for byte": async ({ cache, openai }) => {
    const speak = async () => {
      const response = await openai.audio.speech.create({ model: "tts-1", voice: "alloy", input: "Hello there." });
      const bytes = [...new Uint8Array(await response.arrayBuffer())];
      await cache.flush();
      return bytes;
    };
    const miss = await speak();
    equal(await speak(), miss);
    equal([miss.length, ...countsOf(cache)], [360, 1, 1]);
  },
  "one array of Gemini's serves events and plain callers": async ({ cache, fetch, origin }) => {
    const body = JSON.stringify({ contents: [{ parts: [{ text: "Warum?" }] }] });
    const send = async (method: string) => {
      const url = `${origin}/v1beta/models/gemini-2.5-flash:${method}`;
      const text = await (await fetch(url, { method: "POST", headers: key, body })).text();
      await cache.flush();
      return text;
    };
    const array = JSON.parse(await send("streamGenerateContent")) as object[];
    const events = [...(await send("streamGenerateContent?alt=sse")).matchAll(/^data: (.*)$/gm)];
    equal(
      events.map(([, data]) => JSON.parse(data ?? "") as object),
      array,
    );
    equal(typeof JSON.parse(await send("generateContent")), "object");
    equal(countsOf(cache), [2, 1]);
  },
  "a batch pays only for what is new": async ({ cache, openai }) => {
    const embed = async (...input: string[]) => {
      const { data } = await openai.embeddings.create({ model: "text-embedding-3-small", input, dimensions: 8 });
      await cache.flush();
      return data.map(({ embedding }) => embedding);
    };
    const [a, b] = await embed("a", "b");
    const [, again, first] = await embed("c", "b", "a");
    equal([first, again], [a, b]);
    equal(countsOf(cache), [2, 3]);
  },
  "an abort is the caller's own, and what failed is the model's own": async ({ fetch, origin }) => {
    const send = (signal: AbortSignal | null, headers: Record<string, string> = key) =>
      fetch(`${origin}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify(question), signal });
    const reason = new Error("left");
    equal(await send(AbortSignal.abort(reason)).catch((error: unknown) => error === reason), true);
    equal((await send(null, { "content-type": "application/json" })).status, 401);
    equal((await send(null, { ...key, "x-llmcache-only-if-cached": "true" })).status, 504);
  },
};

/** What came of the checks. */
export interface Report {
  readonly passed: number;
  readonly failures: readonly { readonly check: string; readonly error: string }[];
}

/** Runs all checks against a local model. @param origin where it listens */
export async function runChecks(origin: string): Promise<Report> {
  const failures: { check: string; error: string }[] = [];
  for (const [check, run] of Object.entries(checks)) {
    const cache = new Cache({ backend: memory() });
    const fetch = cachedFetch(cache);
    const shared = { apiKey: "test-key", maxRetries: 0, dangerouslyAllowBrowser: true };
    const openai = new OpenAI({ ...shared, baseURL: `${origin}/v1`, fetch });
    const anthropic = new Anthropic({ ...shared, baseURL: origin, middleware: [anthropicMiddleware(cache)] });
    try {
      await run({ origin, cache, fetch, openai, anthropic });
    } catch (error) {
      failures.push({ check, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  return { passed: Object.keys(checks).length - failures.length, failures };
}

function countsOf(cache: Cache): [hits: number, misses: number] {
  const { hits, misses } = cache.stats();
  return [hits, misses];
}

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

function equal(left: unknown, right: unknown): void {
  const [one, other] = [JSON.stringify(left), JSON.stringify(right)];
  if (one !== other) throw new Error(`${one} is not ${other}`);
}
