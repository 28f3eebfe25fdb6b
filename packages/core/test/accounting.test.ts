import { expect, test } from "vitest";
import {
  type Accounting,
  Cache,
  type CacheEvent,
  type CacheOptions,
  decodeEntry,
  memory,
  type Usage,
} from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { chat, ManualModel, until } from "./support/model.ts";

interface Told {
  readonly text: string;
  readonly usage: Usage;
}

const usage: Usage = { inputTokens: 100, outputTokens: 20, cachedInputTokens: 40 };
const told: Told = { text: "answer", usage };
const usageOf = (answer: unknown) => (answer as Partial<Told>).usage;
const prices = { m: { inputToken: 0.01, outputToken: 0.1, cachedInputToken: 0.001 } };
const charge = { inputTokens: 100, outputTokens: 20, cost: 60 * 0.01 + 40 * 0.001 + 20 * 0.1 };
const nothing = { inputTokens: 0, outputTokens: 0, cost: 0 };
const billed: Accounting = { usage: { model: "m", ...usage }, billed: charge, saved: nothing };
const saved: Accounting = { usage: { model: "m", ...usage }, billed: nothing, saved: charge };

interface Observed {
  readonly cache: Cache;
  readonly events: CacheEvent[];
  /** What the events say was billed and saved. */
  readonly sums: () => { readonly billed: number; readonly saved: number };
}

function observed(options: Partial<CacheOptions> = {}): Observed {
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend: memory(), usageOf, prices, onEvent: (event) => events.push(event), ...options });
  const sum = (charges: readonly ({ readonly cost?: number | undefined } | undefined)[]) =>
    charges.reduce((total, one) => total + (one?.cost ?? 0), 0);
  const sums = () => ({
    billed: sum(events.map((event) => ("billed" in event ? event.billed : undefined))),
    saved: sum(events.map((event) => ("saved" in event ? event.saved : undefined))),
  });
  return { cache, events, sums };
}

const never = (): never => {
  throw new Error("the model must not be called");
};

test("a miss is billed, and a hit saves what the answer cost, however it is found", async () => {
  const { cache, sums } = observed();
  expect((await cache.run(chat("hi"), () => told)).accounting).toEqual(billed);
  await cache.flush();
  expect((await cache.run(chat("hi"), never)).accounting, "in memory").toEqual(saved);
  expect((await cache.get(chat("hi")))?.accounting).toEqual(saved);
  expect((await cache.run(chat("hi"), never, { tags: ["t"] })).accounting, "the long way").toEqual(saved);
  expect(sums()).toEqual({ billed: charge.cost, saved: charge.cost * 3 });
  expect(cache.stats()).toMatchObject({ billed: charge, saved: { inputTokens: 300, outputTokens: 60 } });
});

test("usage is read once, when the answer lands, and kept in the entry", async () => {
  let read = 0;
  const backend = memory();
  const { cache } = observed({ backend, usageOf: (answer) => (read++, usageOf(answer)) });
  await cache.run(chat("hi"), () => told);
  await cache.flush();
  await cache.run(chat("hi"), never);
  await cache.run(chat("hi"), never);
  expect(read).toBe(1);
  for await (const key of backend.list("")) {
    const entry = decodeEntry((await backend.get(key)) ?? new Uint8Array());
    expect(entry.usage).toEqual({ model: "m", ...usage });
  }
});

test("of callers who share a call of the model, the one who made it is billed", async () => {
  const { cache, sums, events } = observed();
  const model = new ManualModel<Told>();
  const first = cache.run(chat("hi"), model.factory);
  await model.called();
  const others = [cache.run(chat("hi"), model.factory), cache.run(chat("hi"), model.factory)];
  await until(() => cache.stats().coalesced === 2);
  model.calls[0]?.resolve(told);
  expect((await first).accounting).toEqual(billed);
  expect((await Promise.all(others)).map(({ accounting }) => accounting)).toEqual([saved, saved]);
  expect(sums()).toEqual({ billed: charge.cost, saved: charge.cost * 2 });
  expect(events.filter(({ type }) => type === "shared")).toHaveLength(2);
});

