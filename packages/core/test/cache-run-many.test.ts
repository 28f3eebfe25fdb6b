import fc from "fast-check";
import { expect, test } from "vitest";
import { Cache, memory, type RunOptions } from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { settle } from "./support/model.ts";

const base = { operation: "embedding", params: { model: "e" } };
const answerTo = (input: string) => ({ vector: `of ${input}` });

test("for any mask of hits, any order and duplicates, results are in input order and only distinct misses are computed, in one call", async () => {
  const input = fc.constantFrom<string>("a", "b", "c", "d", "e", "");
  await fc.assert(
    fc.asyncProperty(fc.array(input, { maxLength: 12 }), fc.uniqueArray(input), async (inputs, known) => {
      const cache = new Cache({ backend: memory() });
      for (const one of known) await cache.put({ ...base, params: { ...base.params, input: one } }, answerTo(one));
      const asked: string[][] = [];
      const outcomes = await cache.runMany(
        { ...base, inputs },
        (missing) => (asked.push(missing), missing.map(answerTo)),
      );
      expect(outcomes.map(({ value }) => value)).toEqual(inputs.map(answerTo));
      const missing = [...new Set(inputs)].filter((one) => !known.includes(one));
      expect(asked).toEqual(missing.length === 0 ? [] : [missing]);
      for (const [index, { status }] of outcomes.entries()) {
        const one = inputs[index] as string;
        expect(status).toBe(known.includes(one) ? "hit" : inputs.indexOf(one) === index ? "miss" : "coalesced");
      }
      await cache.flush();
      for (const one of inputs)
        expect((await cache.get({ ...base, params: { ...base.params, input: one } }))?.value).toEqual(answerTo(one));
    }),
  );
});

test("overlapping batches, and single calls, join for each input", async () => {
  const cache = new Cache({ backend: memory() });
  const asked: string[][] = [];
  const factory = async (missing: string[]) => {
    asked.push(missing);
    await settle();
    return missing.map(answerTo);
  };
  const first = cache.runMany({ ...base, inputs: ["a", "b"] }, factory);
  await settle();
  const second = cache.runMany({ ...base, inputs: ["b", "c", "a"] }, factory);
  const single = cache.run({ ...base, params: { ...base.params, input: "b" } }, () => ({ vector: "wrong" }));
  expect((await second).map(({ status }) => status)).toEqual(["coalesced", "miss", "coalesced"]);
  expect((await single).value).toEqual(answerTo("b"));
  expect((await first).map(({ status }) => status)).toEqual(["miss", "miss"]);
  expect(asked).toEqual([["a", "b"], ["c"]]);
});

test.each([
  ["too few answers", () => []],
  ["too many answers", (missing: string[]) => [...missing.map(answerTo), answerTo("x")]],
  ["no array", () => "text" as never],
])("a factory that returns %s is an error and stores nothing", async (_, factory) => {
  const backend = memory();
  const cache = new Cache({ backend });
  await expect(cache.runMany({ ...base, inputs: ["a", "b"] }, factory)).rejects.toMatchObject({ code: "WRONG_COUNT" });
  await cache.flush();
  expect(backend.usage().entries).toBe(0);
});

test("a factory that fails rejects the batch, and the next batch tries again", async () => {
  const cache = new Cache({ backend: memory() });
  await expect(
    cache.runMany({ ...base, inputs: ["a"] }, () => {
      throw new Error("down");
    }),
  ).rejects.toThrow("down");
  expect((await cache.runMany({ ...base, inputs: ["a"] }, (missing) => missing.map(answerTo)))[0]?.status).toBe("miss");
});

test("the last batch to leave aborts the call; a single call that waits for one input keeps it going", async () => {
  const cache = new Cache({ backend: memory() });
  const signals: AbortSignal[] = [];
  const factory = (missing: string[], { signal }: { readonly signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise<{ vector: string }[]>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      if (missing.includes("end")) resolve(missing.map(answerTo));
    });
  };
  const controllers = [new AbortController(), new AbortController()];
  const [batch, single] = [
    cache.runMany({ ...base, inputs: ["a", "b"] }, factory, { signal: controllers[0]?.signal }),
    settle().then(() =>
      cache.run({ ...base, params: { ...base.params, input: "b" } }, () => answerTo("wrong"), {
        signal: controllers[1]?.signal,
      }),
    ),
  ];
  for (const work of [batch, single]) work.catch(() => undefined);
  await settle();
  controllers[0]?.abort("batch left");
  await settle();
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  controllers[1]?.abort("single left");
  await settle();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  await expect(batch).rejects.toBe("batch left");
  await expect(single).rejects.toBe("single left");
});

