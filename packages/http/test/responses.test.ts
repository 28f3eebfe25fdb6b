import type { ResponseStreamParams } from "openai/lib/responses/ResponseStream";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { expect, test } from "vitest";
import { cachedFetch } from "../src/index.ts";
import { collect, eventStream, json, post, scripted, start } from "./start.ts";

const ask = (input: string): ResponseCreateParamsNonStreaming => ({ model: "gpt-4o-mini", input });
const weather = {
  type: "function" as const,
  name: "get_weather",
  strict: null,
  parameters: { type: "object", properties: { city: { type: "string" } } },
};

const cases: readonly (readonly [string, ResponseCreateParamsNonStreaming, object?])[] = [
  ["a text", ask("Why is the sky blue?")],
  ["a call of a function", { ...ask("What is the weather in Oslo?"), tools: [weather], tool_choice: "required" }],
  ["reasoning", ask("Think."), { reasoning: "First this, then “that” 🐈‍⬛." }],
  ["log probabilities", { ...ask("Say yes."), include: ["message.output_text.logprobs"], top_logprobs: 2 }],
];

for (const [name, question, answer] of cases) {
  test(`a hit gives the client what the miss gave it: ${name}`, async () => {
    const { client, model } = await start({ behaviour: { answer } });
    const miss = await client.responses.create(question);
    expect(await client.responses.create(question)).toEqual(miss);
    expect(model.calls.responses).toBe(1);
  });

  test(`a replayed stream gives the client the same events: ${name}`, async () => {
    const { client, model } = await start({ behaviour: { answer } });
    const miss = await collect(await client.responses.create({ ...question, stream: true }));
    expect(await collect(await client.responses.create({ ...question, stream: true }))).toEqual(miss);
    expect(miss.at(-1)?.type).toBe("response.completed");
    expect(model.calls.responses).toBe(1);
  });

  test(`a recorded stream gives a plain caller the response that it ended with: ${name}`, async () => {
    const { client, model, cache } = await start({ behaviour: { answer } });
    const events = await collect(await client.responses.create({ ...question, stream: true }));
    await cache.flush();
    const { data, response } = await client.responses.create(question).withResponse();
    expect(response.headers.get("content-type")).toBe("application/json");
    const last = events.at(-1);
    const { output_text: _, _request_id: __, ...whole } = data as typeof data & { _request_id: unknown };
    expect(whole).toEqual(last?.type === "response.completed" ? last.response : undefined);
    expect(model.calls.responses).toBe(1);
  });

  test(`a plain answer gives the SDK's stream helper what it is: ${name}`, async () => {
    const { client, model, cache } = await start({ behaviour: { answer } });
    const plain = await client.responses.create(question);
    await cache.flush();
    const final = await client.responses.stream(question as ResponseStreamParams).finalResponse();
    const { output_parsed: _, ...rest } = final;
    const bare = (value: unknown) =>
      JSON.parse(
        JSON.stringify(value, (key, member: unknown) => (key.startsWith("parsed") ? undefined : member)),
      ) as object;
    expect(bare(rest)).toEqual(bare(plain));
    expect(model.calls.responses).toBe(1);
  });

  test(`a replayed plain answer has the events that the model sends, but for how its texts are cut: ${name}`, async () => {
    const { client, connect, cache } = await start({ behaviour: { answer } });
    const bare = connect({ fetch: globalThis.fetch });
    await client.responses.create(question);
    await cache.flush();
    const shapes = async (from: typeof client) => {
      const events = await collect(await from.responses.create({ ...question, stream: true }));
      expect(events.map((event) => event.sequence_number)).toEqual([...events.keys()]);
      const seen = events.map(({ ...event }) => {
        for (const member of ["delta", "obfuscation", "sequence_number", "logprobs"])
          Reflect.deleteProperty(event, member);
        return JSON.stringify(event, (key, value: unknown) => {
          // The API says null before it is known, the local model nothing.
          if (key === "usage" && value === null) return undefined;
          return /^(?:.*id|.*_at|logprob)$/.test(key) && value !== null ? 0 : value;
        });
      });
      return seen.filter((event, index) => event !== seen[index - 1]);
    };
    const sorted = (events: string[]) => events.map((event) => JSON.parse(event) as object);
    expect(sorted(await shapes(client))).toEqual(sorted(await shapes(bare)));
  });
}