test("an answer that cannot be copied is shared with nobody, and each pays for its own", async () => {
  const { cache, sums } = observed();
  const model = new ManualModel<object>();
  const runs = [cache.run(chat("hi"), model.factory), cache.run(chat("hi"), model.factory)];
  await until(() => cache.stats().coalesced === 1);
  model.calls[0]?.resolve({ ...told, run: () => 1 });
  await model.called(2);
  model.calls[1]?.resolve({ ...told, run: () => 1 });
  expect((await Promise.all(runs)).map(({ accounting }) => accounting)).toEqual([billed, billed]);
  expect(sums()).toEqual({ billed: charge.cost * 2, saved: 0 });
});

test("a stale answer is saved, and its refresh is billed to no caller", async () => {
  const clock = fakeClock();
  const { cache, sums } = observed({ clock, backend: memory({ clock }), ttl: 10, staleWhileRevalidate: 60 });
  await cache.run(chat("hi"), () => told);
  await cache.flush();
  clock.advance(20);
  const stale = await cache.run(chat("hi"), () => told);
  expect([stale.status, stale.accounting]).toEqual(["stale", saved]);
  await cache.flush();
  expect(sums()).toEqual({ billed: charge.cost * 2, saved: charge.cost });
});

test("a stream's accounting is there when it has been read to its end", async () => {
  const { cache, sums } = observed({ usageOf: (chunks) => usageOf((chunks as unknown[]).at(-1)) });
  const factory = async function* () {
    yield { text: "an" };
    yield { text: "swer", usage };
  };
  const open = () => cache.runStream<Partial<Told>>(chat("hi"), factory);
  const [first, second] = await Promise.all([open(), open()]);
  await Array.fromAsync(first.stream);
  expect(await first.accounting).toEqual(billed);
  expect(await second.accounting, "read to its end by another").toEqual(saved);
  await Array.fromAsync(second.stream);
  await cache.flush();
  const hit = await open();
  expect([hit.status, await hit.accounting]).toEqual(["hit", saved]);
  expect(sums()).toEqual({ billed: charge.cost, saved: charge.cost * 2 });
  expect((await cache.run<Told>(chat("hi"), never, { collect: () => told })).accounting).toEqual(saved);
});

test("a stream that is left has no accounting, and says that it was not answered", async () => {
  const { cache, events } = observed({ usageOf: () => usage });
  const { stream, accounting } = await cache.runStream(chat("hi"), async function* () {
    yield 1;
    yield 2;
  });
  for await (const chunk of stream) if (chunk === 1) break;
  expect(await accounting).toBeUndefined();
  await cache.flush();
  expect(events.map(({ type }) => type)).toEqual(["miss", "unanswered", "rejected"]);
});

test("a stream that breaks off is shared with nobody, and nobody is told what it saved", async () => {
  const { cache, events } = observed({ usageOf: () => usage });
  const open = () =>
    cache.runStream(chat("hi"), async function* () {
      yield 1;
      throw new Error("broken");
    });
  const outcomes = await Promise.all([open(), open()]);
  for (const { stream } of outcomes) await expect(Array.fromAsync(stream)).rejects.toThrow("broken");
  expect(await Promise.all(outcomes.map(({ accounting }) => accounting))).toEqual([undefined, undefined]);
  await cache.flush();
  expect(events.map(({ type }) => type)).toEqual(["miss", "coalesced", "unanswered", "rejected"]);
});

test("each input of a batch has its own accounting, repeated ones included", async () => {
  const { cache, sums } = observed({ usageOf: (answer) => ({ inputTokens: answer as number, outputTokens: 0 }) });
  const embed = (missing: number[]) => missing.map((input) => input * 10);
  const batch = { operation: "embedding", params: { model: "m" } };
  await cache.runMany({ ...batch, inputs: [1] }, embed);
  await cache.flush();
  const outcomes = await cache.runMany({ ...batch, inputs: [1, 2, 2] }, embed);
  expect(outcomes.map(({ accounting }) => [accounting?.billed.inputTokens, accounting?.saved.inputTokens])).toEqual([
    [0, 10],
    [20, 0],
    [0, 20],
  ]);
  expect(sums().billed).toBeCloseTo(0.3);
  expect(sums().saved).toBeCloseTo(0.3);
});

