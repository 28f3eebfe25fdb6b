import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { askAdmin, chat, start } from "./start.ts";

const digest = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const alice = "lk-alice-0123456789";
const bob = "lk-bob-0123456789ab";

const keys = [
  { name: "alice", hash: digest(alice) },
  { name: "bob", key: "${BOB_KEY}", controls: { allow: ["noCache", "ttl"], maxTtl: "1m", otherwise: "cap" } },
];

const asOperator = (url: string) => ({ url, private: true, headers: { authorization: "Bearer sk-operator" } });

const as = (key: string, init: RequestInit, more: Record<string, string> = {}): RequestInit => ({
  ...init,
  headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${key}`, ...more },
});

test("a gateway with keys lets only those in, keeps their answers apart, and sends its own credential upstream", async (context) => {
  const { url, model } = await start(
    context,
    ({ origin }) => ({
      apiKeys: keys,
      upstreams: { local: { url: origin, private: true, headers: { authorization: "Bearer ${UPSTREAM_KEY}" } } },
    }),
    { BOB_KEY: bob, UPSTREAM_KEY: "sk-operator" },
  );
  const ask = (key: string) => fetch(`${url}/v1/chat/completions`, as(key, chat("Hello")));
  expect((await ask("sk-stranger")).status).toBe(401);
  expect(model.requests).toEqual([]);
  expect((await ask(alice)).headers.get("x-llmcache-key")).toMatch(/^gateway\/api-key-alice\//);
  expect((await ask(alice)).headers.get("cache-status")).toContain("hit");
  expect((await ask(bob)).headers.get("cache-status")).toContain("fwd=miss");
  expect(model.requests.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer sk-operator",
    "Bearer sk-operator",
  ]);
  // Wherever the vendors' clients put theirs.
  const elsewhere: [string, Record<string, string>][] = [
    ["/v1/chat/completions", { authorization: "", "x-api-key": alice }],
    ["/v1/chat/completions", { authorization: "Bearer sk-alice", "x-llmcache-api-key": alice }],
    [`/v1/chat/completions?key=${alice}`, { authorization: "" }],
  ];
  for (const [path, headers] of elsewhere) {
    const given = { ...(chat("Hello").headers as Record<string, string>), ...headers };
    const response = await fetch(`${url}${path}`, {
      ...chat("Hello"),
      headers: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "")),
    });
    expect(response.headers.get("cache-status"), path).toContain("hit");
  }
  await (await fetch(`${url}/v1/models?key=${alice}&a=%20b`)).text();
  expect(JSON.stringify(model.requests)).not.toMatch(/lk-alice|sk-alice/);
  const metrics = await (await askAdmin(url, "/metrics")).text();
  expect(metrics).toContain('llmcache_refused_total{code="invalid_api_key"} 1');
});

test("a client's own credential goes upstream beside the gateway's key", async (context) => {
  const { url, model } = await start(context, { apiKeys: keys }, { BOB_KEY: bob });
  await fetch(`${url}/v1/chat/completions`, as("sk-alice", chat("Hello"), { "x-llmcache-api-key": alice }));
  expect(model.requests[0]?.headers.authorization).toBe("Bearer sk-alice");
  expect(model.requests[0]?.headers["x-llmcache-api-key"]).toBeUndefined();
  // And without one of its own nothing of the gateway's does.
  await fetch(`${url}/v1/chat/completions`, as(alice, chat("Another")));
  expect(model.requests[1]?.headers.authorization).toBeUndefined();
});

test("controls beyond the policy are refused with the reason, or capped, as the key's policy says", async (context) => {
  const { url } = await start(
    context,
    ({ origin }) => ({ apiKeys: keys, controls: { maxTtl: "1h" }, upstreams: { local: asOperator(origin) } }),
    { BOB_KEY: bob },
  );
  const ask = (key: string, cache: object, content = "Hello") =>
    fetch(`${url}/v1/chat/completions`, as(key, chat(content, { cache })));
  const refused = await ask(alice, { ttl: 7200 });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    error: { message: "gateway: this client may not use ttl beyond 1h", code: "cache_control_not_allowed" },
  });
  expect((await ask(alice, { namespace: "theirs" })).status).toBe(403);
  const scope = await fetch(
    `${url}/v1/chat/completions`,
    as(alice, chat("Hello"), { "x-llmcache-scope": "api-key-bob" }),
  );
  expect(scope.status).toBe(403);
  expect((await ask(bob, { ttl: 7200, namespace: "theirs" })).status).toBe(200);
  const hit = await ask(bob, {});
  expect(hit.headers.get("cache-status")).toMatch(/hit; ttl=(?:60|59)/);
  expect(hit.headers.get("x-llmcache-key")).toMatch(/^gateway\//);
  const wrong = await ask(alice, { ttl: "soon" });
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).not.toContain("soon");
});

test("Cache-Control and the body's cache mean the same, and the body is sent on without it, to the character", async (context) => {
  const { url, model } = await start(context);
  const text =
    '{ "model":"gpt-4o", "seed": 12345678901234567890, "cache": {"no-store": true}, "messages":[{"role":"user","content":"Hi"}] }';
  const send = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/v1/chat/completions`, {
      ...chat(""),
      headers: { ...(chat("").headers as Record<string, string>), ...headers },
      body,
    });
  const plain = '{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}';
  await (await send(text)).text();
  expect(model.requests[0]?.body).not.toHaveProperty("cache");
  const statusOf = async (body: string, headers?: Record<string, string>) => {
    const response = await send(body, headers);
    await response.text();
    return response.headers.get("cache-status");
  };
  expect(await statusOf(plain, { "cache-control": "no-store" })).toContain("fwd=miss");
  expect(await statusOf(plain)).toContain("fwd=miss");
  expect(await statusOf(plain)).toContain("hit");
  expect(await statusOf(plain.replace("{", '{"cache":{"no-cache":true},'))).toContain("fwd=request");
  expect(await statusOf(plain, { "cache-control": "no-cache" })).toContain("fwd=request");
  expect(await statusOf(plain.replace("{", '{"cache":{"s-maxage":0},'))).toContain("fwd=");
  const miss = await send(plain.replace("Hi", "Unknown"), { "cache-control": "only-if-cached" });
  expect(miss.status).toBe(504);
  // A vendor's own member of that name, which is no object, stays.
  await (await send(plain.replace("{", '{"cache":true,'))).text();
  expect(model.requests.at(-1)?.body).toHaveProperty("cache", true);
});

