import { describe, expect, test } from "vitest";
import {
  Cache,
  type CacheEvent,
  type CacheOptions,
  type FoundByMeaning,
  memory,
  type SemanticMatch,
  type SemanticTier,
} from "../src/index.ts";
import { encodeEntry } from "../src/entry.ts";
import { contentKind } from "../src/content.ts";
import { fakeClock } from "./support/clock.ts";
import { forever } from "./support/lying-backend.ts";
import { chat, ManualModel, settle } from "./support/model.ts";
import { vectorStore, wordTier } from "./support/word-tier.ts";

const sky = chat("Why is the sky blue today?");
const similar = chat("Why is the sky so blue today?");
const notCalled = () => Promise.reject(new Error("the model was called"));

/** Generous: the machine may be busy. What must not be waited for never comes. */
const slackMs = 3000;

function withTier(change: (honest: SemanticTier) => Partial<SemanticTier>, options: Partial<CacheOptions> = {}) {
  const store = vectorStore("vectors", options.clock);
  const honest = wordTier({ backend: store });
  const events: CacheEvent[] = [];
  const forgotten: string[] = [];
  const semantic: SemanticTier = {
    ...honest,
    forget: (key, context) => (forgotten.push(key), honest.forget(key, context)),
    ...change(honest),
  };
  const cache = new Cache({
    backend: memory(options.clock && { clock: options.clock }),
    semantic,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const errors = () => events.flatMap((event) => (event.type === "error" ? [event.error] : []));
  const refusals = () => events.flatMap((event) => (event.type === "semantic" ? [event.refused] : []));
  return { cache, store, events, errors, refusals, forgotten };
}

async function timed<Result>(work: Promise<Result>): Promise<[Result, number]> {
  const startedAt = performance.now();
  return [await work, performance.now() - startedAt];
}

describe("a tier that does not work", () => {
  test.each<[string, () => Promise<SemanticMatch>]>([
    ["rejects", () => Promise.reject(new TypeError("cannot embed: Why is the sky blue?"))],
    ["rejects with anything", () => Promise.reject(undefined)],
    [
      "throws at once",
      () => {
        throw new RangeError("Why is the sky blue?");
      },
    ],
    ["gives nothing", async () => undefined as unknown as SemanticMatch],
    ["gives no reason", async () => ({}) as SemanticMatch],
    [
      "gives an embedding that is none",
      async () => ({ why: { decision: "x" }, embedding: [1, 2] }) as unknown as SemanticMatch,
    ],
  ])(
    "that %s leaves the answer to the model, which is stored, and is an event without the prompt",
    async (_, match) => {
      const { cache, events, errors } = withTier(() => ({ match }));
      expect(await cache.run(sky, () => "Rayleigh")).toMatchObject({ value: "Rayleigh", status: "miss" });
      await cache.flush();
      expect((await cache.run(sky, notCalled)).status).toBe("hit");
      expect(errors().map(({ code, backend, operation }) => [code, backend, operation])).toEqual([
        ["BACKEND_FAILED", "words", "match"],
      ]);
      expect(errors()[0]?.cause).toBeUndefined();
      expect(errors()[0]?.message).not.toContain("sky");
      expect(JSON.stringify(events)).not.toContain("sky");
    },
  );

  test("that hangs costs one semanticTimeout, and after two of them nothing until it is tried again", async () => {
    const clock = fakeClock();
    let asked = 0;
    const { cache, errors } = withTier(() => ({ match: () => (asked++, forever()) }), {
      clock,
      semanticTimeout: "50ms",
    });
    const [first, waited] = await timed(cache.run(sky, () => "Rayleigh"));
    expect(first.value).toBe("Rayleigh");
    expect(waited).toBeGreaterThan(40);
    expect(waited).toBeLessThan(slackMs);
    await cache.run(similar, () => "Rayleigh");
    for (let index = 0; index < 5; index++) await cache.run(chat(`Question ${index}`), () => "answer");
    expect(asked).toBe(2);
    expect(errors().map(({ code }) => code)).toEqual([
      "BACKEND_TIMEOUT",
      "BACKEND_TIMEOUT",
      ...Array<string>(5).fill("BREAKER_OPEN"),
    ]);
    clock.advance(6);
    await cache.run(chat("Another"), () => "answer");
    expect(asked).toBe(3);
  });

  test("that hangs delays no one with race, or with noCache", async () => {
    for (const [change, controls] of [
      [{ race: true }, {}],
      [{}, { noCache: true }],
    ] as const) {
      const { cache } = withTier(() => ({ match: forever, ...change }), { semanticTimeout: "1m" });
      const [{ value }, waited] = await timed(cache.run(sky, () => "Rayleigh", controls));
      expect(value).toBe("Rayleigh");
      expect(waited).toBeLessThan(slackMs);
    }
  });

  test("whose answer comes after the caller has left is told so, and nobody else", async () => {
    const signals: AbortSignal[] = [];
    const { cache, errors } = withTier(() => ({ match: (_, { signal }) => (signals.push(signal), forever()) }));
    const controller = new AbortController();
    const running = cache.run(sky, notCalled, { signal: controller.signal });
    await settle();
    controller.abort("gone");
    await expect(running).rejects.toBe("gone");
    await settle();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(errors()).toEqual([]);
    expect(cache.stats().inFlight).toBe(0);
  });

  test("that cannot learn is an event, and delays neither the caller nor what comes next", async () => {
    const { cache, errors } = withTier((honest) => ({
      match: async (...given) => ({
        ...(await honest.match(...given)),
        learn: () => Promise.reject(new Error("Why is the sky blue?")),
      }),
    }));
    await cache.run(sky, () => "Rayleigh");
    await cache.flush();
    expect(errors().map(({ operation, message }) => [operation, message])).toEqual([
      ["learn", "words failed in learn (Error)"],
    ]);
    expect((await cache.run(sky, notCalled)).status).toBe("hit");
  });

  test("that takes its time to learn is given up when a newer answer or a removal of the key comes", async () => {
    const given: AbortSignal[] = [];
    const { cache, errors } = withTier((honest) => ({
      match: async (...asked) => ({
        ...(await honest.match(...asked)),
        learn: (_, { signal }) => {
          given.push(signal);
          return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        },
      }),
    }));
    expect(await cache.put(sky, "one")).toBe(true);
    expect(await cache.put(sky, "two")).toBe(true);
    await settle();
    await cache.delete(sky);
    expect(given.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(errors()).toEqual([]);
  });

  test("whose wording cannot be had is an event", async () => {
    const { cache, errors } = withTier(() => ({}), {
      promptOf: () => {
        throw new Error("no");
      },
    });
    expect((await cache.run(sky, () => "Rayleigh")).value).toBe("Rayleigh");
    expect(errors().map(({ code }) => code)).toEqual(["BACKEND_FAILED"]);
  });

  test("rejects ping, delete and clear, which reach the store all the same", async () => {
    const down = () => Promise.reject(new Error("down"));
    const { cache } = withTier(() => ({ forget: down, clear: down, ping: down }));
    const failed = { code: "BACKEND_FAILED", backend: "words" };
    await expect(cache.ping()).rejects.toMatchObject({ ...failed, operation: "ping" });
    await cache.put(sky, "Rayleigh");
    await cache.put(similar, "Rayleigh");
    await expect(cache.delete(sky)).rejects.toMatchObject({ ...failed, operation: "forget" });
    expect(await cache.get(sky)).toBeUndefined();
    await expect(cache.clear()).rejects.toMatchObject({ ...failed, operation: "clear" });
    expect(await cache.get(similar)).toBeUndefined();
  });
});

describe("a tier that lies", () => {
  /** A cache that stored the sky under several places, and whose tier then finds what the test says. */
  async function lying(
    find: (stored: FoundByMeaning) => FoundByMeaning | Promise<FoundByMeaning>,
    options: Partial<CacheOptions> = {},
  ) {
    let lies = false;
    const made = withTier(
      (honest) => ({
        match: async (question, context) => {
          const match = await honest.match(question, context);
          return lies && match.found !== undefined ? { ...match, found: await find(match.found) } : match;
        },
      }),
      options,
    );
    await made.cache.run(sky, () => "Rayleigh");
    await made.cache.flush();
    return { ...made, lie: () => (lies = true) };
  }

  const entry = (digest: string, rest: object = {}) =>
    encodeEntry({
      digest,
      createdAt: Date.now(),
      freshUntil: Infinity,
      staleUntil: Infinity,
      content: { kind: contentKind.json, body: new TextEncoder().encode('"forged"') },
      ...rest,
    });
  const digest = "a".repeat(64);

  test.each<[string, (stored: FoundByMeaning) => FoundByMeaning, string]>([
    ["another namespace's key", (found) => ({ ...found, key: found.key.replace("default/", "other/") }), "foreign"],
    ["another tenant's key", (found) => ({ ...found, key: found.key.replace("/-unscoped/", "/tenant/") }), "foreign"],
    ["a record of core's own", (found) => ({ ...found, key: `default/-unscoped/_lease/${digest}` }), "foreign"],
    ["no key at all", (found) => ({ ...found, key: "" }), "foreign"],
    ["another key's entry", (found) => ({ ...found, key: `default/-unscoped/${digest}` }), "corrupt"],
    ["bytes that are no entry", (found) => ({ ...found, value: new Uint8Array([1, 2, 3]) }), "corrupt"],
    [
      "a flipped bit",
      (found) => ({ ...found, value: found.value.map((byte, at) => (at === 80 ? byte ^ 1 : byte)) }),
      "corrupt",
    ],
    [
      "a newer version's entry",
      (found) => ({ ...found, value: found.value.map((byte, at) => (at === 7 ? 99 : byte)) }),
      "unreadable",
    ],
    [
      "an entry without a scope",
      () => ({ key: `default/-unscoped/${digest}`, value: entry(digest), score: 1, source: "x" }),
      "foreign",
    ],
    [
      "another scope's entry",
      () => ({
        key: `default/-unscoped/${digest}`,
        value: entry(digest, { scopeDigest: digest, prompt: "x" }),
        score: 1,
        source: "x",
      }),
      "foreign",
    ],
  ])("about %s is not believed, and the model answers", async (_, find, refused) => {
    const { cache, lie, refusals, forgotten, errors } = await lying(find);
    lie();
    expect(await cache.run(similar, () => "model")).toMatchObject({ value: "model", status: "miss" });
    await cache.flush();
    expect(refusals()).toEqual([undefined, refused]);
    expect(forgotten.length, "what is damaged is forgotten, and nothing else").toBe(refused === "corrupt" ? 1 : 0);
    expect(errors()).toHaveLength(refused === "foreign" ? 0 : 1);
    expect(cache.stats()).toMatchObject({ semantic: 0, misses: 2 });
  });

  test.each<[string, unknown]>([
    ["NaN", NaN],
    ["text", "1"],
    ["above 1", 1.1],
    ["none", undefined],
  ])("about the score (%s) is not believed", async (_, score) => {
    const { cache, lie, errors } = await lying((found) => ({ ...found, score: score as number }));
    lie();
    expect(await cache.run(similar, () => "model")).toMatchObject({ value: "model", status: "miss" });
    expect(errors().map(({ code }) => code)).toEqual(["BACKEND_FAILED"]);
  });

  test("by a rounding error about the score is believed", async () => {
    const { cache, lie } = await lying((found) => ({ ...found, score: 1.0000001 }));
    lie();
    expect((await cache.run(similar, notCalled)).match?.score).toBe(1);
  });

  test("about what is expired, too old or not fresh enough is not believed, though it may serve a stale exact hit", async () => {
    const clock = fakeClock();
    const found: FoundByMeaning[] = [];
    const { cache, lie, refusals } = await lying((stored) => found[0] ?? (found.push(stored), stored), {
      clock,
      ttl: 10,
      staleWhileRevalidate: 100,
    });
    lie();
    expect((await cache.run(similar, notCalled)).status).toBe("semantic");
    clock.advance(5);
    expect((await cache.run(similar, () => "model", { maxAge: 3, noStore: true })).status).toBe("miss");
    expect((await cache.run(similar, () => "model", { minFresh: 6, noStore: true })).status).toBe("miss");
    clock.advance(6);
    expect((await cache.run(similar, () => "model", { noStore: true })).status).toBe("miss");
    expect(refusals()).toEqual([undefined, undefined, "too-old", "too-old", "expired"]);
  });

  test("by finding where nothing may be read is not believed", async () => {
    const { cache } = await lying((found) => found);
    const model = new ManualModel();
    const running = cache.run(similar, model.factory, { noCache: true });
    await model.called();
    model.calls[0]?.resolve("model");
    expect((await running).value).toBe("model");
  });
});

test("an embedding that the store refuses costs the entry, and never the answer", async () => {
  const store = vectorStore("store");
  const errors: unknown[] = [];
  const cache = new Cache({
    backend: { ...store, put: async () => Promise.reject(new RangeError("wrong dimensions")) },
    semantic: wordTier(),
    onEvent: (event) => event.type === "error" && errors.push(event.error.operation),
  });
  expect((await cache.run(sky, () => "Rayleigh")).value).toBe("Rayleigh");
  await cache.flush();
  expect(errors).toEqual(["put"]);
});
