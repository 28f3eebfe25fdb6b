import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chat, start } from "./start.ts";
import { request, sendRaw, statusOf } from "./raw.ts";

const tricks = [
  "//v1/models",
  "/v1//models",
  "/v1/../admin",
  "/v1/./models",
  "/v1/%2e%2e/admin",
  "/v1/%2E./admin",
  "/v1%2f..%2fadmin",
  "/v1/a%5cb",
  "/v1/a\\b",
  "/v1/%00",
  "/v1/%0d%0aset-cookie:x",
  "/v1/%252e%252e/admin",
  "/v1/mod%zzels",
  "/v1/models#fragment",
  "/v1/mödels",
  "http://169.254.169.254/latest/meta-data",
  "https://api.openai.com/v1/models",
  "@evil.example/v1",
  "*",
];

test.each(tricks)("the request target %s is refused, and no upstream hears of it", async (target) => {
  await run(async (context) => {
    const { url, model } = await start(context);
    expect(statusOf(await sendRaw(url, request(target)))).toBe(400);
    expect(model.requests).toEqual([]);
  });
});

const smuggled = [
  ["both lengths", ["content-length: 4", "transfer-encoding: chunked"]],
  ["two lengths", ["content-length: 4", "content-length: 5"]],
  ["a length with a sign", ["content-length: +4"]],
  ["chunked twice", ["transfer-encoding: chunked, chunked"]],
  ["an unknown coding last", ["transfer-encoding: chunked, identity"]],
  ["space before the colon", ["content-length : 4"]],
  ["a folded header", ["x-folded: a", " b"]],
  ["a bare line feed", ["x-a: b\nx-c: d"]],
  ["NUL in a value", ["x-a: b\0c"]],
] as const;