test("answers belong to the client's credential, unless the configuration shares them by name", async (context) => {
  const { url } = await start(context);
  const shared = await start(context, { cache: { scope: "everyone" } });
  const ask = async (base: string, key: string) => {
    const response = await fetch(`${base}/v1/chat/completions`, as(key, chat("Hello")));
    await response.text();
    return response.headers.get("cache-status");
  };
  await ask(url, "sk-one");
  expect(await ask(url, "sk-two")).toContain("fwd=miss");
  expect(await ask(url, "sk-one")).toContain("hit");
  await ask(shared.url, "sk-one");
  expect(await ask(shared.url, "sk-two")).toContain("hit");
});

test("the configuration says what of a request counts: members, models and headers", async (context) => {
  const rules = { ignore: ["user"], modelGroups: [["gpt-4o", "gpt-4o-eu"]], headersThatCount: ["X-Team"] };
  const { url } = await start(context, { cache: rules });
  const shared = await start(context, { cache: { ...rules, scope: "everyone" } });
  const isHit = async (more: Record<string, unknown>, headers: Record<string, string> = {}, base = url) => {
    const response = await fetch(`${base}/v1/chat/completions`, as("sk-one", chat("Hello", more), headers));
    await response.text();
    return response.headers.get("cache-status")?.startsWith("llmcache; hit");
  };
  expect(await isHit({ user: "alice" })).toBe(false);
  expect(await isHit({ user: "bob" })).toBe(true);
  expect(await isHit({ seed: 1 })).toBe(false);
  expect(await isHit({ model: "gpt-4o-eu" })).toBe(true);
  expect(await isHit({ model: "gpt-4o-us" })).toBe(false);
  expect(await isHit({}, { "x-team": "red" })).toBe(false);
  expect(await isHit({}, { "x-team": "blue" })).toBe(false);
  expect(await isHit({}, { "x-team": "red", "x-other": "1" })).toBe(true);
  // Models are one, and yet clients are apart by their credentials, unless they share a scope.
  expect(await isHit({ model: "gpt-4o-eu" }, { authorization: "Bearer sk-two" })).toBe(false);
  expect(await isHit({}, {}, shared.url)).toBe(false);
  expect(await isHit({ model: "gpt-4o-eu" }, { authorization: "Bearer sk-two" }, shared.url)).toBe(true);
});

test("a request goes to the upstream of its path, then of its model, and a key to those it may use", async (context) => {
  const other = await start(context);
  const { url, model } = await start(context, ({ origin }) => ({
    upstreams: {
      claude: { ...asOperator(other.model.origin), models: ["claude-*", "*-haiku"], paths: ["/anthropic"] },
      local: asOperator(origin),
    },
    apiKeys: [
      { name: "alice", hash: digest(alice), upstreams: ["local"] },
      { name: "bob", hash: digest(bob) },
    ],
  }));
  const ask = (path: string, key: string, name: string) =>
    fetch(`${url}${path}`, as(key, chat("Hello", { model: name })));
  await (await ask("/v1/chat/completions", bob, "gpt-4o")).text();
  await (await ask("/v1/chat/completions", bob, "claude-opus-5")).text();
  await (await ask("/anthropic/v1/chat/completions", bob, "gpt-4o")).text();
  expect(model.calls.chat).toBe(1);
  expect(other.model.calls.chat).toBe(2);
  expect(other.model.requests.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/chat/completions"]);
  expect((await ask("/v1/chat/completions", alice, "claude-opus-5")).status).toBe(403);
  expect((await ask("/v1/chat/completions", alice, "gpt-4o")).status).toBe(200);
});

test("the time to live is the model's where the configuration says so", async (context) => {
  const { url } = await start(context, { cache: { ttl: "1h", ttlByModel: { "gpt-4o*": "2h" } } });
  const ttlOf = async (model: string) => {
    for (let turn = 0; turn < 2; turn++) {
      const response = await fetch(`${url}/v1/chat/completions`, chat("Hello", { model }));
      await response.text();
      const ttl = /ttl=(\d+)/.exec(response.headers.get("cache-status") ?? "")?.[1];
      if (ttl !== undefined) return Math.ceil(Number(ttl) / 3600);
    }
    return undefined;
  };
  expect(await ttlOf("gpt-4o-mini")).toBe(2);
  expect(await ttlOf("o3")).toBe(1);
});
