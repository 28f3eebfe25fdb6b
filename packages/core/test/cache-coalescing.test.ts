import { describe, expect, test } from "vitest";
import { Cache, type CacheEvent, memory, type RunOptions } from "../src/index.ts";
import { chat, ManualModel, settle } from "./support/model.ts";
import { lyingBackend } from "./support/lying-backend.ts";

test("1 000 concurrent identical runs call the model once", async () => {
  const cache = new Cache({ backend: memory() });
  let calls = 0;
  const runs = Array.from({ length: 1000 }, () =>
    cache.run(chat("hi"), async () => (await settle(), { calls: ++calls })),
  );
  const outcomes = await Promise.all(runs);
  expect(calls).toBe(1);
  expect(outcomes.every(({ value }) => value.calls === 1)).toBe(true);
  expect(outcomes.filter(({ status }) => status === "miss")).toHaveLength(1);
  expect(outcomes.filter(({ status }) => status === "coalesced")).toHaveLength(999);
});

test("calls that come one after another, whatever the store's delays, never pay twice", async () => {
  // Every read and write takes a turn of its own length, so look-ups end before, while and after answers are written.
  let seed = 7;
  const delay = async () => {
    seed = (seed * 16_807) % 2_147_483_647;
    for (let turn = seed % 5; turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
  };
  for (let round = 0; round < 50; round++) {
    const backend = lyingBackend((honest) => ({
      get: async (key, options) => (await delay(), honest.get(key, options)),
      put: async (key, value, options) => (await delay(), honest.put(key, value, options)),
    }));
    const cache = new Cache({ backend });
    let calls = 0;
    const runs: Promise<unknown>[] = [];
    for (let arrival = 0; arrival < 20; arrival++) {
      runs.push(cache.run(chat("hi"), async () => (await delay(), ++calls)));
      await delay();
    }
    await Promise.all(runs);
    expect(calls).toBe(1);
  }
});

test("a call right after an answer is a hit even while the answer is being written", async () => {
  const backend = lyingBackend((honest) => ({
    put: async (key, value, options) => {
      await settle();
      await honest.put(key, value, options);
    },
  }));
  const cache = new Cache({ backend });
  expect((await cache.run(chat("hi"), () => "a")).status).toBe("miss");
  const second = await cache.run(chat("hi"), () => "b");
  expect(second).toMatchObject({ status: "hit", value: "a", source: "store" });
  expect((await cache.run(chat("hi"), () => "c", { maxAge: 0 })).value).toBe("c");
});

test("one waiter's abort leaves the others; the last one's abort reaches the model", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const [first, second] = [new AbortController(), new AbortController()];
  const runs = [first, second].map(({ signal }) => cache.run(chat("hi"), model.factory, { signal }));
  for (const run of runs) run.catch(() => undefined);
  await model.called();
  first.abort(new Error("first left"));
  await expect(runs[0]).rejects.toThrow("first left");
  expect(model.calls[0]?.signal.aborted).toBe(false);
  second.abort("second left");
  await expect(runs[1]).rejects.toBe("second left");
  expect(model.calls[0]?.signal.reason).toBe("second left");
});

test("an aborted call is not joined: the next call begins anew", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const controller = new AbortController();
  const aborted = cache.run(chat("hi"), model.factory, { signal: controller.signal });
  aborted.catch(() => undefined);
  await model.called();
  controller.abort(new Error("left"));
  const next = cache.run(chat("hi"), model.factory);
  await model.called(2);
  model.calls[1]?.resolve("answer");
  expect((await next).value).toBe("answer");
  await expect(aborted).rejects.toThrow("left");
});

test("an answer that a model gives in spite of an abort is not stored", async () => {
  const cache = new Cache({ backend: memory() });
  const controller = new AbortController();
  let finish = (_: string) => {};
  const run = cache.run(chat("hi"), () => new Promise<string>((resolve) => (finish = resolve)), {
    signal: controller.signal,
  });
  run.catch(() => undefined);
  await settle();
  controller.abort(new Error("left"));
  finish("half an answer");
  await cache.flush();
  expect(await cache.get(chat("hi"))).toBeUndefined();
});

