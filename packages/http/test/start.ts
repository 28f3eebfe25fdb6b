import { Cache, type CacheEvent, type CacheOptions, memory } from "@llmcache/core";
import { type BehaviourChanges, instant, type LocalModel, startLocalModel } from "@llmcache/local-model";
import OpenAI, { type ClientOptions } from "openai";
import { onTestFinished } from "vitest";
import { cachedFetch, type CachedFetchOptions, type Fetch } from "../src/index.ts";

/** What a test works with. */
export interface Bench {
  readonly model: LocalModel;
  readonly cache: Cache;
  readonly events: readonly CacheEvent[];
  readonly fetch: Fetch;
  /** The real SDK over the cached fetch. */
  readonly client: OpenAI;
  /** Another one. */
  readonly connect: (options?: ClientOptions, fetchOptions?: CachedFetchOptions) => OpenAI;
  /** What a call gives, when what it leaves behind is stored. */
  readonly settle: <Value>(call: PromiseLike<Value>) => Promise<Value>;
  /** Lets time pass for the cache. */
  readonly wait: (seconds: number) => void;
}

export interface BenchOptions {
  readonly behaviour?: BehaviourChanges;
  readonly cache?: Partial<CacheOptions>;
  readonly fetch?: CachedFetchOptions;
}

/** A local model without latency, a cache in memory with a clock of its own, and the real SDK; all closed when the test has finished. */
export async function start(options: BenchOptions = {}): Promise<Bench> {
  const model = await startLocalModel({ ...instant, ...options.behaviour });
  onTestFinished(() => model.close());
  let now = Date.parse("2026-01-01T00:00:00Z");
  const clock = () => now;
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend: memory({ clock }),
    clock,
    onEvent: (event) => events.push(event),
    ...options.cache,
  });
  const fetch = cachedFetch(cache, options.fetch);
  const connect = (clientOptions: ClientOptions = {}, fetchOptions = options.fetch) => {
    return new OpenAI({
      baseURL: model.url,
      apiKey: "test-key",
      maxRetries: 0,
      fetch: cachedFetch(cache, fetchOptions),
      ...clientOptions,
    });
  };
  const settle = async <Value>(call: PromiseLike<Value>) => {
    const value = await call;
    await cache.flush();
    return value;
  };
  return {
    model,
    cache,
    events,
    fetch,
    client: connect(),
    connect,
    settle,
    wait: (seconds) => (now += seconds * 1000),
  };
}

/** A question to the model. */
export function ask(content: string): { model: string; messages: { role: "user"; content: string }[] } {
  return { model: "gpt-4o-mini", messages: [{ role: "user", content }] };
}

/** Everything that a stream yields. */
export async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Waits until so many callers have joined others' calls of the model. */
export async function joined(cache: Cache, callers: number): Promise<void> {
  while (cache.stats().coalesced < callers) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A `fetch` that answers with these responses, one after the other, and the requests that it was given. */
export function scripted(...responses: (() => Response | Promise<Response>)[]): { fetch: Fetch; requests: Request[] } {
  const requests: Request[] = [];
  const fetch: Fetch = async (input, init) => {
    requests.push(new Request(input, init));
    const next = responses[Math.min(requests.length, responses.length) - 1];
    if (next === undefined) throw new TypeError("the script has no response");
    return next();
  };
  return { fetch, requests };
}

/** A JSON response. */
export function json(body: unknown, init: ResponseInit = {}): Response {
  return new Response(typeof body === "string" ? body : JSON.stringify(body), {
    ...init,
    headers: { "content-type": "application/json", ...(init.headers as Record<string, string>) },
  });
}

/** A complete chat completion in which `changes` are made. */
export function completion(
  changes: Record<string, unknown> = {},
  choice: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: "Hello." }, finish_reason: "stop", ...choice }],
    ...changes,
  };
}

/** An event stream in pieces. */
export function eventStream(...pieces: (string | Uint8Array)[]): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
}

/** The request of a chat completion, for `fetch`. */
export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer test-key", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
