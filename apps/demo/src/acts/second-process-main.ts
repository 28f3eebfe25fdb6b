import { cachedFetch } from "@llmcache/http";
import OpenAI from "openai";
import { type AnsweredBy, answeredBy } from "../answered-by.ts";
import { type CacheSetting, openCache } from "../open-cache.ts";

/** What the second process prints. */
export interface Found extends AnsweredBy {
  readonly pid: number;
  readonly text: string;
  readonly id: string;
  readonly milliseconds: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

interface Setting extends CacheSetting {
  readonly baseUrl: string;
  readonly model: string;
  readonly question: string;
}

const { baseUrl, model, question, ...setting } = JSON.parse(process.argv[2] ?? "") as Setting;
await using cache = openCache(setting);
const client = new OpenAI({ baseURL: baseUrl, fetch: cachedFetch(cache), maxRetries: 0 });
const startedAt = performance.now();
const { data, response } = await client.chat.completions
  .create({ model, messages: [{ role: "user", content: question }] })
  .withResponse();
const found: Found = {
  ...answeredBy(response.headers),
  pid: process.pid,
  text: data.choices[0]?.message.content ?? "",
  id: data.id,
  milliseconds: performance.now() - startedAt,
  inputTokens: data.usage?.prompt_tokens ?? 0,
  outputTokens: data.usage?.completion_tokens ?? 0,
};
console.log(JSON.stringify(found));