test("vectors round-trip, and each position owns its answer", async () => {
  const cache = new Cache({ backend: memory() });
  const embed = (missing: string[]) => missing.map((input) => new Float32Array([input.length, 0.1]));
  const run = () => cache.runMany({ ...base, inputs: ["aa", "aa", "b"] }, embed);
  for (let round = 0; round < 3; round++) {
    const outcomes = await run();
    expect(outcomes.map(({ value }) => [...value])).toEqual([
      [2, Math.fround(0.1)],
      [2, Math.fround(0.1)],
      [1, Math.fround(0.1)],
    ]);
    for (const { value } of outcomes) value[0] = 99;
    await cache.flush();
  }
});

test("stale inputs are served and refreshed in one call; when the model fails stale answers take its place", async () => {
  const clock = fakeClock();
  const cache = new Cache({ backend: memory({ clock }), clock, ttl: 10, staleWhileRevalidate: 10, staleIfError: 100 });
  const asked: string[][] = [];
  const run = (inputs: string[]) =>
    cache.runMany({ ...base, inputs }, (missing) => (asked.push(missing), missing.map(() => asked.length)));
  await run(["a", "b"]);
  await cache.flush();
  clock.advance(15);
  expect((await run(["a", "b", "c"])).map(({ status, value }) => [status, value])).toEqual([
    ["stale", 1],
    ["stale", 1],
    ["miss", expect.anything()],
  ]);
  await cache.flush();
  expect(asked.slice(1).toSorted((left, right) => left.length - right.length)).toEqual([["c"], ["a", "b"]]);
  clock.advance(50);
  const down = await cache.runMany({ ...base, inputs: ["a", "b"] }, () => Promise.reject(new Error("down")));
  expect(down.map(({ status }) => status)).toEqual(["stale", "stale"]);
  await expect(
    cache.runMany({ ...base, inputs: ["a", "new"] }, () => Promise.reject(new Error("down"))),
  ).rejects.toThrow("down");
});

test("controls hold for each input: noCache, noStore, onlyIfCached, tags", async () => {
  const cache = new Cache({ backend: memory() });
  let calls = 0;
  const run = (inputs: string[], options: RunOptions<number> = {}) =>
    cache.runMany<string, number>({ ...base, inputs }, (missing) => (calls++, missing.map(() => calls)), options);
  const statuses = async (work: ReturnType<typeof run>) => (await work).map(({ status }) => status);
  expect(await statuses(run(["a"], { noStore: true }))).toEqual(["miss"]);
  expect(await statuses(run(["a"], { tags: ["x"] }))).toEqual(["miss"]);
  await cache.flush();
  expect(await statuses(run(["a"], { onlyIfCached: true }))).toEqual(["hit"]);
  await expect(run(["a", "b"], { onlyIfCached: true })).rejects.toMatchObject({ code: "CACHE_MISS" });
  expect(await statuses(run(["a"], { noCache: true, noStore: true }))).toEqual(["bypass"]);
  expect(await statuses(run(["a"], { noCache: true, tags: ["x"] }))).toEqual(["miss"]);
  await cache.flush();
  await cache.invalidate(["x"]);
  expect(await statuses(run(["a"]))).toEqual(["miss"]);
  expect(await run([])).toEqual([]);
});

test("answers that cannot be copied are paid for by each position", async () => {
  const cache = new Cache({ backend: memory() });
  const outcomes = await cache.runMany({ ...base, inputs: ["a", "a"] }, (missing) => missing.map(() => new Date(0)));
  expect(outcomes[0]?.value).not.toBe(outcomes[1]?.value);
});

test("an own key still tells the inputs of a batch apart", async () => {
  const cache = new Cache({ backend: memory() });
  const outcomes = await cache.runMany({ ...base, inputs: ["a", "b"] }, (missing) => missing.map(answerTo), {
    key: "mine",
  });
  expect(outcomes.map(({ value }) => value)).toEqual([answerTo("a"), answerTo("b")]);
  expect(new Set(outcomes.map(({ key }) => key)).size).toBe(2);
});
