import { Cache, type CacheEvent, type CacheOptions, type Call, memory, type SemanticBackend } from "@llmcache/core";
import { instant, startLocalModel } from "@llmcache/local-model";
import { memorySemantic, openAiEmbedder, semantic, type SemanticOptions, type Verify } from "@llmcache/semantic";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const dimensions = 256;

/** Words of its own, as an embedder that understands little: texts that share most words are near. */
let server: Awaited<ReturnType<typeof startLocalModel>>;
beforeAll(async () => void (server = await startLocalModel(instant)));
afterAll(() => server.close());
const embed: SemanticOptions["embed"] = (texts, options) =>
  openAiEmbedder({ baseUrl: server.url, apiKey: "sk-test", model: "text-embedding-3-small", dimensions })(
    texts,
    options,
  );

/** What that embedder gives to a question in other words. */
const threshold = 0.55;

const question = "How do I reset the password of my online banking account?";
const paraphrase = "How can I reset the password of my online banking account?";
const unrelated = "Which trees lose their needles in winter?";
const notCalled = () => Promise.reject(new Error("the model was called"));

function chat(content: unknown, rest: Record<string, unknown> = {}): Call {
  return { operation: "chat", params: { model: "m", messages: [{ role: "user", content }], ...rest } };
}

type Arrangement = "one store" | "two stores";

function start(
  options: Partial<SemanticOptions> = {},
  arrangement: Arrangement = "one store",
  more: Partial<CacheOptions> = {},
) {
  const vectors = memorySemantic({ dimensions, name: "vectors" });
  const exact = memory({ name: "exact" });
  const tier = semantic({ embed, threshold, ...(arrangement === "two stores" && { backend: vectors }), ...options });
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend: arrangement === "one store" ? vectors : exact,
    semantic: tier,
    semanticTimeout: "10s",
    onEvent: (event) => events.push(event),
    ...more,
  });
  onTestFinished(() => cache[Symbol.asyncDispose]());
  const decisions = () => events.flatMap((event) => (event.type === "semantic" ? [event.why.decision] : []));
  const ask = async (call: Call, answer = "model") => {
    const outcome = await cache.run(call, () => answer);
    await cache.flush();
    return outcome;
  };
  return { cache, tier, events, decisions, ask, vectors, exact };
}