test("callers who take turns, plain and streaming, cost one call of the model", async () => {
  const { client, model, cache } = await start();
  for (let round = 0; round < 4; round++) {
    if (round % 2 === 0) await client.responses.create(ask("Turns?"));
    else await collect(await client.responses.create({ ...ask("Turns?"), stream: true }));
    await cache.flush();
  }
  expect(model.calls.responses).toBe(1);
});

const url = "https://models.test/v1/responses";
const message = (...content: object[]) => ({
  id: "msg_1",
  type: "message",
  status: "completed",
  role: "assistant",
  content,
});
const said = { type: "output_text", text: "Hello.", annotations: [] };
const response = (changes: object = {}) => ({
  id: "resp_1",
  object: "response",
  status: "completed",
  error: null,
  incomplete_details: null,
  output: [message(said)],
  ...changes,
});

/** Asks twice, and tells how often the upstream was asked. */
async function askedOf(
  upstream: () => Response,
  body: object,
): Promise<{ asked: number; statuses: (string | null)[] }> {
  const { cache } = await start();
  const { fetch, requests } = scripted(upstream);
  const cached = cachedFetch(cache, { fetch });
  const statuses: (string | null)[] = [];
  for (let round = 0; round < 2; round++) {
    const received = await cached(url, post(body));
    statuses.push(received.headers.get("cache-status"));
    await received.text();
    await cache.flush();
  }
  return { asked: requests.length, statuses };
}

const bypassed: Record<string, object> = {
  "work in the background": { background: true },
  "an earlier response": { previous_response_id: "resp_0" },
  "a conversation": { conversation: "conv_1" },
  "a conversation as an object": { conversation: { id: "conv_1" } },
  "the newest version of a prompt": { prompt: { id: "pmpt_1" } },
  "an item that the vendor keeps": { input: [{ type: "item_reference", id: "msg_0" }] },
  "an item that the vendor keeps, without its type": { input: [{ id: "msg_0" }] },
  "a search of the web": { tools: [{ type: "web_search" }] },
  "a search of files": { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] },
  "a server of tools": { tools: [weather, { type: "mcp", server_label: "s" }] },
  "code that is run": { tools: [{ type: "code_interpreter", container: { type: "auto" } }] },
  "no input": { input: undefined },
  "a stream that is neither": { stream: "yes" },
};

for (const [name, body] of Object.entries(bypassed)) {
  test(`a request goes past the cache when its answer depends on more than itself: ${name}`, async () => {
    const { asked, statuses } = await askedOf(() => json(response()), { ...ask("?"), ...body });
    expect(asked).toBe(2);
    expect(statuses[1]).toBe("llmcache; fwd=bypass; detail=not-cacheable");
  });
}

const cacheable: Record<string, object> = {
  "a version of a prompt": { input: undefined, prompt: { id: "pmpt_1", version: "3" } },
  "state that is none": {
    background: false,
    previous_response_id: null,
    conversation: null,
    prompt: null,
    store: true,
  },
  "earlier turns in the input": {
    input: [{ role: "user", content: "a" }, message(said), { type: "function_call_output", call_id: "c", output: "1" }],
  },
  "tools that the client calls": { tools: [weather, { type: "custom", name: "c" }] },
};

for (const [name, body] of Object.entries(cacheable)) {
  test(`a request that says all it depends on is cached: ${name}`, async () => {
    expect((await askedOf(() => json(response()), { ...ask("?"), ...body })).asked).toBe(1);
  });
}

