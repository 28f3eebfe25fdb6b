import { APICallError, generateText, streamText } from "ai";
import { expect, test } from "vitest";
import { ask, collect, joined, outcomeOf, start, stream } from "./start.ts";

test("concurrent identical calls cost one call of the model", async () => {
  const { chat, local, cache } = await start();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  local.update({ beforeEvent: () => held });
  const all = Promise.all(Array.from({ length: 20 }, () => generateText({ model: chat, prompt: "All at once?" })));
  await joined(cache, 19);
  release();
  const results = await all;
  expect(local.calls.chat).toBe(1);
  expect(new Set(results.map(({ text }) => text)).size).toBe(1);
  const statuses = results.map(({ finalStep }) => String(outcomeOf(finalStep.providerMetadata)["status"]));
  expect(statuses.toSorted((left, right) => left.localeCompare(right))).toEqual([
    ...Array.from({ length: 19 }, () => "coalesced"),
    "miss",
  ]);
});

test("a stream that is joined half-way comes from its start", async () => {
  const { chat, local, cache } = await start();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  local.update({ beforeEvent: (index) => (index < 4 ? undefined : held) });
  const first = await chat.doStream(ask("Stream?"));
  const reader = first.stream.getReader();
  const seen = [(await reader.read()).value, (await reader.read()).value, (await reader.read()).value];
  const second = stream(chat, ask("Stream?"));
  await joined(cache, 1);
  release();
  const rest = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) rest.push(next.value);
  const bare = (parts: readonly ({ type: string } | undefined)[]) => parts.filter((part) => part?.type !== "finish");
  expect(bare(await second)).toEqual(bare([...seen, ...rest]));
  expect(local.calls.chat).toBe(1);
});

test("one of several callers aborts alone; the last one ends the model's work", { timeout: 30_000 }, async () => {
  const { chat, local, cache } = await start();
  local.update({ failure: { kind: "hang" } });
  const [first, second] = [new AbortController(), new AbortController()];
  const one = generateText({ model: chat, prompt: "?", abortSignal: first.signal, maxRetries: 0 });
  const two = generateText({ model: chat, prompt: "?", abortSignal: second.signal, maxRetries: 0 });
  await joined(cache, 1);
  await expect.poll(() => local.calls.chat, { timeout: 10_000 }).toBe(1);
  first.abort();
  await expect(one).rejects.toMatchObject({ name: "AbortError" });
  expect(local.calls.aborted).toBe(0);
  second.abort();
  await expect(two).rejects.toMatchObject({ name: "AbortError" });
  await expect.poll(() => local.calls.aborted, { timeout: 10_000 }).toBe(1);
  expect(cache.stats().stored).toBe(0);
});

test(
  "a stream that is aborted ends as without the cache, and so does the model's work",
  { timeout: 30_000 },
  async () => {
    const { chat, local, cache } = await start();
    local.update({ failure: { kind: "hang", afterEvents: 4 } });
    const controller = new AbortController();
    const result = streamText({ model: chat, prompt: "?", abortSignal: controller.signal });
    const types: string[] = [];
    for await (const { type } of result.stream) {
      types.push(type);
      if (type === "text-delta") controller.abort();
    }
    expect(types.at(-1)).toBe("abort");
    await expect.poll(() => local.calls.aborted, { timeout: 10_000 }).toBe(1);
    await cache.flush();
    expect(cache.stats().stored).toBe(0);
  },
);

test("a caller that cancels once it has the end has not lost the answer", async () => {
  const { chat, local, cache } = await start();
  const { stream: parts } = await chat.doStream(ask("?"));
  for await (const { type } of parts) if (type === "finish") break;
  await cache.flush();
  await stream(chat, ask("?"));
  expect(local.calls.chat).toBe(1);
});

test("tenants do not see each other's answers", async () => {
  const { connect, local, cache } = await start();
  const [one, other] = [connect({}, cache.scoped("one")), connect({}, cache.scoped("other"))];
  const id = async (model: typeof one) => (await generateText({ model, prompt: "?" })).finalStep.response.id;
  const first = await id(one);
  await cache.flush();
  expect(await id(one)).toBe(first);
  expect(await id(other)).not.toBe(first);
  await cache.flush();
  expect(await id(connect())).not.toBe(first);
  expect(local.calls.chat).toBe(3);
});

for (const [name, run] of [
  [
    "generated",
    async (model: Parameters<typeof generateText>[0]["model"]) => generateText({ model, prompt: "?", maxRetries: 0 }),
  ],
  [
    "streamed",
    async (model: Parameters<typeof generateText>[0]["model"]) => {
      const errors: unknown[] = [];
      const result = streamText({ model, prompt: "?", maxRetries: 0, onError: ({ error }) => void errors.push(error) });
      await collect(result.stream);
      if (errors.length > 0) throw errors[0];
      return { text: await result.text, finalStep: await result.finalStep };
    },
  ],
] as const) {
  test(`a stale answer takes the place of a model that is down, where that is wanted (${name})`, async () => {
    const { connect, local, cache, wait } = await start();
    const model = connect({ controls: { ttl: "1m", staleIfError: "1h" } });
    const fresh = await run(model);
    await cache.flush();
    wait(120);
    local.update({ failure: { kind: "status", status: 503 } });
    const stale = await run(model);
    expect(stale.text).toBe(fresh.text);
    expect(outcomeOf(stale.finalStep.providerMetadata)).toMatchObject({ status: "stale", age: 120 });
    await expect(run(connect())).rejects.toSatisfy(APICallError.isInstance);
  });

  test(`a stale answer hides no error that trying again would not mend (${name})`, async () => {
    const { connect, local, cache, wait } = await start();
    const model = connect({ controls: { ttl: "1m", staleIfError: "1h" } });
    await run(model);
    await cache.flush();
    wait(120);
    local.update({ failure: { kind: "status", status: 401 } });
    await expect(run(model)).rejects.toMatchObject({ statusCode: 401 });
    local.update({ failure: undefined });
    expect(outcomeOf((await run(model)).finalStep.providerMetadata)["status"]).toBe("miss");
  });
}

test("a model that is unreachable is answered for by the cache", async () => {
  const { connect, local, cache, wait } = await start();
  const model = connect({ controls: { ttl: "1m", staleIfError: "1h" } });
  const { text } = await generateText({ model, prompt: "?" });
  await cache.flush();
  wait(120);
  await local.close();
  expect((await generateText({ model, prompt: "?" })).text).toBe(text);
  await expect(generateText({ model, prompt: "unknown", maxRetries: 0 })).rejects.toSatisfy(APICallError.isInstance);
});

test("the AI SDK tries again as without the cache", async () => {
  const { chat, local } = await start();
  local.update({ failure: { kind: "status", status: 500, times: 1 } });
  expect((await generateText({ model: chat, prompt: "?" })).text).not.toBe("");
  expect(local.calls.chat).toBe(2);
});
