import { Cache, memory } from "@llmcache/core";
import { expect, test } from "vitest";
import { cachedFetch, type CachedFetchOptions } from "../src/index.ts";
import { ask, collect, completion, json, post, scripted, start } from "./start.ts";

const url = "https://models.test/v1/chat/completions";
const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl";

/** How many calls reach the upstream when each of these requests is made once, and what the cache says of the last. */
async function send(
  requests: readonly { url?: string; headers: Record<string, string> }[],
  options: CachedFetchOptions = {},
) {
  const { cache, events } = await start();
  const script = scripted(() => json(completion()));
  const cached = cachedFetch(cache, { fetch: script.fetch, ...options });
  let status: string | null = null;
  for (const request of requests) {
    const { method, body } = post(ask("Secret plans?"));
    const response = await cached(request.url ?? url, {
      method: method as string,
      body: body as string,
      headers: request.headers,
    });
    await response.text();
    status = response.headers.get("cache-status");
    await cache.flush();
  }
  return { calls: script.requests.length, status, events };
}

test("tenants are told apart by their credentials, plain and streamed", async () => {
  const { connect, model } = await start();
  for (const apiKey of ["sk-alice", "sk-bob", "sk-alice", "sk-bob"]) {
    await connect({ apiKey }).chat.completions.create(ask("Mine?"));
    await collect(await connect({ apiKey }).chat.completions.create({ ...ask("Mine, streamed?"), stream: true }));
    await connect({ apiKey }).embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
  }
  expect(model.calls).toMatchObject({ chat: 4, embeddings: 2 });
});

const carriers: readonly string[] = [
  "authorization",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
  "cookie",
  "helicone-auth",
  "x-portkey-api-key",
  "ocp-apim-subscription-key",
  "x-custom-token",
];

for (const name of carriers) {
  test(`a credential in ${name} is one`, async () => {
    expect(
      (await send([{ headers: { [name]: "one" } }, { headers: { [name]: "two" } }, { headers: { [name]: "one" } }]))
        .calls,
    ).toBe(2);
  });
}

test("a credential in the URL is one, and no part of the endpoint", async () => {
  const withKey = (key: string) => ({ url: `${url}?key=${key}&api-version=1`, headers: {} });
  expect((await send([withKey("one"), withKey("two"), withKey("one")])).calls).toBe(2);
  expect((await send([withKey("one"), withKey("two")], { scope: "both" })).calls).toBe(1);
});

test("callers without a credential share a place of their own", async () => {
  expect((await send([{ headers: {} }, { headers: {} }, { headers: { authorization: "Bearer a" } }])).calls).toBe(2);
});

test("a scope that is given stands in the credential's place", async () => {
  const requests = ["one", "two", jwt].map((key) => ({ headers: { authorization: `Bearer ${key}` } }));
  expect((await send(requests, { scope: "tenant-42" })).calls).toBe(1);
  expect((await send(requests, { controls: { scope: "tenant-42" } })).calls).toBe(1);
  expect(
    (await send(requests.map(({ headers }) => ({ headers: { ...headers, "x-llmcache-scope": "tenant-42" } })))).calls,
  ).toBe(1);
});

test("a scope is read from the request, and where it says nothing the credential counts", async () => {
  const scope: CachedFetchOptions["scope"] = ({ headers, params, url: { host } }) => {
    expect([params["model"], host]).toEqual(["gpt-4o-mini", "models.test"]);
    return headers.get("x-tenant") ?? undefined;
  };
  const request = (authorization: string, tenant?: string) => ({
    headers: { authorization, ...(tenant !== undefined && { "x-tenant": tenant }) },
  });
  expect(
    (
      await send([request("1", "a"), request("2", "a"), request("3", "b"), request("4"), request("5"), request("4")], {
        scope,
      })
    ).calls,
  ).toBe(4);
});

test("a view of the cache that is bound to a tenant is its scope", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json(completion()));
  for (const tenant of ["a", "b", "a"]) {
    for (const key of ["one", jwt]) {
      const cached = cachedFetch(cache.scoped(tenant), { fetch });
      await (await cached(url, post(ask("?"), { authorization: `Bearer ${key}` }))).text();
      await cache.flush();
    }
  }
  expect(requests).toHaveLength(2);
});

const changing: Record<string, Record<string, string>> = {
  "a JWT": { authorization: `Bearer ${jwt}` },
  "a JWT in the header of an API key": { "api-key": jwt },
  "an access token of Google's": { authorization: "Bearer ya29.a0AfH6SMBx" },
  "AWS Signature 4": {
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host, Signature=ab",
  },
};

for (const [name, headers] of Object.entries(changing)) {
  test(`a credential that changes by itself goes past the cache, visibly, unless a scope is given: ${name}`, async () => {
    const { calls, status, events } = await send([{ headers }, { headers }]);
    expect(calls).toBe(2);
    expect(status).toBe("llmcache; fwd=bypass; detail=credential-without-scope");
    expect(events.filter(({ type }) => type === "bypass")).toHaveLength(2);
    expect((await send([{ headers }, { headers }], { scope: "tenant" })).calls).toBe(1);
  });
}

test("a presigned URL goes past the cache unless a scope is given", async () => {
  const request = { url: `${url}?X-Amz-Signature=abc`, headers: {} };
  expect((await send([request, request])).calls).toBe(2);
  expect((await send([request, { ...request, url: `${url}?X-Amz-Signature=def` }], { scope: "tenant" })).calls).toBe(1);
});

test("neither prompt nor credential is in a key, an event, a response or an error", async () => {
  const written: string[] = [];
  const backend = memory();
  const put = backend.put.bind(backend);
  const recorder = Object.assign(Object.create(backend) as typeof backend, {
    put: (...given: Parameters<typeof put>) => {
      written.push(given[0]);
      return put(...given);
    },
  });
  const events: unknown[] = [];
  const cache = new Cache({ backend: recorder, onEvent: (event) => events.push(event) });
  const script = scripted(
    () => json(completion()),
    () => json({ error: {} }, { status: 500 }),
    () => json(completion({}, { finish_reason: "length" })),
  );
  const cached = cachedFetch(cache, { fetch: script.fetch });
  const headers: string[][] = [];
  for (const authorization of [
    "Bearer sk-topsecret",
    "Bearer sk-topsecret2",
    "Bearer sk-topsecret3",
    `Bearer ${jwt}`,
  ]) {
    const response = await cached(`${url}?key=topsecret`, post(ask("A private prompt"), { authorization }));
    await response.text();
    headers.push(...response.headers);
  }
  await cache.flush();
  const seen = JSON.stringify([events, headers, cache.stats(), written]);
  expect(events.length).toBeGreaterThan(4);
  expect(seen).not.toMatch(/topsecret|private prompt|eyJ/);
});

test("a signed request is never sent with another body than the one that was signed", async () => {
  const { cache } = await start();
  const data = (texts: string[]) =>
    json({
      object: "list",
      data: texts.map((_, index) => ({ index, embedding: [index] })),
      usage: { total_tokens: 1 },
    });
  const script = scripted(() => data(["a", "b"]));
  const cached = cachedFetch(cache, { fetch: script.fetch, scope: "tenant" });
  const body = { model: "m", input: ["a", "b"] };
  const response = await cached(
    "https://models.test/v1/embeddings",
    post(body, { authorization: "AWS4-HMAC-SHA256 Signature=ab" }),
  );
  expect(response.headers.get("cache-status")).toBe("llmcache; fwd=bypass; detail=signed-batch");
  expect(await script.requests[0]?.json()).toEqual(body);
});