const incomplete: Record<string, object> = {
  "cut off": { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
  failed: { status: "failed", error: { code: "server_error" } },
  queued: { status: "queued", output: [] },
  cancelled: { status: "cancelled" },
  "completed with an error": { error: { code: "server_error" } },
  empty: { output: [] },
  "empty but for its reasoning": {
    output: [{ id: "rs_1", type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] }],
  },
  "an empty text": { output: [message({ ...said, text: "" })] },
  refused: { output: [message({ type: "refusal", refusal: "No." })] },
  "refused after a text": { output: [message(said, { type: "refusal", refusal: "No." })] },
  "made with a tool of its prompt's that the vendor called": { tools: [{ type: "web_search" }] },
  "an item that is incomplete": { output: [{ ...message(said), status: "incomplete" }] },
};

const event = (type: string, members: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
const created = event("response.created", { response: response({ status: "in_progress", output: [] }) });

for (const [name, changes] of Object.entries(incomplete)) {
  test(`a response is passed on and not stored: ${name}`, async () => {
    expect((await askedOf(() => json(response(changes)), ask("?"))).asked).toBe(2);
    const pieces = [created, event("response.completed", { response: response(changes) })];
    expect((await askedOf(() => eventStream(...pieces), { ...ask("?"), stream: true })).asked).toBe(2);
  });
}

const completed = event("response.completed", { response: response() });
const broken: Record<string, string[]> = {
  "it lacks its end": [created],
  "its end is cut": [created, completed.slice(0, -1)],
  "it failed": [created, event("response.failed", { response: response() })],
  "it is incomplete": [created, event("response.incomplete", { response: response() })],
  "it holds an error": [created, event("error", { message: "overloaded" }), completed],
  "it holds an error without a type": [created, 'event: error\ndata: {"message":"overloaded"}\n\n', completed],
  "an event is no JSON": [created, "data: {,\n\n", completed],
};

for (const [name, pieces] of Object.entries(broken)) {
  test(`a stream is passed on and not stored when ${name}`, async () => {
    expect((await askedOf(() => eventStream(...pieces), { ...ask("?"), stream: true })).asked).toBe(2);
  });
}

test("a stream that ends with the response is stored, its events named or not", async () => {
  for (const pieces of [[created, completed], [created, completed].map((text) => text.replace(/^event.*\n/, ""))])
    expect((await askedOf(() => eventStream(...pieces), { ...ask("?"), stream: true })).asked).toBe(1);
});

const unplaceable: Record<string, object> = {
  annotations: { output: [message({ ...said, annotations: [{ type: "url_citation" }] })] },
  "a part that is not known": { output: [message({ ...said, extra: 1 })] },
  "an item that is not known": {
    output: [{ id: "ig_1", type: "image_generation_call", status: "completed", result: "" }],
  },
  "an item without an id": { output: [{ ...message(said), id: undefined }] },
};

for (const [name, changes] of Object.entries(unplaceable)) {
  test(`a plain response is no stream where its events are not certain: ${name}`, async () => {
    const { cache } = await start();
    const { fetch, requests } = scripted(() => json(response(changes)));
    const cached = cachedFetch(cache, { fetch });
    for (const stream of [false, false, true]) {
      await (await cached(url, post({ ...ask("?"), stream }))).text();
      await cache.flush();
    }
    expect(requests).toHaveLength(2);
  });
}

for (const kind of ["reset", "cut", "malformed", "error-event"] as const) {
  test(`through the SDK, a stream that ends with ${kind} is never kept`, async () => {
    const { client, model, cache } = await start({ behaviour: { failure: { kind } } });
    for (let round = 0; round < 2; round++) {
      await client.responses
        .create({ ...ask("?"), stream: true })
        .then(collect)
        .catch(() => undefined);
      await cache.flush();
    }
    expect(model.calls.responses).toBe(2);
  });
}
