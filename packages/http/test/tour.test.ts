import Anthropic from "@anthropic-ai/sdk";
import type { Cache } from "@llmcache/core";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { anthropicMiddleware, cachedFetch } from "../src/index.ts";
import { collect, start } from "./start.ts";

/** What a program asks of a vendor's SDK, in the words of that SDK. */
interface Client {
  plain(content: string): Promise<string>;
  streamed(content: string): Promise<string>;
}

type Connect = (cache: Cache, urls: { readonly url: string; readonly origin: string }) => Client;

const sdks: Readonly<Record<string, Connect>> = {
  OpenAI: (cache, { url }) => {
    const openai = new OpenAI({ baseURL: url, apiKey: "test-key", maxRetries: 0, fetch: cachedFetch(cache) });
    const body = (content: string) => ({ model: "gpt-4o-mini", messages: [{ role: "user" as const, content }] });
    return {
      plain: async (content) => (await openai.chat.completions.create(body(content))).choices[0]?.message.content ?? "",
      streamed: async (content) => {
        const chunks = await collect(await openai.chat.completions.create({ ...body(content), stream: true }));
        return chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
      },
    };
  },
  Anthropic: (cache, { origin }) => {
    const middleware = [anthropicMiddleware(cache)];
    const anthropic = new Anthropic({ baseURL: origin, apiKey: "test-key", maxRetries: 0, middleware });
    const body = (content: string) => ({
      model: "claude-opus-5",
      max_tokens: 1024,
      messages: [{ role: "user" as const, content }],
    });
    const textOf = (blocks: readonly Anthropic.ContentBlock[]) =>
      blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
    return {
      plain: async (content) => textOf((await anthropic.messages.create(body(content))).content),
      streamed: async (content) => textOf((await anthropic.messages.stream(body(content)).finalMessage()).content),
    };
  },
};

test.each(Object.entries(sdks))(
  "%s's SDK does the tour: a hit, a stream, callers at once, tenants, and a model that is down",
  async (_, connect) => {
    const { model, cache, settle, wait } = await start({ cache: { ttl: "1m", staleIfError: "1h" } });
    const client = connect(cache, model);
    const answers = [await settle(client.plain("hi")), await settle(client.plain("hi"))];
    answers.push(await settle(client.streamed("hi")));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).not.toBe("");
    expect(model.requests).toHaveLength(1);

    const together = await Promise.all(Array.from({ length: 50 }, () => client.streamed("all at once")));
    expect(new Set(together).size).toBe(1);
    expect(model.requests).toHaveLength(2);
    await cache.flush();

    const [acme, globex] = ["acme", "globex"].map((tenant) => connect(cache.scoped(tenant), model)) as [Client, Client];
    await settle(acme.plain("hi"));
    await settle(globex.plain("hi"));
    expect(model.requests).toHaveLength(4);
    await acme.plain("hi");
    expect(model.requests).toHaveLength(4);

    await model.close();
    wait(120);
    expect(await client.plain("hi")).toBe(answers[0]);
    await expect(client.plain("never asked before")).rejects.toThrow();
  },
);
