import type { LanguageModelV4Content, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { Cache, memory } from "@llmcache/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { assemble, takeApart } from "../src/answer-forms.ts";
import { fromJsonForm, type JsonForm, toJsonForm } from "../src/json-form.ts";
import { answer, ask, finish, outcomeOf, scripted, stream, textParts, usage, withoutOutcome } from "./start.ts";

const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index % 256);
const metadata = { vendor: { id: "x", nested: { list: [1, null, "a"] } } };

/** Each kind of part that the local model does not make. */
const rare: LanguageModelV4StreamPart[] = [
  { type: "stream-start", warnings: [{ type: "unsupported", feature: "topK", details: "ignored" }] },
  { type: "response-metadata", id: "r", timestamp: new Date("2026-01-02T03:04:05.678Z"), modelId: "m-2026" },
  { type: "reasoning-start", id: "0", providerMetadata: metadata },
  { type: "reasoning-delta", id: "0", delta: "Hm, " },
  { type: "reasoning-delta", id: "0", delta: "yes." },
  { type: "reasoning-end", id: "0", providerMetadata: { vendor: { signature: "s" } } },
  { type: "ping" },
  { type: "file", mediaType: "image/png", data: { type: "data", data: bytes } },
  { type: "file", mediaType: "image/png", data: { type: "data", data: "aGVsbG8=" } },
  { type: "file", mediaType: "image/png", data: { type: "url", url: new URL("https://files.test/a%20b?c=d#e") } },
  { type: "reasoning-file", mediaType: "image/png", data: { type: "data", data: Uint8Array.of(1) } },
  { type: "source", sourceType: "url", id: "s", url: "https://source.test", title: "S", providerMetadata: metadata },
  { type: "source", sourceType: "document", id: "d", mediaType: "application/pdf", title: "D", filename: "d.pdf" },
  { type: "custom", kind: "vendor.block", providerMetadata: metadata },
  { type: "text-start", id: "1", providerMetadata: metadata },
  { type: "text-delta", id: "1", delta: "Look: " },
  { type: "text-delta", id: "1", delta: "done" },
  {
    type: "text-end",
    id: "1",
    citations: [{ source: { type: "source", sourceType: "url", id: "s", url: "https://source.test" }, startIndex: 0 }],
  },
  {
    ...finish,
    providerMetadata: { vendor: { logprobs: [[{ token: "a", logprob: -0.25 }]] } },
  } as LanguageModelV4StreamPart,
];

test("a stream is replayed part by part: bytes, dates, URLs, metadata, warnings", async () => {
  const { model, calls, cache } = scripted({ parts: rare });
  const miss = await stream(model, ask("?"));
  await cache.flush();
  const hit = await stream(model, ask("?"));
  expect(miss.map(withoutOutcome)).toEqual(rare);
  expect(hit.map(withoutOutcome)).toEqual(rare);
  expect(calls).toHaveLength(1);
  expect(outcomeOf((hit.at(-1) as { providerMetadata: Record<string, object> }).providerMetadata)["status"]).toBe(
    "hit",
  );
});

test("a whole answer is replayed as it was: bytes, dates, URLs, metadata, warnings", async () => {
  const content = assemble(rare)?.answer.content ?? [];
  const result = {
    ...answer(),
    content,
    warnings: [{ type: "other" as const, message: "w" }],
    providerMetadata: metadata,
    response: { id: "r", timestamp: new Date("2026-01-02T03:04:05.678Z"), modelId: "m-2026" },
  };
  const { model, calls, cache } = scripted({ result });
  expect(withoutOutcome(await model.doGenerate(ask("?")))).toEqual(result);
  await cache.flush();
  expect(withoutOutcome(await model.doGenerate(ask("?")))).toEqual(result);
  expect(calls).toHaveLength(1);
});

test("what belongs to one exchange is told to the caller who caused it, and to no other", async () => {
  const exchange = {
    request: { body: "secret" },
    response: { id: "r", headers: { "set-cookie": "a" }, body: { raw: 1 } },
  };
  const { model, cache } = scripted({ result: { ...answer(), ...exchange } });
  expect(await model.doGenerate(ask("?"))).toMatchObject(exchange);
  await cache.flush();
  const hit = await model.doGenerate(ask("?"));
  expect(hit.request).toBeUndefined();
  expect(hit.response).toEqual({ id: "r" });
});

