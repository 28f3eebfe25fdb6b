import { describe, expect, test } from "vitest";
import {
  type Backend,
  type BackendEvent,
  Cache,
  type CacheEvent,
  type CacheOptions,
  compressed,
  decodeEntry,
  encrypted,
  guarded,
  memory,
  prefixed,
  type SemanticBackend,
  type SemanticTier,
  tiered,
} from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { chat, ManualModel, settle } from "./support/model.ts";
import { vectorStore, wordTier, wordVector, type WordTierOptions } from "./support/word-tier.ts";

const sky = chat("Why is the sky blue today?");
const similar = chat("Why is the sky so blue today?");
const other = chat("How deep is the sea?");
const notCalled = () => Promise.reject(new Error("the model was called"));

function observed(options: CacheOptions) {
  const events: CacheEvent[] = [];
  const cache = new Cache({ ...options, onEvent: (event) => events.push(event) });
  return { cache, events, types: () => events.map(({ type }) => type) };
}

/** The cache's store is also what finds by meaning, or there are two. */
const arrangements: readonly [string, (clock?: () => number, options?: WordTierOptions) => [Backend, SemanticTier]][] =
  [
    ["one store", (clock, options) => [vectorStore("store", clock), wordTier(options)]],
    [
      "two stores",
      (clock, options) => [memory({ clock }), wordTier({ ...options, backend: vectorStore("store", clock) })],
    ],
  ];

