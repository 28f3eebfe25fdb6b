import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test, vi } from "vitest";
import { askAdmin, chat, start } from "./start.ts";
import { sendRaw } from "./raw.ts";

/** An upstream of the test's own. */
async function upstream(
  context: { onTestFinished(work: () => Promise<void>): void },
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ origin: string }> {
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("the gateway's key is taken out of a query however its name is spelt, and the rest stays as it is, question marks too", async (context) => {
  const seen: (string | undefined)[] = [];
  const { origin } = await upstream(context, ({ url: path }, response) => {
    seen.push(path);
    response.end();
  });
  const key = "lk-alice-0123456789";
  const keys = [{ name: "alice", key: "${ALICE_KEY}" }];
  const upstreams = { local: { url: origin, private: true } };
  const { url } = await start(context, { apiKeys: keys, upstreams }, { ALICE_KEY: key });
  for (const query of [`key=${key}&a=b?c`, `a=b?c&key=${key}`, `a=b?c&k%65y=${key}`, `key=${key}`])
    await fetch(`${url}/v1/files?${query}`);
  expect(seen).toEqual(["/v1/files?a=b?c", "/v1/files?a=b?c", "/v1/files?a=b?c", "/v1/files"]);
});

test("the gateway's keys go no further from any of several places, and a key of the vendor's beside them does", async (context) => {
  const seen: Pick<IncomingMessage, "url" | "headers">[] = [];
  const { origin } = await upstream(context, ({ url: path, headers }, response) => {
    seen.push({ url: path, headers });
    response.end();
  });
  const [alice, bob] = ["lk-alice-0123456789", "lk-bob-0123456789ab"] as const;
  const { url } = await start(
    context,
    {
      apiKeys: [
        { name: "alice", key: "${ALICE_KEY}" },
        { name: "bob", key: "${BOB_KEY}" },
      ],
      upstreams: { local: { url: origin, private: true } },
    },
    { ALICE_KEY: alice, BOB_KEY: bob },
  );
  const places: [query: string, headers: Record<string, string>][] = [
    ["", { authorization: `Bearer ${alice}`, "x-api-key": alice }],
    ["", { authorization: `Bearer ${alice}`, "x-goog-api-key": bob, "api-key": alice }],
    [`?key=${alice}`, { "x-api-key": alice }],
    [`?key=${bob}&key=${alice}&a=b`, { authorization: `bearer ${alice}` }],
    ["", { "x-llmcache-api-key": alice, authorization: `Bearer ${alice}` }],
  ];
  for (const [query, headers] of places) expect((await fetch(`${url}/v1/files${query}`, { headers })).status).toBe(200);
  expect(seen).toHaveLength(places.length);
  expect(JSON.stringify(seen)).not.toMatch(/lk-alice|lk-bob/);

  const headers = { "x-llmcache-api-key": alice, authorization: "Bearer sk-vendor", "x-api-key": alice };
  await fetch(`${url}/v1/files?key=vendor&key=${alice}`, { headers });
  expect(seen.at(-1)).toMatchObject({ url: "/v1/files?key=vendor", headers: { authorization: "Bearer sk-vendor" } });
  expect(JSON.stringify(seen.at(-1))).not.toContain(alice);
});

test("what no cache knows passes through as it is, redirects and errors among it", async (context) => {
  const seen: IncomingMessage[] = [];
  const { origin } = await upstream(context, (request, response) => {
    seen.push(request);
    if (request.url === "/v1/moved") return response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    if (request.url === "/v1/teapot")
      return response.writeHead(418, { "x-own": "a", "retry-after": "3" }).end("short and stout");
    response.writeHead(200, { "content-type": "application/octet-stream", "x-method": request.method ?? "" });
    request.pipe(response);
  });
  const { url } = await start(context, { upstreams: { own: { url: `${origin}/`, private: true } } });
  const moved = await fetch(`${url}/v1/moved`, { redirect: "manual" });
  expect([moved.status, moved.headers.get("location")]).toEqual([302, "http://169.254.169.254/"]);
  const teapot = await fetch(`${url}/v1/teapot`);
  expect([teapot.status, teapot.headers.get("x-own"), teapot.headers.get("retry-after")]).toEqual([418, "a", "3"]);
  expect(await teapot.text()).toBe("short and stout");
  const bytes = crypto.getRandomValues(new Uint8Array(50_000));
  const echoed = await fetch(`${url}/v1/files?purpose=a%20b&x=1`, {
    method: "PUT",
    body: bytes,
    headers: { "content-type": "application/octet-stream" },
  });
  expect(new Uint8Array(await echoed.arrayBuffer())).toEqual(bytes);
  expect(echoed.headers.get("x-method")).toBe("PUT");
  expect(seen.at(-1)?.url).toBe("/v1/files?purpose=a%20b&x=1");
});

test("headers of one hop, and what one side says only to the gateway, go no further", async (context) => {
  let seen: IncomingMessage | undefined;
  const { origin } = await upstream(context, (request, response) => {
    seen = request;
    response.writeHead(200, {
      ...{
        connection: "keep-alive, x-hop",
        "x-hop": "1",
        "x-kept": "2",
        "proxy-authenticate": "Basic",
        "alt-svc": "h3",
      },
      ...{ "access-control-allow-origin": "*", "x-llmcache-key": "forged", "strict-transport-security": "max-age=1" },
    });
    response.end("{}");
  });
  const { url } = await start(context, { upstreams: { own: { url: origin, private: true } } });
  const text = await sendRaw(
    url,
    [
      "GET /v1/models HTTP/1.1",
      "host: localhost",
      "connection: close, x-mine",
      "x-mine: 1",
      "x-other: 2",
      "te: trailers",
      "proxy-authorization: Basic x",
      "upgrade: websocket",
      "x-llmcache-ttl: 5",
      "",
      "",
    ].join("\r\n"),
  );
  expect(seen?.headers).toMatchObject({ "x-other": "2" });
  for (const name of ["x-mine", "te", "proxy-authorization", "upgrade", "x-llmcache-ttl"])
    expect(seen?.headers).not.toHaveProperty(name);
  expect(seen?.headers.host).toBe(new URL(origin).host);
  expect(text.toLowerCase()).toContain("x-kept: 2");
  for (const name of ["x-hop", "proxy-authenticate", "alt-svc", "access-control", "forged", "strict-transport"])
    expect(text.toLowerCase()).not.toContain(name);
});

test(
  "the upstream is told at once when the client leaves, and goes on while another waits",
  { timeout: 60_000 },
  async (context) => {
    const { url, model } = await start(context);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    model.update({ beforeEvent: (index) => (index < 2 ? undefined : gate) });
    const leaver = new AbortController();
    const ask = (signal?: AbortSignal) =>
      fetch(`${url}/v1/chat/completions`, { ...chat("Hello", { stream: true }), ...(signal && { signal }) });
    const first = await ask(leaver.signal);
    const second = await ask();
    expect(second.headers.get("cache-status")).toContain("collapsed");
    leaver.abort();
    await expect(first.text()).rejects.toThrow();
    open();
    expect(await second.text()).toContain("[DONE]");
    expect(model.calls).toMatchObject({ chat: 1, aborted: 0 });
    model.update({ beforeEvent: (index) => (index < 2 ? undefined : new Promise(() => undefined)) });
    const alone = new AbortController();
    const third = await fetch(`${url}/v1/chat/completions`, {
      ...chat("Another", { stream: true }),
      signal: alone.signal,
    });
    alone.abort();
    await expect(third.text()).rejects.toThrow();
    await vi.waitFor(() => expect(model.calls.aborted).toBe(1), { timeout: 20_000 });
  },
);

test("events reach the client one by one, as the model says them", async (context) => {
  const { url, model } = await start(context);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  model.update({ beforeEvent: (index) => gates[index - 1]?.promise });
  const response = await fetch(`${url}/v1/chat/completions`, chat("Hello", { stream: true }));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  for (const gate of gates) {
    expect((await reader.read()).done).toBe(false);
    gate.resolve();
  }
  await reader.cancel();
});

test("a body that breaks off reaches the client broken, and is not stored", async (context) => {
  const { url, model } = await start(context);
  model.update({ failure: { kind: "reset", times: 1 } });
  const first = await fetch(`${url}/v1/chat/completions`, chat("Hello", { stream: true }));
  await expect(first.text()).rejects.toThrow();
  const second = await fetch(`${url}/v1/chat/completions`, chat("Hello", { stream: true }));
  expect(second.headers.get("cache-status")).toContain("fwd=miss");
  expect(await second.text()).toContain("[DONE]");
});

test("errors of the model are passed on with their headers, and a stale answer may stand in for them", async (context) => {
  const { url, model } = await start(context, { cache: { ttl: "50ms", staleIfError: "1h" } });
  model.update({ failure: { kind: "status", status: 429, retryAfter: 7, times: 1 } });
  const limited = await fetch(`${url}/v1/chat/completions`, chat("Hello"));
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
  await (await fetch(`${url}/v1/chat/completions`, chat("Hello"))).text();
  await new Promise((resolve) => setTimeout(resolve, 100));
  model.update({ failure: { kind: "status", status: 503 } });
  const stale = await fetch(`${url}/v1/chat/completions`, chat("Hello"));
  expect([stale.status, stale.headers.get("cache-status")?.startsWith("llmcache; fwd=stale")]).toEqual([200, true]);
});

test("an upstream that cannot be reached, or is silent, is a 502 or a 504 that names no address", async (context) => {
  const { origin } = await upstream(context, () => undefined);
  const { url } = await start(context, {
    limits: { upstreamTimeout: "300ms" },
    upstreams: {
      silent: { url: origin, private: true },
      gone: { url: "http://127.0.0.1:1", private: true, paths: ["/gone"] },
    },
  });
  const late = await fetch(`${url}/v1/chat/completions`, chat("Hello"));
  expect(late.status).toBe(504);
  const gone = await fetch(`${url}/gone/v1/chat/completions`, chat("Hello"));
  expect(gone.status).toBe(502);
  expect(await gone.text()).not.toContain("127.0.0.1");
  const { calls } = (await (await askAdmin(url, "/cache/calls")).json()) as { readonly calls: readonly object[] };
  expect(calls).toMatchObject([
    { status: 504, upstream: "silent" },
    { status: 502, upstream: "gone" },
  ]);
});

test(
  "a slow reader slows the upstream down: what is sent ahead of it is bounded",
  { timeout: 60_000 },
  async (context) => {
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024, "x");
    const { origin } = await upstream(context, (request, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      const write = () => {
        while (sent < 512 * 1024 * 1024 && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once("drain", write);
        }
        response.end();
      };
      write();
      request.resume();
    });
    const { url } = await start(context, { upstreams: { own: { url: origin, private: true } } });
    const response = await fetch(`${url}/v1/download`);
    await vi.waitFor(
      async () => {
        const before = sent;
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect(sent).toBe(before);
      },
      { timeout: 30_000 },
    );
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    await response.body?.cancel();
  },
);