const unshared: Record<string, { result?: object; parts?: LanguageModelV4StreamPart[] }> = {
  "a whole answer whose structured text is not all of its text": {
    result: {
      content: [
        { type: "text", text: "draft" },
        { type: "text", text: "{}" },
      ],
      structuredOutputText: "{}",
    },
  },
  "a stream without its usage": {
    parts: [
      ...textParts("Hello."),
      {
        ...finish,
        usage: {
          inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
          outputTokens: { total: undefined, text: undefined, reasoning: undefined },
        },
      } as LanguageModelV4StreamPart,
    ],
  },
  "a stream with a part of a newer version": {
    parts: [...textParts("Hello."), { type: "hologram", data: 1 } as unknown as LanguageModelV4StreamPart, finish],
  },
};

for (const [name, { result, parts }] of Object.entries(unshared)) {
  test(`an answer that the other kind of call would see less of is a miss for it: ${name}`, async () => {
    const { model, calls, cache } = scripted({
      result: { ...answer(), ...result },
      parts: parts ?? [...textParts("Hello."), finish],
    });
    const whole = async () => void (await model.doGenerate(ask("?")));
    const streamed = async () => void (await stream(model, ask("?")));
    const [first, second] = result === undefined ? [streamed, whole] : [whole, streamed];
    await first();
    await cache.flush();
    await first();
    expect(calls).toHaveLength(1);
    await second();
    expect(calls).toHaveLength(2);
  });
}

test("a value of dates, URLs and bytes comes back from JSON as it was", () => {
  const leaf = fc.oneof(
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 40 }),
    fc.webUrl().map((url) => new URL(url)),
    fc.string(),
    fc.integer(),
    fc.constant(null),
  );
  const value = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie("node"), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("json", "special", "__proto__", "value")), tie("node"), {
        maxKeys: 4,
      }),
    ),
  })).node;
  fc.assert(
    fc.property(value, (original) => {
      const stored: unknown = JSON.parse(JSON.stringify(toJsonForm(original)));
      const kept = structuredClone(stored);
      expect(fromJsonForm(stored as JsonForm)).toEqual(original);
      expect(stored).toEqual(kept);
    }),
  );
});

test("what is no JSON and has no form stays what it is, so that it is not stored", async () => {
  const cycle: Record<string, unknown> = {};
  cycle["itself"] = cycle;
  for (const rawValue of [() => 1, Number.NaN, new Map(), cycle, new Date(Number.NaN)]) {
    const { model, calls, cache } = scripted({ parts: [{ type: "raw", rawValue }, ...textParts("Hello."), finish] });
    const params = ask("?", { includeRawChunks: true });
    expect((await stream(model, params)).find(({ type }) => type === "raw")).toMatchObject({ type: "raw" });
    await cache.flush();
    await stream(model, params);
    expect(calls).toHaveLength(2);
  }
});

test("a whole answer that is taken apart is the same when put together again", () => {
  const providerMetadata = fc.option(fc.constant(metadata), { nil: undefined });
  const withMetadata = <Part extends object>(part: Part) =>
    providerMetadata.map((given) => ({ ...part, ...(given !== undefined && { providerMetadata: given }) }));
  const block = fc
    .tuple(fc.constantFrom("text" as const, "reasoning" as const), fc.string())
    .chain(([type, text]) => withMetadata({ type, text }));
  const call = fc
    .uuid()
    .chain((toolCallId) => withMetadata({ type: "tool-call" as const, toolCallId, toolName: "t", input: '{"a":1}' }));
  const other = fc.constantFrom<LanguageModelV4Content>(
    ...rare
      .filter((part) => ["file", "source", "custom", "reasoning-file"].includes(part.type))
      .map((part) => part as LanguageModelV4Content),
  );
  const content = fc.array(fc.oneof(block, call, other) as fc.Arbitrary<LanguageModelV4Content>, { maxLength: 8 });
  fc.assert(
    fc.property(content, providerMetadata, (parts, given) => {
      const whole = { ...answer(), content: parts, usage, ...(given !== undefined && { providerMetadata: given }) };
      expect(assemble(takeApart(whole) ?? [])).toEqual({ answer: whole, isLossless: true });
    }),
  );
});

test("a stored value that is no answer of ours is a miss", async () => {
  const cache = new Cache({ backend: memory() });
  const { model, calls } = scripted({ result: answer(), parts: [...textParts("Hello."), finish] }, { cache });
  const call = { operation: "chat", params: {} };
  const params = ask("?", { providerOptions: { llmcache: { key: "mine" } } });
  for (const foreign of ["text", { json: "text" }, { json: {} }, [1], { json: { content: 1 } }]) {
    await cache.put(call, foreign, { key: "mine" });
    expect((await model.doGenerate(params)).content).toEqual([{ type: "text", text: "Hello." }]);
    await cache.put(call, foreign, { key: "mine" });
    expect((await stream(model, params)).at(-1)?.type).toBe("finish");
  }
  expect(calls).toHaveLength(10);
});