describe.each(arrangements)("with %s", (_, arrange) => {
  const make = (options: Partial<CacheOptions> & WordTierOptions = {}) => {
    const { race, ...others } = options;
    const [backend, semantic] = arrange(options.clock, race === undefined ? {} : { race });
    return observed({ backend, semantic, ...others });
  };

  test("a similar question is answered from the store, and nothing is stored for it", async () => {
    const clock = fakeClock();
    const { cache, events } = make({ clock, ttl: 60 });
    const { key } = await cache.run(sky, () => "Rayleigh");
    await cache.flush();
    clock.advance(10);
    const outcome = await cache.run(similar, notCalled);
    expect(outcome).toMatchObject({ value: "Rayleigh", status: "semantic", source: "store", age: 10, freshFor: 50 });
    expect(outcome.match?.key).toBe(key);
    expect(outcome.match?.score).toBeGreaterThan(0.9);
    expect(outcome.key).not.toBe(key);
    await cache.flush();
    expect(await cache.get(similar)).toBeUndefined();
    expect(events.filter(({ type }) => type === "stored")).toHaveLength(1);
    expect(cache.stats()).toMatchObject({ semantic: 1, misses: 2, hits: 0, coalesced: 0, errors: 0 });
  });

  test("the same question is an exact hit, about which the tier is not asked", async () => {
    const [backend, semantic] = arrange();
    let asked = 0;
    const counting: SemanticTier = { ...semantic, match: (...given) => (asked++, semantic.match(...given)) };
    const { cache } = observed({ backend, semantic: counting });
    await cache.run(sky, () => "Rayleigh");
    await cache.flush();
    expect((await cache.run(sky, notCalled)).status).toBe("hit");
    expect(asked).toBe(1);
  });

  test("another question is a miss, learned in its turn, and every decision is an event before the call is answered", async () => {
    const { cache, events } = make();
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    const miss = await cache.run(other, () => "deep");
    expect(miss).toMatchObject({ value: "deep", status: "miss" });
    await cache.flush();
    await cache.run(chat("How deep is the blue sea?"), notCalled);
    expect(events.map((event) => [event.type, "why" in event && event.why.decision])).toEqual([
      ["stored", false],
      ["semantic", "nothing-near"],
      ["miss", false],
      ["answered", false],
      ["stored", false],
      ["semantic", "hit"],
      ["hit", false],
    ]);
    expect(events.at(-1)).toMatchObject({ status: "semantic", match: { key: miss.key } });
    expect(JSON.stringify(events)).not.toMatch(/deep|sky|sea/i);
  });

  test("concurrent calls of one question share one look-up by meaning, and all are told", async () => {
    const [backend, semantic] = arrange();
    let asked = 0;
    const counting: SemanticTier = { ...semantic, match: (...given) => (asked++, semantic.match(...given)) };
    const { cache } = observed({ backend, semantic: counting });
    await cache.put(sky, { text: "Rayleigh" });
    await cache.flush();
    asked = 0;
    const outcomes = await Promise.all([1, 2, 3].map(() => cache.run<{ text: string }>(similar, notCalled)));
    expect(outcomes.map(({ status }) => status)).toEqual(["semantic", "semantic", "semantic"]);
    expect(new Set(outcomes.map(({ value }) => value)).size, "each has a copy of its own").toBe(3);
    expect(asked).toBe(1);
    expect(cache.stats()).toMatchObject({ semantic: 3, misses: 0, coalesced: 0 });
  });

  test("one who joined and may not be served by it goes on alone", async () => {
    const clock = fakeClock();
    const { cache } = make({ clock });
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    clock.advance(100);
    const outcomes = await Promise.all([
      cache.run(similar, () => "new"),
      cache.run(similar, () => "new", { maxAge: 50 }),
      cache.run(similar, () => "new", { accepts: (answer) => answer === "new" }),
    ]);
    expect(outcomes.map(({ value, status }) => [value, status])).toEqual([
      ["Rayleigh", "semantic"],
      ["new", "miss"],
      ["new", "coalesced"],
    ]);
  });

  test("a stream is replayed, and shares with whole answers what collect and replay say", async () => {
    const { cache } = make();
    const chunks = async function* () {
      yield "Ray";
      yield "leigh";
    };
    const source = await cache.runStream(sky, chunks);
    await Array.fromAsync(source.stream);
    await cache.flush();
    const streamed = await cache.runStream<string>(similar, notCalled);
    expect(streamed.status).toBe("semantic");
    expect(await Array.fromAsync(streamed.stream)).toEqual(["Ray", "leigh"]);
    const collect = (parts: readonly unknown[]) => parts.join("");
    expect(await cache.run<string>(similar, notCalled, { collect })).toMatchObject({
      value: "Rayleigh",
      status: "semantic",
    });
    expect(await cache.run(similar, () => "new", { noStore: true })).toMatchObject({ value: "new", status: "miss" });
    await cache.put(other, "deep");
    await cache.flush();
    const replay = (answer: unknown) => [...String(answer)];
    const replayed = await cache.runStream(chat("How deep is the blue sea?"), notCalled, { replay });
    expect(await Array.fromAsync(replayed.stream)).toEqual(["d", "e", "e", "p"]);
  });

  test("onlyIfCached is content with a similar question, and is a miss where there is none", async () => {
    const { cache } = make();
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    const options = { onlyIfCached: true };
    expect(await cache.run(similar, notCalled, options)).toMatchObject({ value: "Rayleigh", status: "semantic" });
    await expect(cache.run(other, notCalled, options)).rejects.toMatchObject({ code: "CACHE_MISS" });
    expect(cache.stats()).toMatchObject({ semantic: 1, misses: 1 });
  });

  test("onlyIfCached takes its own answer that is still being written before a similar one", async () => {
    const [store, semantic] = arrange();
    const { promise, resolve } = Promise.withResolvers<void>();
    let holding = false;
    const backend: Backend = {
      ...store,
      put: async (...given) => (holding && (await promise), store.put(...given)),
    };
    const { cache } = observed({ backend, semantic });
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    holding = true;
    const storing = cache.put(similar, "its own");
    await settle();
    const own = await cache.run(similar, notCalled, { onlyIfCached: true });
    expect(own).toMatchObject({ value: "its own", status: "hit" });
    resolve();
    await storing;
  });

  test.each<[string, Partial<CacheOptions>, object]>([
    ["noCache", {}, { noCache: true }],
    ["refresh", { mode: "refresh" }, {}],
    ["write-only", { mode: "write-only" }, {}],
  ])("with %s nothing is served, and the answer is learned", async (_name, options, controls) => {
    const { cache } = make();
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    cache.update(options);
    expect(await cache.run(similar, () => "new", controls)).toMatchObject({ value: "new", status: "miss" });
    await cache.flush();
    cache.update({ mode: "live" });
    const again = await cache.run(chat("Why is the sky so very blue today?"), notCalled);
    expect(again).toMatchObject({ value: "new", status: "semantic" });
  });

  test("read-only and noStore serve, and learn nothing", async () => {
    const { cache } = make();
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    cache.update({ mode: "read-only" });
    expect((await cache.run(similar, notCalled)).status).toBe("semantic");
    expect((await cache.run(other, () => "deep")).status).toBe("miss");
    cache.update({ mode: "live" });
    expect((await cache.run(other, () => "deep", { noStore: true })).status).toBe("miss");
    await cache.flush();
    expect((await cache.run(chat("How deep is the blue sea?"), () => "deeper")).status).toBe("miss");
  });

  test("a refresh behind a stale answer asks the model, not its neighbours, and is learned", async () => {
    const clock = fakeClock();
    const [backend, semantic] = arrange(clock);
    const reads: boolean[] = [];
    const noting: SemanticTier = {
      ...semantic,
      match: (question, context) => (reads.push(question.reads), semantic.match(question, context)),
    };
    const { cache } = observed({ backend, semantic: noting, clock, ttl: 10, staleWhileRevalidate: 100 });
    await cache.put(sky, "old");
    await cache.flush();
    clock.advance(11);
    expect(await cache.run(sky, () => "fresh")).toMatchObject({ value: "old", status: "stale" });
    await cache.flush();
    expect(await cache.run(sky, notCalled)).toMatchObject({ value: "fresh", status: "hit" });
    expect(reads, "by the put and by the refresh").toEqual([false, false]);
    expect(await cache.run(similar, notCalled)).toMatchObject({ value: "fresh", status: "semantic" });
  });

  test("what went past the cache, has no wording, is one of a batch, or has a key of the caller's own is neither found nor learned", async () => {
    const [backend, semantic] = arrange();
    const asked: string[] = [];
    const noting: SemanticTier = {
      ...semantic,
      match: (question, context) => (asked.push(question.prompt), semantic.match(question, context)),
    };
    const { cache } = observed({ backend, semantic: noting });
    await cache.run(sky, () => "x", { noCache: true, noStore: true });
    await cache.run({ operation: "chat", params: { messages: [{ role: "tool", content: "42" }] } }, () => "x");
    await cache.runMany({ operation: "embedding", params: {}, inputs: ["a"] }, () => ["x"]);
    await cache.run(sky, () => "x", { key: "mine" });
    await cache.get(sky);
    await cache.flush();
    cache.update({ mode: "replay" });
    await expect(cache.run(sky, notCalled)).rejects.toMatchObject({ code: "REPLAY_MISS" });
    expect(asked).toEqual([]);
  });

  test("what is not stored is not learned", async () => {
    const { cache } = make();
    await cache.run(sky, () => "Rayleigh", { admit: () => false });
    await cache.run(sky, () => "Rayleigh", { ttl: 0 });
    await cache.flush();
    expect((await cache.run(similar, () => "new")).status).toBe("miss");
  });

  test("with race, the model is called beside the look-up, and what comes first is served", async () => {
    const [backend, semantic] = arrange(undefined, { race: true });
    let gate: Promise<void> = Promise.resolve();
    const gated: SemanticTier = { ...semantic, match: async (...given) => (await gate, semantic.match(...given)) };
    const { cache } = observed({ backend, semantic: gated });
    await cache.put(sky, "Rayleigh");
    await cache.flush();

    const slow = new ManualModel();
    const first = await cache.run(similar, slow.factory);
    expect(first).toMatchObject({ value: "Rayleigh", status: "semantic" });
    expect(slow.calls[0]?.signal.aborted).toBe(true);
    expect(cache.stats()).toMatchObject({ semantic: 1, misses: 0 });

    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    expect(await cache.run(similar, () => "quick")).toMatchObject({ value: "quick", status: "miss" });
    resolve();
    await cache.flush();
    expect((await cache.run(similar, notCalled)).value).toBe("quick");
    expect((await cache.run(chat("Why is the sky so blue, today?"), notCalled)).status).toBe("semantic");
    expect(cache.stats()).toMatchObject({ semantic: 2, misses: 1 });
  });

  test("with race, a model that fails leaves it to the look-up", async () => {
    const [backend, semantic] = arrange(undefined, { race: true });
    const { cache } = observed({ backend, semantic });
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    expect((await cache.run(similar, notCalled)).status).toBe("semantic");
    await expect(cache.run(other, notCalled)).rejects.toThrow("the model was called");
  });

  test("with race, what a model that does not heed the abort says later is not stored", async () => {
    const [backend, semantic] = arrange(undefined, { race: true });
    const { cache, types } = observed({ backend, semantic });
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    const { promise, resolve } = Promise.withResolvers<string>();
    expect((await cache.run(similar, () => promise)).status).toBe("semantic");
    resolve("late");
    await settle();
    await cache.flush();
    expect(await cache.get(similar)).toBeUndefined();
    expect(types().filter((type) => type === "stored" || type === "rejected")).toEqual(["stored"]);
  });

  test("with race, a stream that came at the same moment is left, and is no broken one", async () => {
    const [backend, semantic] = arrange(undefined, { race: true });
    const { promise, resolve } = Promise.withResolvers<void>();
    let waits = false;
    const gated: SemanticTier = {
      ...semantic,
      match: async (...given) => {
        const match = await semantic.match(...given);
        if (waits) await promise;
        return match;
      },
    };
    const { cache, types } = observed({ backend, semantic: gated });
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    waits = true;
    const model = new ManualModel<ReadableStream<string>>();
    const running = cache.runStream(similar, model.factory, { replay: (answer) => [String(answer)] });
    await model.called();
    resolve();
    model.calls[0]?.resolve(new ReadableStream({ pull: (controller) => controller.enqueue("model") }));
    const { stream, status } = await running;
    const reader = stream.getReader();
    expect(["semantic", "miss"]).toContain(status);
    expect((await reader.read()).value).toBe(status === "semantic" ? "Rayleigh" : "model");
    await reader.cancel();
    await cache.flush();
    const broken = status === "semantic" ? 0 : 1;
    expect(types().filter((type) => type === "rejected")).toHaveLength(broken);
  });

  test("with race, a stream is served by what comes first too", async () => {
    const [backend, semantic] = arrange(undefined, { race: true });
    const { cache } = observed({ backend, semantic });
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    const model = new ManualModel<ReadableStream<string>>();
    const { stream, status } = await cache.runStream(similar, model.factory, { replay: (answer) => [String(answer)] });
    expect(status).toBe("semantic");
    expect(await Array.fromAsync(stream)).toEqual(["Rayleigh"]);
    expect(model.calls[0]?.signal.aborted).toBe(true);
  });

  test("processes that share calls look for similar questions before they wait for one another", async () => {
    const { cache } = make({ coalesce: "distributed" });
    await cache.put(sky, "Rayleigh");
    await cache.flush();
    expect((await cache.run(similar, notCalled)).status).toBe("semantic");
    expect((await cache.run(other, () => "deep")).status).toBe("miss");
    await cache.flush();
    expect((await cache.run(chat("How deep is the blue sea?"), notCalled)).status).toBe("semantic");
  });

  test("explain says what would be served and why, and serves, stores and counts nothing", async () => {
    const clock = fakeClock();
    const { cache, events } = make({ clock });
    expect(await cache.explain(sky)).toMatchObject({
      status: "miss",
      missReason: "absent",
      semantic: { why: { decision: "nothing-near" } },
    });
    const { key } = await cache.run(sky, () => "Rayleigh");
    await cache.flush();
    clock.advance(3);
    const before = events.length;
    expect(await cache.explain(sky)).toMatchObject({ key, status: "hit", age: 3, semantic: { match: { key } } });
    expect(await cache.explain(similar)).toMatchObject({
      status: "semantic",
      source: "store",
      age: 3,
      missReason: "absent",
      semantic: { why: { decision: "hit" }, match: { key } },
    });
    expect(await cache.explain(similar, { maxAge: 1 })).toMatchObject({
      status: "miss",
      semantic: { refused: "too-old" },
    });
    expect(await cache.explain(sky, { noCache: true })).toMatchObject({ status: "miss", missReason: "not-read" });
    expect(await cache.explain(sky, { noCache: true, noStore: true })).toMatchObject({
      status: "bypass",
      bypass: "controls",
    });
    expect(events).toHaveLength(before);
    expect(cache.stats()).toMatchObject({ misses: 1, hits: 0, semantic: 0 });
  });
});

