import { Cache, type CacheControls, type Call, memory } from "@llmcache/core";
import { semantic } from "@llmcache/semantic";
import { serverOrSkip } from "@llmcache/test-servers";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { semanticStores } from "./support/semantic-stores.ts";

const dimensions = 8;
const question = "How do I reset the password of my account?";
const paraphrase = "How can I reset the password of my account?";

/** An embedder to which all is one: only the scope keeps anything apart. */
const embed = async (texts: readonly string[]) => texts.map(() => new Float32Array(dimensions).fill(1));

interface Params {
  readonly model: string;
  readonly messages: readonly object[];
  readonly [parameter: string]: unknown;
}

const image = (name: string) => ({ type: "image_url", image_url: { url: `https://images.test/${name}` } });

/** All that can be different besides the wording of the last turn. */
const changes: Readonly<Record<string, (params: Params, text: string) => Params>> = {
  model: (params) => ({ ...params, model: `${params.model}-mini` }),
  provider: (params) => ({ ...params, model: `another/${params.model}` }),
  temperature: (params, text) => ({ ...params, temperature: text.length / 100 }),
  top_p: (params) => ({ ...params, top_p: 0.5 }),
  max_tokens: (params, text) => ({ ...params, max_tokens: text.length + 1 }),
  stop: (params, text) => ({ ...params, stop: [text] }),
  seed: (params, text) => ({ ...params, seed: text.length }),
  user: (params, text) => ({ ...params, user: text }),
  tools: (params, text) => ({ ...params, tools: [{ type: "function", function: { name: `tool_${text.length}` } }] }),
  response_format: (params) => ({ ...params, response_format: { type: "json_object" } }),
  system: (params, text) => ({ ...params, messages: [{ role: "system", content: text }, ...params.messages] }),
  turns: (params, text) => ({
    ...params,
    messages: [{ role: "user", content: text }, { role: "assistant", content: "ok" }, ...params.messages],
  }),
  image: (params, text) => ({
    ...params,
    messages: [{ role: "user", content: [{ type: "text", text: paraphrase }, image(`${text.length}`)] }],
  }),
};

const withQuestion = (content: string): Params => ({ model: "m", messages: [{ role: "user", content }] });
const callOf = (params: Params): Call => ({ operation: "chat", params: { ...params } });

for (const { name, start, open } of semanticStores) {
  test(`on ${name} nothing but the wording of the last turn may differ`, { timeout: 120_000 }, async (context) => {
    const backend = await open(await serverOrSkip(context, start), { dimensions });
    onTestFinished(() => backend[Symbol.asyncDispose]?.());
    // A first write that has to make the index may take longer than a cache waits for it.
    await backend.ping?.();
    const openCache = (embedder: string, namespace?: string) => {
      const tier = semantic({ backend, embed, embedder, explore: 0 });
      return new Cache({
        backend: memory(),
        semantic: tier,
        semanticTimeout: "20s",
        keepOpen: true,
        ...(namespace && { namespace }),
      });
    };
    const cache = openCache("e");
    const statusOf = async (one: Cache, params: Params, controls?: CacheControls) =>
      (await one.run(callOf(params), () => "the model", { noStore: true, ...controls })).status;
    await cache.run(callOf(withQuestion(question)), () => "stored");
    await cache.flush();
    expect(await statusOf(cache, withQuestion(paraphrase))).toBe("semantic");
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(Object.keys(changes), { minLength: 1, maxLength: 3 }),
        fc.string({ minLength: 1, maxLength: 20 }),
        async (names, text) => {
          const changed = names.reduce<Params>(
            (params, one) => changes[one]?.(params, text) ?? params,
            withQuestion(paraphrase),
          );
          expect(await statusOf(cache, changed)).toBe("miss");
        },
      ),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 20 }), async (tenant) => {
        expect(await statusOf(cache, withQuestion(paraphrase), { scope: tenant })).toBe("miss");
      }),
      { numRuns: 15 },
    );
    expect(await statusOf(openCache("another embedder"), withQuestion(paraphrase))).toBe("miss");
    expect(await statusOf(openCache("e", "another"), withQuestion(paraphrase))).toBe("miss");
    expect(await statusOf(cache, withQuestion(paraphrase))).toBe("semantic");
  });
}
