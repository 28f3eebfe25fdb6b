import OpenAI, { type ClientOptions } from "openai";
import { onTestFinished } from "vitest";
import { type BehaviourChanges, instant, type LocalModel, startLocalModel } from "../src/index.ts";

/** A model without latency and the real SDK pointing at it, both closed when the test has finished. */
export async function start(
  behaviour: BehaviourChanges = {},
  options: ClientOptions = {},
): Promise<{ readonly model: LocalModel; readonly client: OpenAI }> {
  const model = await startLocalModel({ ...instant, ...behaviour });
  onTestFinished(() => model.close());
  return { model, client: new OpenAI({ baseURL: model.url, apiKey: "test", maxRetries: 0, ...options }) };
}

/** Every item of a stream. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