test.each([
  [
    "throws",
    () => {
      throw new Error("model");
    },
  ],
  [
    "rejects",
    async () => {
      throw new Error("model");
    },
  ],
] as const)(
  "a factory that %s gives every waiter the error, stores nothing, and the next call tries again",
  async (_, factory) => {
    const cache = new Cache({ backend: memory() });
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, () => cache.run(chat("hi"), factory as () => string)),
    );
    expect(results).toEqual(results.map(() => ({ status: "rejected", reason: new Error("model") })));
    await cache.flush();
    expect((await cache.run(chat("hi"), () => "fine")).status).toBe("miss");
  },
);

test("an already aborted call rejects with the reason and calls nobody", async () => {
  const cache = new Cache({ backend: memory() });
  let calls = 0;
  await expect(cache.run(chat("hi"), () => ++calls, { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
  await settle();
  expect(calls).toBe(0);
});

test("noCache joins only other noCache calls, and its answer replaces the old", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const plain = cache.run(chat("hi"), model.factory);
  await model.called(1);
  const fresh = [
    cache.run(chat("hi"), model.factory, { noCache: true }),
    cache.run(chat("hi"), model.factory, { noCache: true }),
  ];
  await model.called(2);
  await settle();
  expect(model.calls).toHaveLength(2);
  model.calls[1]?.resolve("new");
  expect((await Promise.all(fresh)).map(({ value }) => value)).toEqual(["new", "new"]);
  model.calls[0]?.resolve("old");
  expect((await plain).value).toBe("old");
  await cache.flush();
  expect((await cache.get(chat("hi")))?.value, "an older flight never overwrites a newer one's answer").toBe("new");
});

test("a noCache call does not take the answer of one that ended before it came", async () => {
  const cache = new Cache({ backend: memory() });
  expect((await cache.run(chat("hi"), () => "first", { noCache: true })).value).toBe("first");
  expect((await cache.run(chat("hi"), () => "second", { noCache: true })).value).toBe("second");
});

test("answers that cannot be copied are not shared between callers", async () => {
  const cache = new Cache({ backend: memory() });
  const outcomes = await Promise.all([1, 2, 3].map(() => cache.run(chat("hi"), async () => ({ at: new Date() }))));
  expect(new Set(outcomes.map(({ value }) => value)).size).toBe(3);
  expect(outcomes.every(({ status }) => status === "miss")).toBe(true);
});

test("coalescing can be switched off", async () => {
  const cache = new Cache({ backend: memory(), coalesce: "off" });
  let calls = 0;
  await Promise.all([1, 2, 3].map(() => cache.run(chat("hi"), async () => (await settle(), ++calls))));
  expect(calls).toBe(3);
});

test("callers of another variant do not share a call of the model", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const runs = ["a", "b", "a"].map((variant) => cache.run(chat("hi"), model.factory, { variant }));
  await model.called(2);
  await settle();
  expect(model.calls).toHaveLength(2);
  model.calls.forEach(({ resolve }, index) => resolve(`${index}`));
  expect((await Promise.all(runs)).map(({ value }) => value)).toEqual(["0", "1", "0"]);
});

describe("a whole answer and a stream at the same moment", () => {
  const collect = (chunks: readonly unknown[]) => ({ text: chunks.join("") });
  const replay = (answer: unknown) => [...(answer as { text: string }).text];
  const letters = ["h", "i", "!"];

  /** A model that streams a letter each time the test says so, and counts its calls. */
  function streaming() {
    const model = { calls: 0, aborted: false, next: () => {}, stream };
    async function* stream({ signal }: { readonly signal: AbortSignal }): AsyncGenerator<string> {
      model.calls++;
      signal.addEventListener("abort", () => (model.aborted = true));
      for (const letter of letters) {
        await new Promise<void>((resolve) => (model.next = resolve));
        yield letter;
      }
    }
    const finish = async () => {
      for (let turn = 0; turn < letters.length; turn++) {
        await settle();
        model.next();
      }
    };
    return Object.assign(model, { finish });
  }

  const failing = (): Promise<{ text: string }> =>
    Promise.reject(new Error("the model was called for a second answer"));
  const broken = () => {
    throw new Error("a bug of the caller's");
  };

  test("cost one call: the whole is collected from the stream, for callers before, during and after", async () => {
    const events: CacheEvent[] = [];
    const usageOf = () => ({ inputTokens: 1, outputTokens: 2 });
    const cache = new Cache({ backend: memory(), usageOf, onEvent: (event) => events.push(event) });
    const model = streaming();
    const { stream, accounting } = await cache.runStream(chat("hi"), model.stream, { replay });
    const wholes = [1, 2].map(() => cache.run(chat("hi"), failing, { collect }));
    // Nobody reads the stream: whoever wants the whole of it does.
    await model.finish();
    const outcomes = await Promise.all(wholes);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "coalesced", value: { text: "hi!" }, missReason: "absent" });
      expect(outcome.accounting).toMatchObject({ billed: { outputTokens: 0 }, saved: { outputTokens: 2 } });
    }
    expect(outcomes[0]?.value).not.toBe(outcomes[1]?.value);
    expect(await Array.fromAsync(stream)).toEqual(letters);
    expect(await accounting).toMatchObject({ billed: { outputTokens: 2 }, saved: { outputTokens: 0 } });
    await cache.flush();
    expect(await cache.run(chat("hi"), failing, { collect })).toMatchObject({ status: "hit", value: { text: "hi!" } });
    expect(cache.stats()).toMatchObject({ misses: 1, coalesced: 2, hits: 1, billed: { outputTokens: 2 } });
    expect(events.filter(({ type }) => type === "shared")).toHaveLength(2);
    expect(model.calls).toBe(1);
  });

  test("cost one call: the stream is replayed from the whole", async () => {
    const cache = new Cache({ backend: memory() });
    const model = new ManualModel<{ text: string }>();
    const whole = cache.run(chat("hi"), model.factory, { collect });
    await model.called();
    const streamed = cache.runStream<string>(chat("hi"), failing as never, { replay });
    await settle();
    model.calls[0]?.resolve({ text: "abc" });
    const { stream, status } = await streamed;
    expect([status, await Array.fromAsync(stream)]).toEqual(["coalesced", ["a", "b", "c"]]);
    expect((await whole).status).toBe("miss");
  });

  test("cost one call where both come in one tick, whichever is first", async () => {
    for (const streamFirst of [true, false]) {
      const cache = new Cache({ backend: memory() });
      let calls = 0;
      const whole = () => cache.run(chat("hi"), () => (calls++, { text: "hi" }), { collect });
      const stream = async () => {
        const source = async function* () {
          calls++;
          yield "hi";
        };
        return Array.fromAsync((await cache.runStream<string>(chat("hi"), source, { replay })).stream);
      };
      await Promise.all(streamFirst ? [stream(), whole()] : [whole(), stream()]);
      expect(calls).toBe(1);
    }
  });

  test.each<[string, RunOptions<{ text: string }>]>([
    ["has no collect", {}],
    ["can make nothing of a stream", { collect: () => undefined }],
    ["has a collect that throws", { collect: broken }],
    ["does not accept what it makes", { collect, accepts: () => false }],
    ["is of another variant", { collect, variant: "other" }],
    ["wants a new answer", { collect, noCache: true }],
  ])("cost two calls where the caller %s", async (_, options) => {
    const cache = new Cache({ backend: memory() });
    const model = streaming();
    const { stream } = await cache.runStream(chat("hi"), model.stream);
    const whole = cache.run(chat("hi"), () => ({ text: "its own" }), options);
    await model.finish();
    expect(await whole).toMatchObject({ status: "miss", value: { text: "its own" } });
    await stream.cancel();
  });

  test("cost two calls where a chunk cannot be copied, and where coalescing is off", async () => {
    for (const [coalesce, chunk] of [
      ["process", new Date()],
      ["off", "a"],
    ] as const) {
      const cache = new Cache({ backend: memory(), coalesce });
      const { stream } = await cache.runStream(chat("hi"), async function* () {
        yield chunk;
      });
      expect((await cache.run(chat("hi"), () => "its own", { collect: () => "collected" })).value).toBe("its own");
      expect(await Array.fromAsync(stream)).toEqual([chunk]);
    }
  });

  test("end together where the model fails", async () => {
    const cache = new Cache({ backend: memory() });
    const { stream } = await cache.runStream(chat("hi"), async function* () {
      yield "a";
      await settle();
      throw new Error("half-way");
    });
    await expect(cache.run(chat("hi"), failing, { collect })).rejects.toThrow("half-way");
    await expect(Array.fromAsync(stream)).rejects.toThrow("half-way");
  });

  test("hold the model's call for each other, and leave it alone", async () => {
    const cache = new Cache({ backend: memory() });
    const model = streaming();
    const { stream } = await cache.runStream(chat("hi"), model.stream);
    const controllers = [new AbortController(), new AbortController()];
    const wholes = controllers.map(({ signal }) => cache.run(chat("hi"), failing, { collect, signal }));
    for (const whole of wholes) whole.catch(() => undefined);
    await settle();
    controllers[0]?.abort("first left");
    await expect(wholes[0]).rejects.toBe("first left");
    await stream.cancel();
    expect(model.aborted).toBe(false);
    controllers[1]?.abort("last left");
    expect(model.aborted).toBe(true);
    await expect(wholes[1]).rejects.toBe("last left");
  });

  test("are one answer while it is being written", async () => {
    let write = () => {};
    const backend = lyingBackend((honest) => ({
      put: async (key, value, options) => {
        await new Promise<void>((resolve) => (write = resolve));
        await honest.put(key, value, options);
      },
    }));
    const events: CacheEvent[] = [];
    const cache = new Cache({ backend, onEvent: (event) => events.push(event) });
    const { stream } = await cache.runStream(chat("hi"), async function* () {
      yield* letters;
    });
    await Array.fromAsync(stream);
    const found = await cache.get<{ text: string }>(chat("hi"), { collect });
    expect(found).toMatchObject({ status: "hit", value: { text: "hi!" }, source: "store" });
    const asked = await cache.run(chat("hi"), failing, { collect, onlyIfCached: true });
    expect(asked).toMatchObject({ status: "hit", value: { text: "hi!" }, source: "store" });
    expect(await cache.get<{ text: string }>(chat("hi"), { collect, accepts: () => false })).toBeUndefined();
    expect(await cache.get(chat("hi"))).toBeUndefined();
    expect(events.filter(({ type }) => type === "hit")).toHaveLength(2);
    write();
    await cache.flush();
  });
});

test("an answer that is still being written is a hit, is told as one, and serves only those who accept it", async () => {
  let write = () => {};
  const backend = lyingBackend((honest) => ({
    put: async (key, value, options) => {
      await new Promise<void>((resolve) => (write = resolve));
      await honest.put(key, value, options);
    },
  }));
  const cache = new Cache({ backend });
  await cache.run(chat("hi"), () => "answer");
  expect((await cache.get(chat("hi")))?.status).toBe("hit");
  expect((await cache.run(chat("hi"), () => "other")).status).toBe("hit");
  expect(cache.stats().hits).toBe(2);
  const accepts = () => false;
  expect(await cache.get(chat("hi"), { accepts })).toBeUndefined();
  expect((await cache.run(chat("hi"), () => "other", { accepts, noStore: true })).value).toBe("other");
  write();
  await cache.flush();
});