const keys = { a: new Uint8Array(32).fill(7) };

test.each<[string, (store: SemanticBackend) => Backend]>([
  ["guarded", (store) => guarded(store)],
  ["prefixed", (store) => prefixed(store, "app/")],
  ["compressed", (store) => compressed(store, { minBytes: 1 })],
  ["encrypted", (store) => encrypted(store, { keys, current: "a" })],
  ["tiered", (store) => tiered([memory(), store])],
  [
    "all of them",
    (store) => tiered([memory(), compressed(encrypted(prefixed(guarded(store), "app/"), { keys, current: "a" }))]),
  ],
])("a store that is %s finds by meaning what it finds bare", async (_, wrap) => {
  const cache = new Cache({ backend: wrap(vectorStore("store")), semantic: wordTier() });
  await cache.put(sky, "Rayleigh");
  expect(await cache.run(similar, notCalled)).toMatchObject({ value: "Rayleigh", status: "semantic" });
  await cache.delete(sky);
  expect((await cache.run(similar, () => "new")).status).toBe("miss");
});

test("an application does not find by meaning what another one keeps under its own prefix", async () => {
  const store = vectorStore("store");
  const [ours, theirs] = ["a/", "b/"].map(
    (prefix) => new Cache({ backend: prefixed(store, prefix), semantic: wordTier() }),
  );
  await theirs?.put(sky, "Rayleigh");
  expect((await ours?.run(similar, () => "new"))?.status).toBe("miss");
});