describe.each<Arrangement>(["one store", "two stores"])("with %s", (arrangement) => {
  test("a question in other words is answered from the store, and says by which entry", async () => {
    const { ask, cache, decisions } = start({}, arrangement);
    const { key } = await ask(chat(question), "Click on 'forgotten'.");
    const outcome = await cache.run(chat(paraphrase), notCalled);
    expect(outcome).toMatchObject({
      value: "Click on 'forgotten'.",
      status: "semantic",
      source: "vectors",
      match: { key },
    });
    expect((await ask(chat(unrelated))).status).toBe("miss");
    expect(decisions()).toEqual(["nothing-near", "served", "vetoed"]);
  });

  test.each([
    ["a number", "How do I reset the 2 passwords of my online banking account?", "vetoed"],
    ["a negation", "How do I not reset the password of my online banking account?", "vetoed"],
    ["another thing", "How do I reset the password of my online shopping account?", "vetoed"],
  ])("a question that differs in %s is not", async (_, other, decision) => {
    const { ask, decisions, events } = start({}, arrangement);
    await ask(chat(question), "old");
    expect((await ask(chat(other))).status).toBe("miss");
    expect(decisions()).toEqual(["nothing-near", decision]);
    expect(JSON.stringify(events), "no event quotes a prompt").not.toMatch(/banking|password/);
  });

  test("explains itself in full to whoever asks", async () => {
    const { ask, cache } = start({}, arrangement);
    const { key = "" } = await ask(chat(question), "old");
    const { semantic: served } = await cache.explain(chat(paraphrase));
    expect(served?.why).toMatchObject({ decision: "served", prompts: { [key]: question }, candidates: [{ key }] });
    const { semantic: vetoed } = await cache.explain(
      chat("How do I reset the 2 passwords of my online banking account?"),
    );
    expect(vetoed?.why).toMatchObject({
      decision: "vetoed",
      candidates: [{ veto: { code: "numbers", detail: "2 is asked, nothing is stored" } }],
    });
    const { semantic: screened } = await cache.explain(chat(paraphrase, { temperature: 1.5 }));
    expect(screened?.why).toEqual({ decision: "not-semantic", reason: "temperature" });
  });

  test("what was deleted, cleared or said of another embedder's entries is gone, its records too", async () => {
    const { ask, cache, vectors, exact } = start({}, arrangement);
    await ask(chat(question), "42");
    await cache.run(chat(paraphrase), () => "42", { noCache: true });
    await ask(chat("How could I reset the password of my online banking account?", { seed: 1 }), "other scope");
    await cache.delete(chat(question));
    await cache.delete(chat(paraphrase));
    expect((await ask(chat(paraphrase))).status).toBe("miss");
    await cache.clear();
    for (const store of [vectors, exact]) expect(await Array.fromAsync(store.list(""))).toEqual([]);
  });

  test("another embedder finds nothing of this one's", async () => {
    const vectors = memorySemantic({ dimensions });
    const create = (embedder: string) =>
      new Cache({
        backend: arrangement === "one store" ? vectors : memory(),
        semantic: semantic({ embed, embedder, threshold, ...(arrangement === "two stores" && { backend: vectors }) }),
        semanticTimeout: "10s",
      });
    const [small, large] = [create("small"), create("large")];
    await small.put(chat(question), "old");
    await small.flush();
    expect((await large.run(chat(paraphrase), () => "new", { noStore: true })).status).toBe("miss");
    expect((await small.run(chat(paraphrase), notCalled)).status).toBe("semantic");
  });
});

test.each<[string, Call, string]>([
  ["asks for variety", chat(question, { temperature: 1.2 }), "temperature"],
  [
    "asks Gemini for variety",
    {
      operation: "generateContent",
      params: { contents: [{ parts: [{ text: question }] }], generationConfig: { temperature: 1.2 } },
    },
    "temperature",
  ],
  [
    "brings a tool's result",
    chat([
      { type: "tool_result", tool_use_id: "t", content: "42" },
      { type: "text", text: question },
    ]),
    "tool-result",
  ],
  ["says nothing", chat("  "), "empty"],
  ["is a document", chat("word ".repeat(5000)), "too-long"],
  [
    "is in a language that guards do not know",
    chat("Wie kann ich das Passwort für mein Konto zurücksetzen?"),
    "language",
  ],
  ["has more words than guards compare", chat("word ".repeat(500)), "too-long"],
  [
    "leans on earlier turns",
    {
      operation: "chat",
      params: {
        messages: [
          { role: "user", content: "Show me a car." },
          { role: "assistant", content: "Here." },
          { role: "user", content: "And in blue?" },
        ],
      },
    },
    "leans-on-earlier-turns",
  ],
  [
    "leans on what the vendor keeps",
    {
      operation: "responses",
      params: { input: "Can you explain that to my mother please?", previous_response_id: "r" },
    },
    "leans-on-earlier-turns",
  ],
])("a call that %s is not answered by meaning, and not embedded", async (_, call, reason) => {
  const embedded: string[] = [];
  const { ask, events } = start({
    embed: async (texts) => (embedded.push(...texts), texts.map(() => new Float32Array(dimensions).fill(1))),
  });
  expect((await ask(call)).status).toBe("miss");
  expect(events.find(({ type }) => type === "semantic")).toMatchObject({ why: { decision: "not-semantic", reason } });
  expect(embedded).toEqual([]);
});

