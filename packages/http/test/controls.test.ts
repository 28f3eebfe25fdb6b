import { controlNames } from "@llmcache/core";
import { expect, test } from "vitest";
import { cachedFetch, readControls } from "../src/index.ts";
import { ask, completion, json, post, scripted, start } from "./start.ts";

const url = "https://models.test/v1/chat/completions";

/** A cached fetch over an upstream that counts. */
async function bench(options: Parameters<typeof cachedFetch>[1] = {}, cacheOptions: object = {}) {
  const { cache, wait, events } = await start({ cache: cacheOptions });
  let count = 0;
  const { fetch, requests } = scripted(() => json(completion({ id: `answer-${++count}` })));
  const cached = cachedFetch(cache, { fetch, ...options });
  const send = async (headers: Record<string, string> = {}) => {
    const response = await cached(url, post(ask("?"), headers));
    const body = (await response.json()) as { id?: string; error?: { message: string; param: string } };
    await cache.flush();
    return { response, status: response.headers.get("cache-status") ?? "", body, id: body.id };
  };
  return { cache, send, requests, wait, events };
}

test("no-cache asks the model again and replaces the answer", async () => {
  for (const header of ["cache-control", "x-llmcache-no-cache"]) {
    const { send } = await bench();
    await send();
    const fresh = await send({ [header]: header === "cache-control" ? "no-cache" : "true" });
    expect([fresh.id, fresh.status]).toEqual(["answer-2", "llmcache; fwd=request"]);
    expect((await send()).id).toBe("answer-2");
  }
});

test("no-store does not write, and still reads", async () => {
  const { send } = await bench();
  expect((await send({ "cache-control": "no-store" })).id).toBe("answer-1");
  expect((await send()).id).toBe("answer-2");
  expect((await send({ "x-llmcache-no-store": "true" })).id).toBe("answer-2");
});

test("both together go past the cache", async () => {
  const { send } = await bench();
  expect((await send({ "cache-control": "no-cache, no-store" })).status).toBe("llmcache; fwd=bypass");
});

test("ttl, max-age, min-fresh and max-stale are in seconds or say their unit", async () => {
  const { send, wait } = await bench();
  await send({ "x-llmcache-ttl": "5m" });
  wait(200);
  expect((await send({ "cache-control": "max-age=250" })).id).toBe("answer-1");
  expect((await send({ "x-llmcache-min-fresh": "90s" })).id).toBe("answer-1");
  expect((await send({ "x-llmcache-max-age": "150", "x-llmcache-no-store": "true" })).id).toBe("answer-2");
  wait(101);
  expect((await send({ "x-llmcache-ttl": "0.5" })).id).toBe("answer-3");
});

test("a header of ours goes before Cache-Control, and both before the options", async () => {
  const { send, requests } = await bench({ controls: { maxAge: 0 } });
  await send();
  expect((await send()).id).toBe("answer-2");
  expect((await send({ "cache-control": "max-age=10" })).id).toBe("answer-2");
  expect((await send({ "cache-control": "max-age=0", "x-llmcache-max-age": "10" })).id).toBe("answer-2");
  expect(requests).toHaveLength(2);
});

test("namespace, scope, key and tags say where the entry belongs", async () => {
  const { send, cache } = await bench();
  expect((await send({ "x-llmcache-namespace": "other" })).response.headers.get("x-llmcache-key")).toMatch(/^other\//);
  expect((await send({ "x-llmcache-scope": "tenant" })).response.headers.get("x-llmcache-key")).toMatch(
    /^default\/tenant\//,
  );
  const { response } = await send({
    "x-llmcache-key": "mine",
    "x-llmcache-scope": "tenant",
    "x-llmcache-tags": "docs, faq",
  });
  expect(response.headers.get("x-llmcache-key")).toMatch(/^default\/tenant\/[0-9a-f]{64}$/);
  const again = async () => (await send({ "x-llmcache-key": "mine", "x-llmcache-scope": "tenant" })).id;
  expect(await again()).toBe("answer-3");
  await cache.invalidate(["faq"], { scope: "tenant" });
  expect(await again()).toBe("answer-4");
});

test("a cache that is off by default is opted into", async () => {
  const { send } = await bench({}, { defaultOff: true });
  expect((await send()).status).toBe("llmcache; fwd=bypass");
  await send({ "x-llmcache-use": "true" });
  expect((await send({ "x-llmcache-use": "true" })).id).toBe("answer-2");
});

test("only-if-cached never calls the model: a miss is a genuine 504, which SDKs do not try again", async () => {
  const { send, requests } = await bench();
  for (const headers of [{ "cache-control": "only-if-cached" }, { "x-llmcache-only-if-cached": "true" }]) {
    const { response, status, body } = await send(headers);
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.ok, status]).toEqual([504, false, "llmcache; detail=only-if-cached"]);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(response.headers.get("x-llmcache-key")).toMatch(/^default\//);
    expect(body.error?.message).toContain("only-if-cached");
  }
  expect(requests).toHaveLength(0);
  await send();
  expect((await send({ "cache-control": "only-if-cached" })).id).toBe("answer-1");
});

