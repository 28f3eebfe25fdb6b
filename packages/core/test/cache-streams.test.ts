import fc from "fast-check";
import { expect, test } from "vitest";
import { Cache, type CacheEvent, memory } from "../src/index.ts";
import { chat, settle } from "./support/model.ts";

async function* chunks(count: number, taken: { count: number } = { count: 0 }) {
  for (let index = 0; index < count; index++) {
    taken.count++;
    yield { index };
  }
}

async function readAll<Chunk>(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = [];
  for await (const chunk of stream) all.push(chunk);
  return all;
}

const expected = (count: number) => Array.from({ length: count }, (_, index) => ({ index }));

test("a stream joined after k of n chunks yields all n in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(12), fc.array(fc.nat(12), { maxLength: 4 }), async (count, joins) => {
      const cache = new Cache({ backend: memory() });
      let calls = 0;
      const begin = () => cache.runStream(chat("hi"), () => (calls++, chunks(count)));
      const { stream } = await begin();
      const reader = stream.getReader();
      const joined: Promise<unknown[]>[] = [];
      const leader: unknown[] = [];
      for (let index = 0; ; index++) {
        for (const _ of joins.filter((join) => Math.min(join, count) === index)) {
          joined.push(begin().then(({ stream: own }) => readAll(own)));
          await settle();
        }
        const next = await reader.read();
        if (next.done) break;
        leader.push(next.value);
      }
      expect(leader).toEqual(expected(count));
      for (const others of await Promise.all(joined)) expect(others).toEqual(expected(count));
      expect(calls).toBe(1);
    }),
    { numRuns: 60 },
  );
});

test("a replay equals the original chunk for chunk, of any kind of chunk", async () => {
  const cache = new Cache({ backend: memory() });
  const original = ["", "text", { a: [1, null] }, new Uint8Array([0, 255]), new Float32Array([0.1]), 0, false, null];
  const factory = async function* () {
    yield* original;
  };
  const first = await cache.runStream<unknown>(chat("hi"), factory);
  expect(first.status).toBe("miss");
  expect(await readAll(first.stream)).toEqual(original);
  await cache.flush();
  const second = await cache.runStream<unknown>(chat("hi"), () => {
    throw new Error("not called");
  });
  expect(second.status).toBe("hit");
  expect(await readAll(second.stream)).toEqual(original);
});

test("a consumer that stops reading stops the source, unless others still read", async () => {
  const cache = new Cache({ backend: memory() });
  const taken = { count: 0 };
  const first = await cache.runStream(chat("hi"), () => chunks(100, taken));
  const reader = first.stream.getReader();
  await reader.read();
  await reader.read();
  await settle();
  expect(taken.count).toBe(2);
  const second = await cache.runStream(chat("hi"), () => chunks(100));
  expect(await readAll(second.stream)).toHaveLength(100);
  expect(taken.count).toBe(100);
  expect((await reader.read()).value).toEqual({ index: 2 });
});

test("the last reader to leave aborts the model and nothing is stored; one that leaves earlier hurts nobody", async () => {
  const cache = new Cache({ backend: memory() });
  const signals: AbortSignal[] = [];
  let ended = false;
  const begin = () =>
    cache.runStream(chat("hi"), async function* ({ signal }: { signal: AbortSignal }) {
      signals.push(signal);
      try {
        yield* chunks(10);
      } finally {
        ended = true;
      }
    } as never);
  const [first, second] = [await begin(), await begin()];
  const [left, right] = [first.stream.getReader(), second.stream.getReader()];
  await left.read();
  await right.read();
  await left.cancel();
  expect(signals[0]?.aborted).toBe(false);
  expect((await right.read()).value).toEqual({ index: 1 });
  await right.cancel(new Error("enough"));
  await settle();
  expect(signals[0]?.aborted).toBe(true);
  expect(ended).toBe(true);
  await cache.flush();
  expect((await begin()).status).toBe("miss");
});

test("an abort errors only the stream of the caller who aborted", async () => {
  const cache = new Cache({ backend: memory() });
  const controller = new AbortController();
  const first = await cache.runStream(chat("hi"), () => chunks(5), { signal: controller.signal });
  const second = await cache.runStream(chat("hi"), () => chunks(5));
  const reader = first.stream.getReader();
  await reader.read();
  controller.abort("gone");
  await expect(reader.read()).rejects.toBe("gone");
  expect(await readAll(second.stream)).toEqual(expected(5));
});