test("a question that stands alone is answered by meaning after any turns, if those are the same", async () => {
  const talk = (last: string, first = "Hello"): Call => ({
    operation: "chat",
    params: {
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: first },
        { role: "assistant", content: "Hello!" },
        { role: "user", content: last },
      ],
    },
  });
  const { ask } = start();
  await ask(talk(question), "old");
  expect((await ask(talk(paraphrase))).status).toBe("semantic");
  expect((await ask(talk(paraphrase, "Good morning"))).status).toBe("miss");
});

const base = { model: "m", temperature: 0, tools: [{ name: "a" }], response_format: { type: "text" } };
const image = (data: string) => ({ type: "image_url", image_url: { url: `data:image/png;base64,${data}` } });
const rich = (text: string, data = "AAAA") => [{ type: "text", text }, image(data)];

test.each<[string, Call, object]>([
  ["model", chat(rich(paraphrase), { ...base, model: "n" }), {}],
  ["temperature", chat(rich(paraphrase), { ...base, temperature: 0.1 }), {}],
  ["tools", chat(rich(paraphrase), { ...base, tools: [{ name: "b" }] }), {}],
  ["format", chat(rich(paraphrase), { ...base, response_format: { type: "json_object" } }), {}],
  ["image", chat(rich(paraphrase, "AAAB"), base), {}],
  ["missing image", chat(paraphrase, base), {}],
  ["provider", { ...chat(rich(paraphrase), base), context: { endpoint: "e" } }, {}],
  ["tenant", chat(rich(paraphrase), base), { scope: "tenant" }],
  ["namespace", chat(rich(paraphrase), base), { namespace: "other" }],
])("another %s is another question, in whatever words", async (_, call, place) => {
  for (const arrangement of ["one store", "two stores"] as const) {
    const { ask, cache } = start({}, arrangement);
    await ask(chat(rich(question), base), "old");
    expect((await cache.run(call, () => "new", { ...place, noStore: true })).status).toBe("miss");
    expect((await cache.run(chat(rich(paraphrase), base), notCalled)).status).toBe("semantic");
  }
});

test("answers that came as a stream are compared, and served, as those that came whole", async () => {
  const { cache, tier } = start({ shadow: true });
  const collect = (chunks: readonly unknown[]) => chunks.join("");
  const first = await cache.runStream(chat(question), async function* () {
    yield "forty-";
    yield "two";
  });
  await Array.fromAsync(first.stream);
  await cache.flush();
  await cache.run<string>(chat(paraphrase), () => "Forty-two.", { collect });
  await cache.flush();
  expect(tier.report()).toMatchObject({ wouldHaveHit: 1, agreed: 1 });
});

test("each miss is embedded once, for look-up and store together", async () => {
  const embedded: string[] = [];
  const { ask } = start({ embed: (texts, options) => (embedded.push(...texts), embed(texts, options)) });
  await ask(chat(question));
  await ask(chat(question));
  await ask(chat(paraphrase));
  expect(embedded).toEqual([question, paraphrase]);
});

describe("verify has the last word", () => {
  test.each<[string, Verify, string]>([
    ["yes", () => true, "served"],
    ["no", async () => false, "not-verified"],
    ["nothing", () => undefined as unknown as boolean, "not-verified"],
  ])("when it says %s", async (_, verify, decision) => {
    const asked: unknown[] = [];
    const { ask, decisions } = start({
      verify: (candidate, ...rest) => (asked.push(candidate), verify(candidate, ...rest)),
    });
    await ask(chat(question), "old");
    await ask(chat(paraphrase));
    expect(decisions()).toEqual(["nothing-near", decision]);
    expect(asked).toMatchObject([{ prompt: question, answer: "old" }]);
  });

  test("and when it throws, the model is asked", async () => {
    const { ask, events } = start({ verify: () => Promise.reject(new Error(question)) });
    await ask(chat(question), "old");
    expect((await ask(chat(paraphrase))).value).toBe("model");
    const errors = events.flatMap((event) => (event.type === "error" ? [event.error.message] : []));
    expect(errors).toEqual(["semantic failed in match (Error)"]);
  });
});