test.each(smuggled)("a request with %s is refused", async (_, headers) => {
  await run(async (context) => {
    const { url, model } = await start(context);
    const text = request("/v1/chat/completions", headers, "0\r\n\r\nGET /v1/models HTTP/1.1\r\n\r\n", "POST");
    const response = await sendRaw(url, text);
    expect(statusOf(response)).toBe(400);
    expect(response.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(model.requests).toEqual([]);
  });
});

test("a body of 100 MB is refused by its length before it is sent, and while it is sent where its length is unknown", async (context) => {
  const { url, model } = await start(context);
  const head = request(
    "/v1/chat/completions",
    ["content-type: application/json", "content-length: 104857600"],
    "",
    "POST",
  );
  expect(statusOf(await sendRaw(url, head))).toBe(413);
  const outgoing = httpRequest(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
  outgoing.on("error", () => undefined);
  const { promise: response, resolve } = Promise.withResolvers<{ readonly statusCode?: number | undefined }>();
  outgoing.on("response", resolve);
  const piece = Buffer.alloc(1024 * 1024, " ");
  let sent = 0;
  const write = () => {
    while (sent < 100 && !outgoing.destroyed) {
      sent++;
      if (!outgoing.write(piece)) return void outgoing.once("drain", write);
    }
    outgoing.end();
  };
  write();
  expect((await response).statusCode).toBe(413);
  expect(sent).toBeLessThan(100);
  outgoing.destroy();
  expect(model.requests).toEqual([]);
});

test("malformed JSON is the upstream's to refuse, and is passed on to the byte", async (context) => {
  const { url, model } = await start(context);
  for (const body of ['{"model":', "[1,2", '"text"', "\u0000", '{"model":"gpt-4o","messages":[}'])
    expect((await fetch(`${url}/v1/chat/completions`, { ...chat(""), body })).status).toBe(400);
  expect(model.requests.length).toBe(5);
  const deep = `{"model":"gpt-4o","cache":{"ttl":60},"messages":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  expect((await fetch(`${url}/v1/chat/completions`, { ...chat(""), body: deep })).status).toBe(400);
});

test("who sends a request too slowly is cut off, headers and body alike", { timeout: 60_000 }, async (context) => {
  const { url } = await start(context, { limits: { headersTimeout: "1s", requestTimeout: "2s" } });
  const { hostname, port } = new URL(url);
  const drip = async (beginning: string) => {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    socket.on("error", () => undefined);
    socket.write(beginning);
    const dripping = setInterval(() => socket.write("a"), 100);
    const closed = once(socket, "close");
    let answer = "";
    socket.on("data", (data: Buffer) => (answer += data.toString()));
    await closed;
    clearInterval(dripping);
    return statusOf(answer);
  };
  const inHeaders = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-slow: ";
  const inBody = request(
    "/v1/chat/completions",
    ["content-type: application/json", "content-length: 10000"],
    "{",
    "POST",
  );
  expect(await Promise.all([drip(inHeaders), drip(inBody)])).toEqual([408, 408]);
});

test("whatever bytes arrive, the gateway goes on", { timeout: 120_000 }, async (context) => {
  const { url } = await start(context, { limits: { headersTimeout: "1s", requestTimeout: "1s" } });
  const token = fc.string({ minLength: 1, maxLength: 12, unit: "binary-ascii" });
  const line = fc.tuple(token, token).map(([name, value]) => `${name}: ${value}`);
  const shaped = fc
    .record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "BREW"),
      target: fc.oneof(
        fc.webPath(),
        token.map((text) => `/${text}`),
        fc.constantFrom("/v1/chat/completions", "/cache/clear", "/dashboard/x"),
      ),
      headers: fc.array(line, { maxLength: 5 }),
      body: fc.oneof(fc.json(), fc.string()),
    })
    .map(({ method, target, headers, body }) =>
      request(
        target,
        [...headers, "content-type: application/json", `content-length: ${Buffer.byteLength(body)}`],
        body,
        method,
      ),
    );
  const bytes = fc.oneof(
    shaped,
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.constantFrom("GET", "\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 8, maxLength: 8 }), async (texts) => {
      await Promise.all(texts.map((text) => sendRaw(url, text, 300)));
      const alive = await fetch(`${url}/health/live`);
      expect(alive.status).toBe(200);
    }),
    { numRuns: 60 },
  );
});

test(
  "whatever JSON a body is, and whatever a client asks of the cache, it gets an answer",
  { timeout: 60_000 },
  async (context) => {
    const { url } = await start(context);
    const body = fc.oneof(
      fc.json(),
      fc
        .record({
          model: fc.oneof(fc.constant("gpt-4o"), fc.anything()),
          messages: fc.oneof(fc.constant([{ role: "user", content: "hi" }]), fc.anything()),
          cache: fc.oneof(
            fc.anything(),
            fc.dictionary(fc.constantFrom("ttl", "no-cache", "s-maxage", "namespace", "__proto__", "x"), fc.anything()),
          ),
          stream: fc.anything(),
        })
        .map(
          (value) =>
            JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)) ?? "",
        ),
    );
    const path = fc.constantFrom(
      "/v1/chat/completions",
      "/v1/embeddings",
      "/v1/responses",
      "/v1/messages",
      "/v1/models/x:generateContent",
    );
    const control = fc.option(
      fc.string({ unit: fc.constantFrom(...Array.from('no-cachettl=0123,; "max')), maxLength: 20 }),
      {
        nil: undefined,
      },
    );
    await fc.assert(
      fc.asyncProperty(path, body, control, async (target, text, cacheControl) => {
        const headers = {
          ...(chat("").headers as Record<string, string>),
          ...(cacheControl !== undefined && { "cache-control": cacheControl }),
        };
        const response = await fetch(`${url}${target}`, { method: "POST", headers, body: text });
        await response.arrayBuffer();
        expect([200, 400, 403, 404]).toContain(response.status);
      }),
      { numRuns: 200 },
    );
  },
);

/** `test.each` hands out no context. */
async function run(
  work: (context: { onTestFinished(stop: () => Promise<void>): void }) => Promise<void>,
): Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  try {
    await work({ onTestFinished: (stop) => void stops.push(stop) });
  } finally {
    for (const stop of stops) await stop();
  }
}