test("a near entry that cannot be decrypted hides none that can", async () => {
  const store = vectorStore("store");
  const events: BackendEvent[] = [];
  const sealed = encrypted(store, { keys, current: "a" }) as SemanticBackend;
  const embedding = { scope: "s", vector: wordVector("blue sky") };
  await sealed.put("default/-unscoped/a", new Uint8Array([1]), { embedding });
  await store.put("default/-unscoped/b", new Uint8Array([1, 2, 3]), { embedding });
  const found = await sealed.nearest("s", embedding.vector, { limit: 2, report: (event) => events.push(event) });
  expect(found.map(({ key }) => key)).toEqual(["default/-unscoped/a"]);
  expect(events).toMatchObject([{ type: "dropped", key: "default/-unscoped/b" }]);
});

test("feedback reaches the tier, for entries that the view sees and no others", async () => {
  const heard: [string, boolean][] = [];
  const semantic: SemanticTier = { ...wordTier(), feedback: async (key, ok) => void heard.push([key, ok]) };
  const cache = new Cache({ backend: vectorStore("store"), semantic });
  await cache.put(sky, "Rayleigh", { scope: "a" });
  const { match } = await cache.run(similar, notCalled, { scope: "a" });
  const key = match?.key ?? "";
  await cache.scoped("a").feedback(key, false);
  await cache.feedback(key, true);
  expect(heard).toEqual([
    [key, false],
    [key, true],
  ]);
  await expect(cache.scoped("b").feedback(key, true)).rejects.toThrow(TypeError);
  await expect(cache.feedback(key, true, { namespace: "n" })).rejects.toThrow(TypeError);
  await expect(new Cache({ backend: memory() }).feedback(key, true)).rejects.toMatchObject({ code: "UNSUPPORTED" });
});

