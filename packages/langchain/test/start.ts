import type { BaseMessage } from "@langchain/core/messages";
import { ChatOpenAI, type ChatOpenAIFields } from "@langchain/openai";
import { Cache, type CacheEvent, type CacheOptions, memory, type MemoryBackend } from "@llmcache/core";
import { type BehaviourChanges, instant, type LocalModel, startLocalModel } from "@llmcache/local-model";
import { onTestFinished } from "vitest";

/** What a test works with. */
export interface Bench {
  readonly local: LocalModel;
  readonly cache: Cache;
  readonly events: readonly CacheEvent[];
  /** LangChain's own model of OpenAI, on the local server. */
  readonly connect: (fields?: ChatOpenAIFields) => ChatOpenAI;
  /** Lets time pass for the cache. */
  readonly wait: (seconds: number) => void;
}

/** A local model without latency, and a cache in memory with a clock of its own; all closed when the test has finished. */
export async function start(
  options: { behaviour?: BehaviourChanges; cache?: Partial<CacheOptions> } = {},
): Promise<Bench> {
  const local = await startLocalModel({ ...instant, ...options.behaviour });
  onTestFinished(() => local.close());
  let now = Date.parse("2026-01-01T00:00:00Z");
  const clock = () => now;
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend: memory({ clock }),
    clock,
    onEvent: (event) => events.push(event),
    ...options.cache,
  });
  const configuration = { baseURL: local.url };
  const connect = (fields: ChatOpenAIFields = {}) =>
    new ChatOpenAI({ model: "gpt-4o-mini", apiKey: "test-key", maxRetries: 0, configuration, ...fields });
  return { local, cache, events, connect, wait: (seconds) => (now += seconds * 1000) };
}

/** How a message says that it came about. */
export function outcomeOf(message: BaseMessage): Record<string, unknown> {
  return (message.response_metadata["llmcache"] ?? {}) as Record<string, unknown>;
}

/** What a message holds, without what the cache says of it. */
export function heldBy(message: BaseMessage): unknown {
  const { llmcache: _, ...told } = message.response_metadata as Record<string, unknown>;
  const { content, id, name, additional_kwargs: more } = message;
  const {
    tool_calls: calls,
    invalid_tool_calls: invalid,
    usage_metadata: usage,
  } = message as unknown as Record<string, unknown>;
  return { kind: message.constructor.name, content, id, name, more, told, calls, invalid, usage };
}

/** Everything that a stream yields. */
export async function collect<Item>(source: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** Waits until so many callers have joined others' calls of the model. */
export async function joined(cache: Cache, callers: number): Promise<void> {
  while (cache.stats().coalesced < callers) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A store in memory, and the texts of what was written to it. */
export function watchedStore(): { store: MemoryBackend; written: string[] } {
  const store = memory();
  const written: string[] = [];
  const put = store.put.bind(store);
  store.put = async (key, value, options) => {
    written.push(new TextDecoder().decode(value));
    return put(key, value, options);
  };
  return { store, written };
}
