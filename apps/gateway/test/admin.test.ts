import { expect, test, vi } from "vitest";
import { adminKey, askAdmin, chat, start } from "./start.ts";
import { request, sendRaw, statusOf } from "./raw.ts";

const routes = [
  ...["GET /cache/ping", "GET /cache/stats", "GET /cache/calls", "GET /cache/settings", "GET /cache/entry?key=a/b/c"],
  ...["GET /cache/explain?key=a/b/c", "DELETE /cache/entry?key=a/b/c", "POST /cache/invalidate", "POST /cache/clear"],
  ...["POST /cache/enable", "POST /cache/disable", "GET /metrics", "GET /health/ready", "GET /cache/", "GET /cache"],
];

async function stored(
  url: string,
  content = "Hello",
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<string> {
  const init = chat(content, more);
  const response = await fetch(`${url}/v1/chat/completions`, {
    ...init,
    headers: { ...(init.headers as object), ...headers },
  });
  await response.text();
  return response.headers.get("x-llmcache-key") ?? "";
}

test("without the key nothing is administrated, and by a wrong one neither", async (context) => {
  const { url, model } = await start(context);
  for (const route of routes) {
    const [method = "", path = ""] = route.split(" ");
    for (const headers of [
      {},
      { authorization: "Bearer wrong-key-0123456789" },
      { authorization: adminKey },
      { authorization: `Basic ${adminKey}` },
    ]) {
      const response = await fetch(`${url}${path}`, { method, headers });
      expect(response.status, route).toBe(401);
      expect(response.headers.get("www-authenticate")).toContain("Bearer");
    }
  }
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
  expect(model.requests).toEqual([]);
});

test("where no key is configured all of it is off but that the gateway lives", async (context) => {
  const { url } = await start(context, { admin: {} });
  for (const route of [...routes, "GET /dashboard/"]) {
    const [method = "", path = ""] = route.split(" ");
    expect((await askAdmin(url, path, { method })).status, route).toBe(404);
  }
  expect((await fetch(`${url}/health/live`)).status).toBe(200);
});

test("no other name of this machine, and no page of another origin, gets in", async (context) => {
  const { url } = await start(context, { admin: { key: "${ADMIN_KEY}", hosts: ["gateway.example.com"] } });
  const ask = async (host: string, ...more: string[]) =>
    statusOf(
      await sendRaw(
        url,
        request("/cache/stats", [`authorization: Bearer ${adminKey}`, ...more]).replace(
          "host: localhost",
          `host: ${host}`,
        ),
      ),
    );
  expect(await ask("localhost:4141")).toBe(200);
  expect(await ask("127.0.0.1")).toBe(200);
  expect(await ask("[::1]:80")).toBe(200);
  expect(await ask("gateway.example.com")).toBe(200);
  expect(await ask("evil.example")).toBe(403);
  expect(await ask("localhost.evil.example")).toBe(403);
  expect(await ask("localhost@evil.example")).toBe(400);
  expect(await ask("localhost", "origin: https://evil.example")).toBe(403);
  expect(await ask("localhost", "origin: null")).toBe(403);
  expect(await ask("localhost", "sec-fetch-site: cross-site")).toBe(403);
  const preflight = await fetch(`${url}/cache/clear`, {
    method: "OPTIONS",
    headers: { origin: "https://evil.example" },
  });
  expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
  expect(statusOf(await sendRaw(url, request("/dashboard/").replace("localhost", "evil.example")))).toBe(403);
});

test("a page of others cannot use the operator's credential through a browser on this machine", async (context) => {
  const { url, model } = await start(context, ({ origin }) => ({
    upstreams: { local: { url: origin, private: true, headers: { authorization: "Bearer sk-operator" } } },
  }));
  const init = chat("Hello");
  const foreign = await fetch(`${url}/v1/chat/completions`, {
    ...init,
    headers: { ...(init.headers as object), origin: "https://evil.example" },
  });
  expect(foreign.status).toBe(403);
  expect(statusOf(await sendRaw(url, request("/v1/models").replace("localhost", "evil.example")))).toBe(403);
  expect(model.requests).toEqual([]);
  expect((await fetch(`${url}/v1/chat/completions`, init)).status).toBe(200);
});

test("an entry is looked up, explained and deleted by its key", async (context) => {
  const { url, gateway } = await start(context);
  const key = await stored(url, "Hello", {}, { "x-llmcache-tags": "docs" });
  await gateway.cache.flush();
  const entry = (await (await askAdmin(url, `/cache/entry?key=${key}`)).json()) as Record<string, unknown>;
  expect(entry).toMatchObject({ key, stores: ["memory"], standing: "fresh", kind: "json", tags: ["docs"] });
  expect(JSON.stringify(entry)).not.toContain("Hello");
  const explained = (await (await askAdmin(url, `/cache/explain?key=${key}`)).json()) as Record<string, unknown>;
  expect(explained).toMatchObject({
    standing: "fresh",
    calls: [{ outcome: "miss", reason: "absent", model: "gpt-4o" }],
  });
  expect((await askAdmin(url, `/cache/entry?key=${key}`, { method: "DELETE" })).status).toBe(200);
  expect((await askAdmin(url, `/cache/entry?key=${key}`)).status).toBe(404);
  expect(await (await askAdmin(url, `/cache/explain?key=${key}`)).json()).toMatchObject({ standing: "absent" });
  for (const bad of ["", "_ping/x", "a/_tag/b", "../etc", "A", "a".repeat(513)])
    expect((await askAdmin(url, `/cache/entry?key=${encodeURIComponent(bad)}`)).status, bad).toBe(400);
});

test("wording is shown only where the configuration says so", async (context) => {
  const { url, gateway } = await start(context, { admin: { key: "${ADMIN_KEY}", showPrompts: true } });
  const key = await stored(url, "A question of mine");
  await gateway.cache.flush();
  expect(await (await askAdmin(url, "/cache/calls")).json()).toMatchObject({
    calls: [{ prompt: "A question of mine" }],
  });
  expect(await (await askAdmin(url, `/cache/entry?key=${key}`)).json()).toMatchObject({
    content: expect.stringContaining("choices"),
  });
  const shy = await start(context);
  await stored(shy.url, "A question of mine");
  expect(await (await askAdmin(shy.url, "/cache/calls")).text()).not.toContain("question of mine");
});

test("tags are invalidated, and clearing reaches this gateway's own namespace or one of its scopes", async (context) => {
  const { url, gateway, model } = await start(context);
  const post = (path: string, body: object) => askAdmin(url, path, { method: "POST", body: JSON.stringify(body) });
  await stored(url, "Tagged", {}, { "x-llmcache-tags": "docs" });
  const key = await stored(url, "Plain");
  await gateway.cache.flush();
  await post("/cache/invalidate", { tags: ["docs"] });
  await stored(url, "Tagged", {}, { "x-llmcache-tags": "docs" });
  await stored(url, "Plain");
  expect(model.calls.chat).toBe(3);
  await gateway.cache.put({ operation: "chat", params: { other: true } }, "theirs", { namespace: "other" });
  await gateway.cache.flush();
  expect(await (await post("/cache/clear", { scope: key.split("/")[1] })).json()).toMatchObject({
    cleared: { namespace: "gateway" },
  });
  await stored(url, "Plain");
  expect(model.calls.chat).toBe(4);
  await post("/cache/clear", {});
  await stored(url, "Plain");
  expect(model.calls.chat).toBe(5);
  expect(await gateway.cache.get({ operation: "chat", params: { other: true } }, { namespace: "other" })).toMatchObject(
    { value: "theirs" },
  );
  for (const wrong of [{ tags: [] }, { tags: "docs" }, { tags: ["a"], all: true }])
    expect((await post("/cache/invalidate", wrong)).status).toBe(400);
});

test("the cache is switched off and on", async (context) => {
  const { url, model } = await start(context);
  await stored(url);
  expect(await (await askAdmin(url, "/cache/disable", { method: "POST" })).json()).toEqual({ enabled: false });
  await stored(url);
  expect(model.calls.chat).toBe(2);
  await askAdmin(url, "/cache/enable", { method: "POST" });
  await stored(url);
  expect(model.calls.chat).toBe(2);
});

test("stats, metrics and readiness say what happened", async (context) => {
  const { url, gateway } = await start(context, {
    admin: { key: "${ADMIN_KEY}", open: ["ready", "metrics"] },
    prices: { "gpt-4o": { inputToken: 1, outputToken: 0 } },
  });
  await stored(url);
  await gateway.cache.flush();
  await stored(url);
  await (await fetch(`${url}/v1/models`)).text();
  await vi.waitFor(async () => {
    const stats = (await (await askAdmin(url, "/cache/stats")).json()) as Record<string, unknown>;
    expect(stats).toMatchObject({
      enabled: true,
      totals: { hits: 1, misses: 1 },
      outcomes: { hit: 1, miss: 1, none: 1 },
      models: [{ model: "gpt-4o", calls: 2, hits: 1 }],
      backends: [{ name: "memory", reads: "closed", writes: "closed", errors: 0 }],
    });
  });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/llmcache_requests_total\{outcome="hit",operation="chat",upstream="local",code="200"\} 1/);
  expect(metrics).toMatch(/llmcache_saved_tokens_total\{model="gpt-4o"\} [1-9]/);
  expect(metrics).toMatch(/llmcache_saved_dollars_total\{model="gpt-4o"\} [1-9]/);
  expect(metrics).toMatch(/llmcache_misses_total\{reason="absent"\} 1/);
  expect(metrics).toMatch(/llmcache_request_duration_seconds_bucket\{le="0.001",outcome="hit"\} \d/);
  const ready = await fetch(`${url}/health/ready`);
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { status: "ready", cache: { type: "memory", stores: [{ name: "memory", ok: true }] } },
  ]);
});
