import { Cache, memory } from "@llmcache/core";
import { expect, test } from "vitest";
import { cachedFetch, type Fetch } from "../src/index.ts";
import { ask, collect, completion, joined, json, post, scripted, start } from "./start.ts";

const url = "https://models.test/v1/chat/completions";

test("the SDK tries again as it would without the cache, and the model is called each time", async () => {
  const { connect, model } = await start({
    behaviour: { failure: { kind: "status", status: 503, times: 2, retryAfter: 0 } },
  });
  const client = connect({ maxRetries: 2 });
  expect((await client.chat.completions.create(ask("Again?"))).choices).toHaveLength(1);
  expect(model.calls.chat).toBe(3);
  await client.chat.completions.create(ask("Again?"));
  expect(model.calls.chat).toBe(3);
});

test("a stream that cannot begin is tried again too", async () => {
  const { connect, model } = await start({
    behaviour: { failure: { kind: "status", status: 429, times: 1, retryAfter: 0 } },
  });
  const client = connect({ maxRetries: 1 });
  await collect(await client.chat.completions.create({ ...ask("Again?"), stream: true }));
  expect(model.calls.chat).toBe(2);
});

test("errors reach the SDK as its own, and each concurrent caller has one of its own", async () => {
  const { client, model, cache } = await start({
    behaviour: { failure: { kind: "status", status: 429, code: "insufficient_quota" } },
  });
  for (const stream of [false, true]) {
    model.update({ beforeEvent: () => joined(cache, stream ? 4 : 2) });
    const calls = Array.from({ length: 3 }, () => client.chat.completions.create({ ...ask("Quota?"), stream }));
    const errors = await Promise.all(
      calls.map((call) =>
        call.then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    );
    for (const error of errors)
      expect(error).toMatchObject({
        status: 429,
        code: "insufficient_quota",
        requestID: expect.stringMatching(/^req_/) as string,
      });
    expect(new Set(errors).size).toBe(3);
  }
  expect(model.calls.chat).toBe(2);
});

for (const status of [400, 500]) {
  test(`concurrent callers of a call that ends with ${status} get genuine responses, without another's cookies`, async () => {
    const { cache } = await start();
    const headers = { "retry-after": "3", "set-cookie": "a=b" };
    const { fetch, requests } = scripted(async () => {
      await joined(cache, requests.length * 2);
      return json({ error: { message: "no" } }, { status, headers });
    });
    const cached = cachedFetch(cache, { fetch });
    for (const stream of [false, true]) {
      const responses = await Promise.all(Array.from({ length: 3 }, () => cached(url, post({ ...ask("?"), stream }))));
      expect(await Promise.all(responses.map((response) => response.json()))).toEqual(
        Array.from({ length: 3 }, () => ({ error: { message: "no" } })),
      );
      expect(responses.map((response) => response.headers.get("retry-after"))).toEqual(["3", "3", "3"]);
      const own = responses.filter((response) => response.headers.get("cache-status") === "llmcache; fwd=miss");
      const shared = responses.filter(
        (response) => response.headers.get("cache-status") === "llmcache; fwd=miss; collapsed",
      );
      expect(own.map((response) => response.headers.has("set-cookie"))).toEqual([true]);
      expect(shared.map((response) => response.headers.has("set-cookie"))).toEqual([false, false]);
    }
    expect(requests).toHaveLength(2);
  });
}

test("a stale answer takes the place of a failure, and says so", async () => {
  for (const fail of [
    () => json({}, { status: 503 }),
    () => json({}, { status: 429 }),
    () => Promise.reject(new TypeError("fetch failed")),
  ]) {
    const { cache, wait } = await start({ cache: { ttl: 60, staleIfError: "1h" } });
    const { fetch, requests } = scripted(() => json(completion()), fail);
    const cached = cachedFetch(cache, { fetch });
    await cached(url, post(ask("?")));
    await cache.flush();
    wait(100);
    const response = await cached(url, post(ask("?")));
    expect(await response.json()).toEqual(completion());
    expect(response.headers.get("cache-status")).toBe("llmcache; fwd=stale; ttl=-40; detail=memory");
    expect(response.headers.get("age")).toBe("100");
    expect(requests).toHaveLength(2);
  }
});

test("a stale answer never takes the place of what the caller did wrong", async () => {
  const { cache, wait } = await start({ cache: { ttl: 60, staleIfError: "1h" } });
  const { fetch } = scripted(
    () => json(completion()),
    () => json({ error: "key revoked" }, { status: 401 }),
  );
  const cached = cachedFetch(cache, { fetch });
  await cached(url, post(ask("?")));
  await cache.flush();
  wait(100);
  expect((await cached(url, post(ask("?")))).status).toBe(401);
});

test("with the model down, streams and embeddings are served stale through the SDK", async () => {
  const { client, model, wait, cache } = await start({ cache: { ttl: 60, staleIfError: "1h" } });
  const streamed = () => client.chat.completions.create({ ...ask("Down?"), stream: true }).then(collect);
  const embedded = () => client.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
  const before = [await streamed(), await embedded()];
  await cache.flush();
  wait(100);
  await model.close();
  expect([await streamed(), await embedded()]).toEqual(before);
});

test("a stale answer is served at once while a new one is made behind the caller", async () => {
  const { cache, wait } = await start({ cache: { ttl: 60, staleWhileRevalidate: "1h" } });
  const { fetch, requests } = scripted(
    () => json(completion({ id: "old" })),
    () => json(completion({ id: "new" })),
  );
  const cached = cachedFetch(cache, { fetch });
  const send = async () => {
    const response = await cached(url, post(ask("?")));
    const { id } = (await response.json()) as { id: string };
    await cache.flush();
    return `${id}: ${response.headers.get("cache-status")?.replace(/; ttl=.*/, "")}`;
  };
  await send();
  wait(100);
  expect(await send()).toBe("old: llmcache; hit");
  expect(await send()).toBe("new: llmcache; hit");
  expect(requests).toHaveLength(2);
});

test("a failure of the network is the fetch's own error", async () => {
  const { cache } = await start();
  const failure = new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") });
  const { fetch } = scripted(() => Promise.reject(failure));
  const cached = cachedFetch(cache, { fetch });
  await expect(cached(url, post(ask("?")))).rejects.toBe(failure);
  await expect(cached(url, post({ ...ask("?"), stream: true }))).rejects.toBe(failure);
  await expect(cached("https://models.test/v1/embeddings", post({ model: "m", input: ["a", "b"] }))).rejects.toBe(
    failure,
  );
});

test("a store that is down is not in the way", async () => {
  const broken = memory();
  for (const operation of ["get", "getMany", "put", "putMany"] as const)
    Object.assign(broken, { [operation]: () => Promise.reject(new Error("down")) });
  const { model, connect } = await start();
  const client = connect({ fetch: cachedFetch(new Cache({ backend: broken })) });
  expect((await client.chat.completions.create(ask("Up?"))).choices).toHaveLength(1);
  expect(await collect(await client.chat.completions.create({ ...ask("Up?"), stream: true }))).not.toHaveLength(0);
  expect((await client.embeddings.create({ model: "text-embedding-3-small", input: ["a"] })).data).toHaveLength(1);
  expect(model.calls).toMatchObject({ chat: 2, embeddings: 1 });
});

test("bytes that another program stored under the same key are a miss", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch, scope: "s" });
  for (const stream of [false, true]) {
    const call = { operation: "chat", params: {} };
    await cache.put(call, { status: 200, other: true }, { key: `mine-${stream}`, scope: "s" });
    const response = await cached(url, post({ ...ask("?"), stream }, { "x-llmcache-key": `mine-${stream}` }));
    expect(await response.json()).toEqual(completion());
  }
  expect(requests).toHaveLength(2);
});

test("headers of a failed refresh are never those of an answer", async () => {
  const { cache, wait } = await start({ cache: { ttl: 60, staleWhileRevalidate: "1h" } });
  const asked: string[][] = [];
  const fetch: Fetch = async (_, init) => {
    const { input } = JSON.parse(init?.body as string) as { input: string[] };
    asked.push(input);
    if (asked.length > 1 && input.includes("a"))
      return new Response("busy", { status: 429, headers: { "content-type": "text/html" } });
    await new Promise((resolve) => setTimeout(resolve, 10));
    return json({ data: input.map((_text, index) => ({ index, embedding: [1] })) });
  };
  const cached = cachedFetch(cache, { fetch });
  const send = (input: string[]) => cached("https://models.test/v1/embeddings", post({ model: "m", input }));
  await send(["a"]);
  await cache.flush();
  wait(100);
  const response = await send(["a", "b"]);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(asked).toHaveLength(3);
});