test("a stream that errors is never stored, and every reader gets the error", async () => {
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend: memory(), onEvent: (event) => events.push(event) });
  const begin = () =>
    cache.runStream(chat("hi"), async function* () {
      yield 1;
      throw new Error("cut");
    });
  const [first, second] = [await begin(), await begin()];
  await expect(readAll(first.stream)).rejects.toThrow("cut");
  await expect(readAll(second.stream)).rejects.toThrow("cut");
  await cache.flush();
  expect((await begin()).status).toBe("miss");
  expect(events).toContainEqual(expect.objectContaining({ type: "rejected", reason: "incomplete" }));
});

test("a stream that is not admitted is never stored; admit sees its chunks", async () => {
  const seen: unknown[] = [];
  const cache = new Cache({ backend: memory(), admit: (answer) => (seen.push(answer), false) });
  await readAll((await cache.runStream(chat("hi"), () => chunks(2))).stream);
  await cache.flush();
  expect(seen).toEqual([expected(2)]);
  expect((await cache.runStream(chat("hi"), () => chunks(2))).status).toBe("miss");
});

test("a factory that fails before its stream begins rejects, and the next call tries again", async () => {
  const cache = new Cache({ backend: memory() });
  await expect(cache.runStream(chat("hi"), () => Promise.reject(new Error("down")))).rejects.toThrow("down");
  expect(await readAll((await cache.runStream(chat("hi"), () => chunks(1))).stream)).toEqual(expected(1));
});

test("a ReadableStream is a source as well, and is cancelled when its reader leaves", async () => {
  const cache = new Cache({ backend: memory() });
  let cancelled: unknown;
  const source = () =>
    new ReadableStream<number>({
      pull: (controller) => controller.enqueue(1),
      cancel: (reason) => {
        cancelled = reason ?? "cancelled";
      },
    });
  const { stream } = await cache.runStream(chat("hi"), source);
  const reader = stream.getReader();
  await reader.read();
  await reader.cancel();
  await settle();
  expect(cancelled).toBeDefined();
});

test("a recording is a miss for a plain call, and the reverse", async () => {
  const cache = new Cache({ backend: memory() });
  await cache.run(chat("hi"), () => "plain");
  await cache.flush();
  const streamed = await cache.runStream(chat("hi"), () => chunks(1));
  expect(streamed.status).toBe("miss");
  await readAll(streamed.stream);
  await cache.flush();
  expect((await cache.run(chat("hi"), () => "again")).status).toBe("miss");
});

test("mutating a chunk changes nobody else's", async () => {
  const cache = new Cache({ backend: memory() });
  const begin = () => cache.runStream(chat("hi"), () => chunks(1));
  const [first, second] = [await begin(), await begin()];
  for await (const chunk of first.stream) chunk.index = 99;
  expect(await readAll(second.stream)).toEqual(expected(1));
  await cache.flush();
  for await (const chunk of (await begin()).stream) chunk.index = 99;
  expect(await readAll((await begin()).stream)).toEqual(expected(1));
});

test("a recorded pace is kept on request", async () => {
  const cache = new Cache({ backend: memory() });
  const slow = async function* () {
    yield 1;
    await new Promise((resolve) => setTimeout(resolve, 30));
    yield 2;
  };
  await readAll((await cache.runStream(chat("hi"), slow)).stream);
  await cache.flush();
  const startedAt = performance.now();
  expect(await readAll((await cache.runStream(chat("hi"), slow, { pace: "recorded" })).stream)).toEqual([1, 2]);
  expect(performance.now() - startedAt).toBeGreaterThan(25);
});

test("a stream past the cache passes through, both ways of leaving it included", async () => {
  const cache = new Cache({ backend: memory(), mode: "off" });
  const taken = { count: 0 };
  const outcome = await cache.runStream(chat("hi"), () => chunks(5, taken));
  expect(outcome.status).toBe("bypass");
  for await (const _ of outcome.stream) break;
  expect(taken.count).toBe(1);
  expect(await readAll((await cache.runStream(chat("hi"), () => chunks(5))).stream)).toEqual(expected(5));
});
