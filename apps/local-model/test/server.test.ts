import { expect, test } from "vitest";
import { startLocalModel } from "../src/index.ts";
import { collect, start } from "./start.ts";

const body = { model: "gpt-4o-mini", messages: [{ role: "user" as const, content: "Why is the sky blue?" }] };

test("refuses a request without an Authorization header", async () => {
  const { model } = await start();
  const response = await fetch(`${model.url}/chat/completions`, { method: "POST", body: JSON.stringify(body) });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: { type: "invalid_request_error", param: null, code: null } });
  expect(model.calls.chat).toBe(0);
});

test("lists its models", async () => {
  const { client } = await start();
  const listed = await collect(client.models.list());
  expect(listed.map((item) => item.id)).toContain("gpt-4o-mini");
  expect(await client.models.retrieve("gpt-4o-mini")).toEqual(listed.find((item) => item.id === "gpt-4o-mini"));
  await expect(client.models.retrieve("none")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
});

test("sends the headers of the real API, new ones on each call", async () => {
  const { client } = await start();
  const [first, second] = await Promise.all([1, 2].map(async () => client.chat.completions.create(body).asResponse()));
  for (const name of ["x-request-id", "set-cookie"]) {
    expect(first?.headers.get(name)).toBeTruthy();
    expect(second?.headers.get(name)).not.toBe(first?.headers.get(name));
  }
  expect(first?.headers.get("openai-processing-ms")).toMatch(/^\d+$/);
  expect(first?.headers.get("x-ratelimit-remaining-requests")).toMatch(/^\d+$/);
  expect(first?.headers.get("content-encoding")).toBe("gzip");
});

test("says what is wrong with a request", async () => {
  const { model, client } = await start();
  const post = async (path: string, text: string) => {
    const response = await fetch(`${model.url}${path}`, {
      method: "POST",
      headers: { authorization: "Bearer test" },
      body: text,
    });
    const { error } = (await response.json()) as { error: { param: string | null } };
    return [response.status, error.param];
  };
  expect(await post("/chat/completions", "{")).toEqual([400, null]);
  expect(await post("/chat/completions", "[]")).toEqual([400, null]);
  expect(await post("/chat/completions", "{}")).toEqual([400, "model"]);
  expect(await post("/chat/completions", '{"model":"m"}')).toEqual([400, "messages"]);
  expect(await post("/responses", '{"model":"m"}')).toEqual([400, "input"]);
  expect(await post("/completions", '{"model":"m","prompt":[1,"a"]}')).toEqual([400, "prompt"]);
  expect(await post("/elsewhere", "{}")).toEqual([404, null]);
  await expect(client.get("/chat/completions")).rejects.toMatchObject({ status: 404 });
});

test("counts what reached each route, remembers it, and forgets both on reset", async () => {
  const { model, client } = await start();
  await client.chat.completions.create(body);
  await client.responses.create({ model: "gpt-4o-mini", input: "Why?" });
  await client.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: "Why?" });
  await client.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
  await client.models.list();
  expect(model.calls).toMatchObject({
    chat: 1,
    responses: 1,
    completions: 1,
    embeddings: 1,
    embeddingInputs: 2,
    models: 1,
    failed: 0,
    aborted: 0,
  });
  expect(model.requests.map((request) => request.path)).toEqual([
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/models",
  ]);
  expect(model.requests[0]).toMatchObject({ method: "POST", body, headers: { authorization: "Bearer test" } });
  model.update({ answer: { text: "Changed." } });
  model.reset();
  expect(model.requests).toEqual([]);
  expect(model.calls.chat).toBe(0);
  expect((await client.chat.completions.create(body)).choices[0]?.message.content).toMatch(/^Sunlight/);
});

test("stops writing when the client leaves, and counts it", async () => {
  const waiting = Promise.withResolvers<void>();
  const reached: number[] = [];
  const { model, client } = await start({
    beforeEvent: (index) => {
      reached.push(index);
      return index === 3 ? waiting.promise : undefined;
    },
  });
  const stream = await client.chat.completions.create({ ...body, stream: true });
  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
  await expect.poll(() => model.calls.aborted).toBe(1);
  waiting.resolve();
  await client.models.list();
  expect(reached).toEqual([0, 1, 2, 3]);
});

test("holds an answer for as long as a test wants", async () => {
  const gate = Promise.withResolvers<void>();
  const { model, client } = await start({ beforeEvent: () => gate.promise });
  let answered = false;
  const answers = Promise.all([1, 2, 3].map(() => client.chat.completions.create(body))).then(() => (answered = true));
  await expect.poll(() => model.calls.chat).toBe(3);
  expect(answered).toBe(false);
  gate.resolve();
  await answers;
});

test("takes its time to the first token and between tokens", async () => {
  const { client } = await start({
    firstTokenMs: 30,
    tokensPerSecond: 500,
    answer: { text: "one two three four five" },
  });
  const startedAt = performance.now();
  await collect(await client.chat.completions.create({ ...body, stream: true }));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(39);
});

test("refuses a behaviour that it does not know", async () => {
  await expect(startLocalModel({ latency: 0 } as object)).rejects.toThrow('unknown behaviour "latency"');
});

test("closes while an answer is on its way", async () => {
  const { model, client } = await start({ failure: { kind: "hang" } });
  const asked = client.chat.completions.create(body).catch((error: unknown) => error);
  await expect.poll(() => model.calls.chat).toBe(1);
  await model.close();
  expect(await asked).toBeInstanceOf(Error);
});