test("only an explanation may quote prompts, and a tier can read any entry as the caller would", async () => {
  const asked: unknown[] = [];
  const honest = wordTier();
  const semantic: SemanticTier = {
    ...honest,
    match: async (question, context) => {
      const match = await honest.match(question, context);
      asked.push([question.explains, match.found && question.answerOf(match.found.value)]);
      return match;
    },
  };
  const cache = new Cache({ backend: vectorStore("store"), semantic });
  const recorded = await cache.runStream(sky, async function* () {
    yield "Ray";
    yield "leigh";
  });
  await Array.fromAsync(recorded.stream);
  await cache.flush();
  const collect = (chunks: readonly unknown[]) => chunks.join("");
  await cache.run<string>(similar, notCalled, { collect });
  await cache.explain(similar);
  expect(asked).toEqual([
    [false, undefined],
    [false, "Rayleigh"],
    [true, ["Ray", "leigh"]],
  ]);
});

test("an entry keeps what it was asked, and in which scope, only where there is a tier", async () => {
  const backend = vectorStore("store");
  const plain = new Cache({ backend, keepOpen: true });
  const { key = "" } = await plain.run(sky, () => "Rayleigh");
  await plain.flush();
  const entryOf = async () => decodeEntry((await backend.get(key)) ?? new Uint8Array());
  expect(await entryOf()).not.toHaveProperty("prompt");
  await new Cache({ backend, semantic: wordTier() }).put(sky, "Rayleigh");
  expect(await entryOf()).toMatchObject({
    prompt: "Why is the sky blue today?",
    scopeDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
});

test("a tier may start, stop or be replaced while the cache works, and is closed with it", async () => {
  const closed: string[] = [];
  const tier = (name: string): SemanticTier => ({
    ...wordTier(),
    name,
    [Symbol.asyncDispose]: async () => void closed.push(name),
  });
  const backend = { ...vectorStore("store"), [Symbol.asyncDispose]: async () => void closed.push("store") };
  const cache = new Cache({ backend });
  cache.update({ semantic: tier("one") });
  await cache.put(sky, "Rayleigh");
  expect((await cache.run(similar, notCalled)).status).toBe("semantic");
  cache.update({ semantic: tier("two") });
  await settle();
  expect(closed).toEqual(["one"]);
  expect((await cache.run(similar, notCalled)).status).toBe("semantic");
  await cache[Symbol.asyncDispose]();
  expect(closed).toEqual(["one", "two", "store"]);
});

test("what is no tier, or cannot work with the backend, is refused", () => {
  expect(() => new Cache({ backend: memory(), semantic: wordTier() })).toThrow("semantic needs a backend with nearest");
  expect(() => new Cache({ backend: memory(), semantic: {} as SemanticTier })).toThrow(
    "semantic must be a SemanticTier, got an object",
  );
  expect(() => new Cache({ backend: memory(), semanticTimeout: "soon" as "1s" })).toThrow("semanticTimeout");
});