describe("shadow", () => {
  test("serves nothing, and reports what would have been served and whether it was right", async () => {
    const { ask, decisions, tier } = start({ shadow: true });
    await ask(chat(question), "42");
    expect((await ask(chat(paraphrase), "42")).status).toBe("miss");
    await ask(chat(unrelated), "larches");
    expect(decisions()).toEqual(["nothing-near", "shadowed", "vetoed"]);
    expect(tier.report()).toMatchObject({
      asked: 3,
      wouldHaveHit: 1,
      agreed: 1,
      agreement: 1,
      recommended: { threshold: undefined },
    });
  });

  test("counts what would have been wrong, and leaves out what nobody can tell", async () => {
    const { ask, tier } = start({ shadow: true });
    await ask(chat(question), "42");
    await ask(chat(paraphrase), "43");
    expect(tier.report()).toMatchObject({ asked: 2, wouldHaveHit: 1, agreed: 0 });
    const free = start({ shadow: true });
    await free.ask(chat(question), "Open the settings of your account, and choose what you forgot.");
    await free.ask(chat(paraphrase), "In the settings of your account there is a button for that.");
    expect(free.tier.report()).toMatchObject({ asked: 2, wouldHaveHit: 0 });
  });

  test("explored calls are shadowed one by one", async () => {
    const { ask, decisions, tier } = start({ explore: 1 });
    await ask(chat(question), "42");
    expect((await ask(chat(paraphrase), "42")).value).toBe("42");
    expect(decisions()).toEqual(["nothing-near", "explored"]);
    expect(tier.report()).toMatchObject({ wouldHaveHit: 1, agreed: 1 });
  });
});

describe("what is learned", () => {
  const record = async (store: SemanticBackend, key = "") => {
    const at = key.lastIndexOf("/") + 1;
    const bytes = await store.get(`${key.slice(0, at)}_semantic/${key.slice(at)}`);
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as unknown[]);
  };

  test("equal answers join a group that is no entry's, and a replaced answer leaves it", async () => {
    const { ask, cache, vectors } = start({ shadow: true });
    const { key: first } = await ask(chat(question), "42");
    const { key: second } = await ask(chat(paraphrase), "42");
    const [one, other] = [await record(vectors, first), await record(vectors, second)];
    expect(one?.[1]).toBe(other?.[1]);
    expect([first, second]).not.toContain(one?.[1]);
    expect(one?.slice(2, 5)).toEqual([2, 1, 0]);
    await cache.run(chat(question), () => "43", { noCache: true });
    await cache.flush();
    expect(await record(vectors, first)).toBeUndefined();
    expect(await record(vectors, second)).toEqual(other);
  });

  test("what a guard keeps from being served may still be found equal, which is no observation of it", async () => {
    const { ask, vectors, decisions, tier } = start();
    const { key: first } = await ask(chat(question), "42");
    const { key: second } = await ask(chat("How do I reset the 2 passwords of my online banking account?"), "42");
    expect(decisions()).toEqual(["nothing-near", "vetoed"]);
    const [one, other] = [await record(vectors, first), await record(vectors, second)];
    expect(one?.[1]).toBe(other?.[1]);
    expect(one?.slice(2, 5)).toEqual([2, 0, 0]);
    expect(tier.report()).toMatchObject({ wouldHaveHit: 0 });
  });

  test("that a vetoed neighbour has another answer says nothing against it", async () => {
    const { ask, vectors } = start();
    const { key } = await ask(chat(question), "42");
    await ask(chat("How do I reset the 2 passwords of my online banking account?"), "43");
    expect(await record(vectors, key)).toBeUndefined();
    expect((await ask(chat(paraphrase))).status).toBe("semantic");
  });

  test("a record of a later release is left alone", async () => {
    const { ask, vectors } = start({ shadow: true });
    const { key = "" } = await ask(chat(question), "42");
    const at = key.lastIndexOf("/") + 1;
    const recordKey = `${key.slice(0, at)}_semantic/${key.slice(at)}`;
    const later = new TextEncoder().encode("[2]");
    await vectors.put(recordKey, later);
    await ask(chat(paraphrase), "42");
    expect(await vectors.get(recordKey)).toEqual(later);
  });

  test("lies in a state of its own where there is one, and is forgotten with the entry", async () => {
    const state = memory({ name: "state" });
    const { ask, cache, vectors } = start({ shadow: true, state });
    const { key } = await ask(chat(question), "42");
    await ask(chat(paraphrase), "42");
    expect((await Array.fromAsync(state.list(""))).length).toBe(2);
    expect(await record(vectors, key)).toBeUndefined();
    await cache.delete(chat(question));
    expect((await Array.fromAsync(state.list(""))).length).toBe(1);
    await cache.clear();
    expect(await Array.fromAsync(state.list(""))).toEqual([]);
  });

  test("feedback counts for and against the entry's group", async () => {
    const { ask, cache, vectors } = start();
    const { key = "" } = await ask(chat(question), "42");
    const { match } = await ask(chat(paraphrase));
    expect(match?.key).toBe(key);
    await cache.feedback(key, false);
    expect((await record(vectors, key))?.slice(2, 5)).toEqual([1, 0, 1]);
    expect((await cache.explain(chat(paraphrase))).semantic?.why).toMatchObject({ decision: "disputed" });
    await cache.feedback(key, true);
    expect((await ask(chat(paraphrase))).status).toBe("semantic");
    await cache.feedback("default/-unscoped/gone", true);
  });

  test("caches that learn at the same time lose nothing", async () => {
    const { ask, cache, vectors } = start();
    const { key = "" } = await ask(chat(question), "42");
    await Promise.all(Array.from({ length: 5 }, () => cache.feedback(key, true)));
    expect((await record(vectors, key))?.slice(3, 5)).toEqual([5, 0]);
  });
});

