import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { crc32 } from "node:zlib";
import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk";
import { AnthropicVertex } from "@anthropic-ai/vertex-sdk";
import { expect, onTestFinished, test } from "vitest";
import { anthropicMiddleware, type CachingOptions } from "../src/index.ts";
import { message, text } from "./corpus/messages.ts";
import { plainData } from "./differential.ts";
import { collect, start } from "./start.ts";

const question = {
  model: "claude-opus-5",
  max_tokens: 1024,
  messages: [{ role: "user" as const, content: "Hello?" }],
};
const answer = message([text("Hel", "lo „Grüße“ 🐈‍⬛.")]);

/** A frame of an AWS event stream (docs.aws.amazon.com, "event stream encoding"): lengths, headers, payload, and a checksum after each part. */
function frame(event: string): Buffer {
  const payload = Buffer.from(JSON.stringify({ bytes: Buffer.from(event).toString("base64") }));
  const headers = Buffer.concat(
    Object.entries({ ":event-type": "chunk", ":content-type": "application/json", ":message-type": "event" }).map(
      ([name, value]) =>
        Buffer.concat([
          Buffer.of(name.length),
          Buffer.from(name),
          Buffer.of(7, value.length >> 8, value.length & 255),
          Buffer.from(value),
        ]),
    ),
  );
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const lengths = Buffer.concat([number(16 + headers.length + payload.length), number(headers.length)]);
  const whole = Buffer.concat([lengths, number(crc32(lengths)), headers, payload]);
  return Buffer.concat([whole, number(crc32(whole))]);
}

/** The endpoints of Bedrock and of Vertex. */
async function serveBackends() {
  const requests: { readonly path: string; readonly authorization: string | undefined; readonly body: string }[] = [];
  const serveOne = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const piece of request) body += String(piece);
    const path = decodeURIComponent(request.url ?? "");
    requests.push({ path, authorization: request.headers.authorization, body });
    if (/:rawPredict$|\/invoke$/.test(path))
      response.writeHead(200, { "content-type": "application/json" }).end(answer.plain);
    else if (path.endsWith(":streamRawPredict"))
      response.writeHead(200, { "content-type": "text/event-stream" }).end(answer.stream);
    else if (path.endsWith("/invoke-with-response-stream")) {
      response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
      for (const [, event] of answer.stream.matchAll(/^data: (.*)$/gm)) response.write(frame(event ?? ""));
      response.end();
    } else response.writeHead(404).end();
  };
  const server = createServer((request, response) => void serveOne(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const googleAuth = {
  projectId: "project-1",
  getRequestHeaders: async () => new Headers({ authorization: "Bearer ya29.test" }),
};

const clients = {
  Bedrock: (baseURL: string, middleware: ReturnType<typeof anthropicMiddleware>, tenant = "a") =>
    new AnthropicBedrock({
      baseURL,
      awsRegion: "us-east-1",
      awsAccessKey: `key-${tenant}`,
      awsSecretKey: "secret",
      maxRetries: 0,
      middleware: [middleware],
    }),
  Vertex: (baseURL: string, middleware: ReturnType<typeof anthropicMiddleware>) =>
    new AnthropicVertex({
      baseURL,
      region: "us-east5",
      projectId: "project-1",
      authClient: googleAuth as never,
      maxRetries: 0,
      middleware: [middleware],
    }),
};

for (const [name, connect] of Object.entries(clients)) {
  const startBackend = async (options?: CachingOptions) => {
    const { cache, settle } = await start();
    const { origin, requests } = await serveBackends();
    return { client: connect(origin, anthropicMiddleware(cache, options)), requests, settle };
  };

  test(`${name}'s client gets hits, plain and streamed from one entry, and signs what is sent`, async () => {
    for (const streamFirst of [false, true]) {
      const { client, requests, settle } = await startBackend({ scope: "tenant" });
      const stream = async () => collect(await client.messages.create({ ...question, stream: true }));
      if (streamFirst) expect(await settle(stream())).toEqual(await settle(stream()));
      const plain = await settle(client.messages.create(question));
      const { parsed_output: _, ...final } = await client.messages.stream(question).finalMessage();
      expect(plainData(final)).toEqual(plainData(plain));
      expect(plainData(plain)).toEqual(JSON.parse(answer.plain));
      expect(requests).toHaveLength(1);
      expect(requests[0]?.authorization).toMatch(/^(?:AWS4-HMAC-SHA256 |Bearer ya29)/);
      expect(requests[0]?.path).toContain("claude-opus-5");
      expect(JSON.parse(requests[0]?.body ?? "")).toHaveProperty("anthropic_version");
    }
  });

  test(`${name}'s credential is not seen, so that without a scope the call goes past the cache`, async () => {
    const { client, requests } = await startBackend();
    for (let round = 0; round < 2; round++) {
      const { response } = await client.messages.create(question).withResponse();
      expect(response.headers.get("cache-status")).toBe("llmcache; fwd=bypass; detail=credential-without-scope");
    }
    expect(requests).toHaveLength(2);
  });
}

test("a key of Bedrock's own is seen, and is a tenant", async () => {
  const { cache } = await start();
  const { origin, requests } = await serveBackends();
  for (const apiKey of ["one", "two", "one"]) {
    const middleware = [anthropicMiddleware(cache)];
    await new AnthropicBedrock({ baseURL: origin, apiKey, maxRetries: 0, middleware }).messages.create(question);
    await cache.flush();
  }
  expect(requests).toHaveLength(2);
});

test("options that are unknown or wrong are refused by name", async () => {
  const { cache } = await start();
  expect(() => anthropicMiddleware(cache, { fetch: globalThis.fetch } as object)).toThrow(
    'anthropicMiddleware: unknown option "fetch"; known are scope, headersThatCount, controls',
  );
  expect(() => anthropicMiddleware({} as never)).toThrow("anthropicMiddleware: the first argument must be a Cache");
});