test("a call past the cache is billed", async () => {
  const { cache, sums } = observed({ mode: "off" });
  const outcome = await cache.run(chat("hi"), () => told);
  expect([outcome.status, outcome.accounting]).toEqual(["bypass", billed]);
  const inputs = [1, 2];
  const many = await cache.runMany({ ...chat("hi"), inputs }, (missing: number[]) => missing.map(() => told));
  expect(many.map(({ accounting }) => accounting)).toEqual([billed, billed]);
  expect(sums().billed).toBeCloseTo(charge.cost * 3);
});

test("what the call says of its usage goes before what the cache says", async () => {
  const { cache } = observed();
  const own = { inputTokens: 5, outputTokens: 0, model: "unknown" };
  const outcome = await cache.run(chat("hi"), () => told, { usageOf: () => own });
  expect(outcome.accounting?.billed, "by the price of the model that was asked").toEqual({
    inputTokens: 5,
    outputTokens: 0,
    cost: 0.05,
  });
  expect(outcome.accounting?.usage).toEqual(own);
});

test("without usage, or without prices, nothing is made up", async () => {
  const { cache, events } = observed({ usageOf: undefined });
  expect(await cache.run(chat("hi"), () => told)).not.toHaveProperty("accounting");
  await cache.flush();
  expect(await cache.run(chat("hi"), never)).not.toHaveProperty("accounting");
  expect(events.every((event) => !("usage" in event))).toBe(true);
  const free = observed({ prices: undefined });
  const { accounting } = await free.cache.run(chat("hi"), () => told);
  expect(accounting?.billed).toEqual({ inputTokens: 100, outputTokens: 20 });
});

test("a usageOf that throws, or gives what is no usage, is an event, and the answer is stored all the same", async () => {
  for (const wrong of [{ inputTokens: -1, outputTokens: 0 }, { inputTokens: "7" }, 7, { model: 1 }] as never[]) {
    const { cache, events } = observed({ usageOf: () => wrong });
    expect((await cache.run(chat("hi"), () => told)).accounting).toBeUndefined();
    await cache.put(chat("put"), told);
    await cache.flush();
    const codes = events.map((event) => (event.type === "error" ? event.error.code : event.type));
    expect(codes).toEqual(["miss", "WRONG_USAGE", "answered", "stored", "WRONG_USAGE", "stored"]);
  }
  const { cache, events } = observed({
    usageOf: () => {
      throw new Error("the secret prompt");
    },
  });
  await cache.run(chat("hi"), () => told);
  const [error] = events.flatMap((event) => (event.type === "error" ? [event.error] : []));
  expect(error?.code).toBe("WRONG_USAGE");
  expect(String(error)).not.toContain("secret");
});

test("a model that fails is told by the class of its error, and how long it took", async () => {
  const { cache, events } = observed();
  await expect(cache.run(chat("hi"), () => Promise.reject(new RangeError("secret")))).rejects.toThrow("secret");
  await cache.flush();
  const unanswered = events.find(({ type }) => type === "unanswered");
  expect(unanswered).toMatchObject({
    operation: "chat",
    error: "RangeError",
    durationMs: expect.any(Number) as number,
  });
  expect(JSON.stringify(events)).not.toContain("secret");
});

test("what one process paid for, another saves", async () => {
  const backend = memory();
  const open = () => observed({ backend, coalesce: "distributed", keepOpen: true });
  const [ours, theirs] = [open(), open()];
  const model = new ManualModel<Told>();
  const first = ours.cache.run(chat("hi"), model.factory);
  await model.called();
  const second = theirs.cache.run(chat("hi"), never);
  await until(() => theirs.events.some(({ type }) => type === "miss"));
  model.calls[0]?.resolve(told);
  expect((await first).accounting).toEqual(billed);
  const outcome = await second;
  expect([outcome.status, outcome.accounting]).toEqual(["coalesced", saved]);
  expect(theirs.sums()).toEqual({ billed: 0, saved: charge.cost });
});

test("a batch past the cache whose model fails is told as unanswered, once for each input", async () => {
  const { cache, events } = observed({ mode: "off" });
  const batch = { operation: "embedding", params: {}, inputs: ["a", "b"] };
  await expect(cache.runMany(batch, () => Promise.reject(new RangeError("the secret prompt")))).rejects.toThrow();
  expect(events).toMatchObject([
    { type: "bypass" },
    { type: "unanswered", error: "RangeError" },
    { type: "unanswered", error: "RangeError" },
  ]);
});