test("an embedder that gives something else is an event, and the answer comes and is stored", async () => {
  const { ask, cache, events } = start({ embed: async () => [new Float32Array(3).fill(1)] });
  expect((await ask(chat(question))).value).toBe("model");
  expect((await cache.run(chat(question), notCalled)).status).toBe("hit");
  const errors = events.flatMap((event) => (event.type === "error" ? [event.error.message] : []));
  expect(errors).toEqual(["the embedder gave 3 dimensions where vectors has 256"]);
});

test("an embedder that is down, or slow, costs no more than its time-out", async () => {
  const gone = openAiEmbedder({ baseUrl: "http://127.0.0.1:9/v1", apiKey: "sk-test", model: "m" });
  const never: SemanticOptions["embed"] = () => new Promise(() => undefined);
  for (const broken of [gone, never]) {
    const { ask, events } = start({ embed: broken }, "two stores", { semanticTimeout: "100ms" });
    expect((await ask(chat(question))).value).toBe("model");
    expect(events.some(({ type }) => type === "error")).toBe(true);
  }
});

test.each<[object, string]>([
  [{}, "embed must be a function, got undefined"],
  [{ embed, treshold: 1 }, 'semantic: unknown option "treshold"'],
  [{ embed, threshold: 2 }, "threshold must be a number from -1 to 1, got a number"],
  [{ embed, explore: "often" }, "explore must be a number from 0 to 1, got a string"],
  [{ embed, backend: memory() }, "backend must be a SemanticBackend: it has no nearest"],
  [{ embed, state: { name: "s" } }, "state must be a Backend with swap"],
])("%j is refused", (options, message) => {
  expect(() => semantic(options as SemanticOptions)).toThrow(message);
});

test("a cache whose backend cannot find by meaning needs another store", () => {
  expect(() => new Cache({ backend: memory({ name: "plain" }), semantic: semantic({ embed }) })).toThrow(
    "semantic needs a backend, because plain cannot find by meaning",
  );
});
