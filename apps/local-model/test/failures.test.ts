import { APIConnectionError, APIError } from "openai";
import { expect, test } from "vitest";
import type { Failure } from "../src/index.ts";
import { collect, start } from "./start.ts";

const body = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Why is the sky blue?" }] };

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable("it did not fail"),
    (error: unknown) => error,
  );
}

test("answers 429 with a time to retry at, in OpenAI's shape", async () => {
  const { client } = await start({ failure: { kind: "status", status: 429, retryAfter: 2.5 } });
  const error = await failureOf(client.chat.completions.create(body));
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: 429, type: "requests", code: "rate_limit_exceeded", param: null });
  const { headers } = error as APIError;
  expect([headers?.get("retry-after"), headers?.get("retry-after-ms")]).toEqual(["3", "2500"]);
});

test("answers 500, also to a stream, and recovers after as many failures as told", async () => {
  const { model, client } = await start({ failure: { kind: "status", status: 500, times: 2 } });
  expect(await failureOf(client.chat.completions.create(body))).toMatchObject({ status: 500, type: "server_error" });
  expect(await failureOf(client.chat.completions.create({ ...body, stream: true }))).toMatchObject({ status: 500 });
  await client.chat.completions.create(body);
  expect(model.calls).toMatchObject({ chat: 3, failed: 2 });
});

test("lets the SDK's own retry succeed", async () => {
  const { model, client } = await start(
    { failure: { kind: "status", status: 429, retryAfter: 0.001, times: 1 } },
    { maxRetries: 1 },
  );
  await client.chat.completions.create(body);
  expect(model.calls.chat).toBe(2);
});

test("fails only on the route that is named", async () => {
  const { client } = await start({ failure: { kind: "status", route: "embeddings" } });
  await client.chat.completions.create(body);
  expect(await failureOf(client.embeddings.create({ model: "text-embedding-3-small", input: "a" }))).toMatchObject({
    status: 500,
  });
});

const endings: [string, Failure][] = [
  ["reset", { kind: "reset" }],
  ["malformed", { kind: "malformed" }],
  ["turned into an error", { kind: "error-event" }],
];

test.each(endings)("begins a stream well and fails, when it is let go on, by being %s", async (_name, failure) => {
  const read = Promise.withResolvers<void>();
  const { client } = await start({
    failure,
    // A broken connection takes along what nobody has read.
    beforeEvent: (index) => (index === 3 ? read.promise : undefined),
  });
  const seen: unknown[] = [];
  const stream = await client.chat.completions.create({ ...body, stream: true });
  const reading = (async () => {
    for await (const chunk of stream) if (seen.push(chunk) === 3) read.resolve();
  })();
  await expect(reading).rejects.toThrow();
  expect(seen).toHaveLength(3);
});

test("cuts a stream before its end, which a client alone does not notice", async () => {
  const { client } = await start({ failure: { kind: "cut", afterEvents: 5 } });
  const chunks = await collect(await client.chat.completions.create({ ...body, stream: true }));
  expect(chunks).toHaveLength(5);
  expect(chunks.every((chunk) => chunk.choices[0]?.finish_reason === null)).toBe(true);
});

test("never lets a stream that fails reach its last event", async () => {
  const { model } = await start({ failure: { kind: "cut", afterEvents: 1000 } });
  const response = await fetch(`${model.url}/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer test" },
    body: JSON.stringify({ ...body, stream: true }),
  });
  expect(await response.text()).not.toContain("[DONE]");
});

test.each<Failure["kind"]>(["reset", "cut", "malformed", "error-event"])(
  "breaks an answer that is no stream: %s",
  async (kind) => {
    const { client } = await start({ failure: { kind } });
    await expect(client.chat.completions.create(body)).rejects.toThrow();
  },
);

test("sends an error event of responses in the shape that the SDK throws", async () => {
  const { client } = await start({ failure: { kind: "error-event", afterEvents: 4 } });
  const stream = await client.responses.create({ model: "gpt-4o-mini", input: "Why?", stream: true });
  await expect(collect(stream)).rejects.toThrow("told to answer");
});

test("hangs until the client gives up, and counts that as aborted", async () => {
  const { model, client } = await start({ failure: { kind: "hang" } }, { timeout: 50 });
  expect(await failureOf(client.chat.completions.create(body))).toBeInstanceOf(APIConnectionError);
  await expect.poll(() => model.calls).toMatchObject({ chat: 1, failed: 1, aborted: 1 });
});

test("hangs in the middle of a stream when told so", async () => {
  const { client } = await start({ failure: { kind: "hang", afterEvents: 4 } });
  const stream = await client.chat.completions.create({ ...body, stream: true });
  let seen = 0;
  for await (const _chunk of stream) {
    seen++;
    if (seen === 4) break;
  }
  expect(seen).toBe(4);
});