test("through the SDK, only-if-cached is an error with its status, made once", async () => {
  const { connect, model, events } = await start();
  const client = connect({ maxRetries: 3 });
  const options = { headers: { "cache-control": "only-if-cached" } };
  await expect(client.chat.completions.create(ask("?"), options)).rejects.toMatchObject({
    status: 504,
    code: "cache_miss",
  });
  await expect(client.chat.completions.create({ ...ask("?"), stream: true }, options)).rejects.toMatchObject({
    status: 504,
  });
  await expect(client.embeddings.create({ model: "m", input: "a" }, options)).rejects.toMatchObject({ status: 504 });
  expect(model.calls).toMatchObject({ chat: 0, embeddings: 0 });
  expect(events.filter(({ type }) => type === "miss")).toHaveLength(3);
});

const malformed: Record<string, string> = {
  "x-llmcache-ttl": "one hour",
  "x-llmcache-max-age": "-1",
  "x-llmcache-no-cache": "yes",
  "x-llmcache-namespace": "",
  "x-llmcache-tags": "a,,b",
  "x-llmcache-tll": "60",
  "x-llmcache-constructor": "60",
  "cache-control": "max-age=soon",
};

for (const [header, value] of Object.entries(malformed)) {
  test(`"${header}: ${value}" is refused by name, and the model is not called`, async () => {
    const { send, requests } = await bench();
    const { response, body } = await send({ [header]: value });
    expect(response.status).toBe(400);
    expect(body.error).toMatchObject({ param: header, code: "invalid_cache_control" });
    expect(body.error?.message).toContain(header);
    expect(requests).toHaveLength(0);
  });
}

test("the headers that speak to the cache are removed before the request is sent on; Cache-Control speaks to all, and stays", async () => {
  const { send, requests } = await bench();
  await send({ "x-llmcache-ttl": "60", "x-llmcache-tags": "a", "cache-control": "max-age=60", "x-other": "kept" });
  const names = [...(requests[0]?.headers.keys() ?? [])];
  expect(names.filter((name) => name.startsWith("x-llmcache"))).toEqual([]);
  expect(requests[0]?.headers.get("cache-control")).toBe("max-age=60");
  expect(requests[0]?.headers.get("x-other")).toBe("kept");
  expect(requests[0]?.headers.get("authorization")).toBe("Bearer test-key");
});

test("what an upstream cache says of itself stays in front on a miss, and is not replayed", async () => {
  const { cache } = await start();
  const { fetch } = scripted(() => json(completion(), { headers: { "cache-status": "edge; hit" } }));
  const cached = cachedFetch(cache, { fetch });
  expect((await cached(url, post(ask("?")))).headers.get("cache-status")).toBe("edge; hit, llmcache; fwd=miss");
  await cache.flush();
  expect((await cached(url, post(ask("?")))).headers.get("cache-status")).toMatch(/^llmcache; hit/);
});

test("options that are unknown or of a wrong type are refused by name", async () => {
  const { cache } = await start();
  expect(() => cachedFetch(cache, { scpoe: "a" } as object)).toThrow(/unknown option "scpoe"/);
  expect(() => cachedFetch(cache, { headersThatCount: "a" } as object)).toThrow(/headersThatCount/);
  expect(() => cachedFetch(cache, { headersThatCount: ["not a name"] })).toThrow(TypeError);
  expect(() => cachedFetch(cache, { controls: { tll: 1 } } as object)).toThrow(
    /cachedFetch: controls: unknown option "tll"/,
  );
  expect(() => cachedFetch(cache, { fetch: 1 } as object)).toThrow(/fetch/);
  expect(() => cachedFetch({} as typeof cache)).toThrow(/Cache/);
});

test("each of core's controls has a header, and is one of the controls of every request", async () => {
  const { cache } = await start();
  for (const name of controlNames) {
    const header = `x-llmcache-${name.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
    expect(() => readControls(new Headers({ [header]: "" }))).toThrow(`${header} must be`);
    expect(() => cachedFetch(cache, { controls: { [name]: undefined } })).not.toThrow();
  }
});
