import { GoogleGenAI, type GenerateContentParameters, type GenerateContentResponse } from "@google/genai";
import { expect, test } from "vitest";
import { cachedFetch, type Fetch } from "../src/index.ts";
import { contents, unclear } from "./corpus/generate-content.ts";
import { differential, plainData } from "./differential.ts";
import { type BenchOptions, collect, eventStream, joined, json, scripted, start } from "./start.ts";

const connect = (baseUrl: string, fetch: Fetch, apiKey = "test-key") =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl, fetch } });

/** The client shows the response's headers, of which some are ours. */
function bare({ sdkHttpResponse: _, ...response }: GenerateContentResponse): object {
  return response;
}

/** What a program can tell of the events of a stream as of one whole answer: who says what, in which order, and how it ends. */
function summaryOf(events: readonly GenerateContentResponse[]): object {
  const said: Record<string, string> = {};
  const add = (name: string, piece: string) => (said[name] = `${said[name] ?? ""}${piece}`);
  for (const { candidates = [] } of events) {
    for (const { index = 0, content, finishReason, logprobsResult, safetyRatings } of candidates) {
      for (const { text, thought = false, ...other } of content?.parts ?? []) {
        add(`${index} ${thought ? "thinks" : "says"}`, text ?? "");
        if (Object.keys(other).length > 0) add(`${index} adds`, JSON.stringify(other));
      }
      for (const { token } of logprobsResult?.chosenCandidates ?? []) add(`${index} chooses`, `${token},`);
      add(`${index} ends`, JSON.stringify([finishReason, safetyRatings]).replace("[null,null]", ""));
    }
  }
  const { usageMetadata, modelVersion, responseId } = events.at(-1) ?? {};
  return { said, usageMetadata, modelVersion, responseId };
}

differential<GenerateContentParameters>(
  {
    isStream: ({ url }) => url?.includes(":streamGenerateContent") === true,
    summary: (plain) => summaryOf([plain as GenerateContentResponse]),
    connect: (origin, fetch) => {
      const { models } = connect(origin, fetch);
      return {
        plain: async (params) => bare(await models.generateContent(params)),
        events: async (params) => (await collect(await models.generateContentStream(params))).map(bare),
        final: async (params) => summaryOf(await collect(await models.generateContentStream(params))),
      };
    },
  },
  contents,
);

function shown(answer: GenerateContentResponse | readonly GenerateContentResponse[] | undefined): unknown {
  return plainData([answer ?? []].flat().map((response) => bare(response)));
}

const ask = (text: string): GenerateContentParameters => ({ model: "gemini-2.5-flash", contents: text });

async function startGemini(options: BenchOptions = {}) {
  const bench = await start(options);
  return { ...bench, client: connect(bench.model.origin, bench.fetch) };
}

test("a plain caller and a streaming one share an entry, and are told what they would be without the cache", async () => {
  for (const streamFirst of [false, true]) {
    const { client, model, settle } = await startGemini({
      behaviour: { answer: { reasoning: "Hm. “So.”", text: "Yes, „ja“ 🐈‍⬛." } },
    });
    const plain = () => settle(client.models.generateContent(ask("Why?")));
    const stream = () => settle(client.models.generateContentStream(ask("Why?")).then(collect));
    const told = streamFirst
      ? [await stream(), await plain(), await stream()]
      : [await plain(), await stream(), await plain()];
    for (const answer of told)
      expect(
        [answer]
          .flat()
          .map(({ text }) => text ?? "")
          .join(""),
      ).toBe("Yes, „ja“ 🐈‍⬛.");
    expect(shown(told[2])).toEqual(shown(told[0]));
    expect(model.calls.gemini).toBe(1);
    const without = await connect(model.origin, globalThis.fetch).models.generateContent(ask("Why?"));
    const whole = told.find((answer) => !Array.isArray(answer)) as GenerateContentResponse;
    expect(plainData({ ...bare(whole), responseId: "" })).toEqual(plainData({ ...bare(without), responseId: "" }));
  }
});

test("a chat with calls of functions is answered from the cache turn by turn", async () => {
  const { client, model, settle } = await startGemini();
  const declaration = {
    name: "get_weather",
    parametersJsonSchema: { type: "object", properties: { city: { type: "string" } } },
  };
  for (let round = 0; round < 2; round++) {
    const chat = client.chats.create({
      model: "gemini-2.5-flash",
      config: { tools: [{ functionDeclarations: [declaration] }] },
    });
    const asked = await settle(chat.sendMessage({ message: "What is the weather in Oslo?" }));
    expect(asked.functionCalls).toMatchObject([{ name: "get_weather" }]);
    const response = { functionResponse: { name: "get_weather", response: { degrees: 12 } } };
    const told = await settle(chat.sendMessage({ message: [response] }));
    expect(told.text).toBe('The tool says: {"degrees":12}');
  }
  expect(model.calls.gemini).toBe(2);
});

test("concurrent identical calls cost one call of the model", async () => {
  const { client, model, cache } = await startGemini();
  model.update({ beforeEvent: () => joined(cache, 2) });
  const answers = await Promise.all([1, 2, 3].map(() => client.models.generateContent(ask("Together?"))));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(model.calls.gemini).toBe(1);
});

test("errors and broken streams are the client's own, and are not kept", async () => {
  const { client, model } = await startGemini({ behaviour: { failure: { kind: "status", status: 503 } } });
  await expect(client.models.generateContent(ask("?"))).rejects.toMatchObject({ status: 503 });
  for (const kind of ["cut", "reset", "malformed", "error-event"] as const) {
    model.reset();
    model.update({ failure: { kind } });
    for (let round = 0; round < 2; round++) {
      await client.models
        .generateContentStream(ask("Broken?"))
        .then(collect)
        .catch(() => undefined);
    }
    expect(model.calls.gemini).toBe(2);
  }
});

for (const answer of [
  { finishReason: "length" },
  { finishReason: "content_filter" },
  { text: "" },
  { refusal: "No." },
] as const) {
  test(`${JSON.stringify(answer)} is given to the client and never kept`, async () => {
    const { client, model, settle } = await startGemini({ behaviour: { answer } });
    for (let round = 0; round < 2; round++) {
      await settle(client.models.generateContent(ask("Keep?")));
      await settle(client.models.generateContentStream(ask("Keep?")).then(collect));
    }
    expect(model.calls.gemini).toBe(4);
  });
}

test("the key, in a header or in the URL, is a tenant, and is nowhere to be seen", async () => {
  const { cache, events, model } = await start();
  const cached = cachedFetch(cache);
  const url = `${model.origin}/v1beta/models/gemini-2.5-flash:generateContent`;
  const body = JSON.stringify({ contents: [{ parts: [{ text: "Who?" }] }] });
  const seen: string[] = [];
  for (const key of ["AIzaSecretOne", "AIzaSecretTwo", "AIzaSecretOne"]) {
    for (const [where, headers] of [
      [url, { "x-goog-api-key": key }],
      [`${url}?key=${key}`, {}],
    ] as const) {
      const response = await cached(where, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
      await response.text();
      await cache.flush();
      seen.push(JSON.stringify([...response.headers]));
    }
  }
  expect(model.calls.gemini).toBe(4);
  expect(`${seen.join()} ${JSON.stringify(events)}`).not.toMatch(/AIza/);
});

const base = "https://generativelanguage.googleapis.test/v1beta/models/gemini-2.5-flash";
const question = { contents: [{ parts: [{ text: "?" }] }] };

/** Sends to one method after the other, and tells how often the upstream was asked, and what they were told. */
async function tell(upstream: () => Response, methods: readonly string[], body: object = question) {
  const { cache } = await start();
  const { fetch, requests } = scripted(upstream);
  const cached = cachedFetch(cache, { fetch });
  const told: { status: string | null; type: string | null; text: string }[] = [];
  for (const method of methods) {
    const response = await cached(`${base}:${method}`, {
      method: "POST",
      headers: { "x-goog-api-key": "k" },
      body: JSON.stringify(body),
    });
    const { headers } = response;
    told.push({ status: headers.get("cache-status"), type: headers.get("content-type"), text: await response.text() });
    await cache.flush();
  }
  return { asked: requests.length, told };
}

const plain = "generateContent";
const sse = "streamGenerateContent?alt=sse";
const array = "streamGenerateContent";

for (const [name, { stream }] of Object.entries(unclear)) {
  test(`a recording is no answer for a plain caller where it is not certain what it would be: ${name}`, async () => {
    expect((await tell(() => eventStream(stream), [sse, sse])).asked).toBe(1);
    expect((await tell(() => eventStream(stream), [sse, plain])).asked).toBe(2);
  });
}

test("the array that a stream comes as without alt=sse is passed on element by element, and serves all three", async () => {
  const chunks = (contents[0]?.stream ?? "").match(/(?<=^data: ).*$/gm) ?? [];
  const body = `[${chunks.join("\n,\r\n")}\n]\n`;
  const answer = () => new Response(body, { headers: { "content-type": "application/json; charset=UTF-8" } });
  const { asked, told } = await tell(answer, [array, array, sse, plain]);
  expect(asked).toBe(1);
  expect(told[1]?.text).toBe(body);
  expect(told[2]?.text).toBe(contents[0]?.stream);
  expect(told[2]?.type).toBe("text/event-stream; charset=utf-8");
  expect(JSON.parse(told[3]?.text ?? "")).toEqual(JSON.parse(contents[0]?.plain ?? ""));
});

test("a plain answer serves both kinds of streams, and a stream of events only its own kind", async () => {
  const whole = contents[0]?.plain ?? "";
  const { asked, told } = await tell(() => json(whole), [plain, array, sse]);
  expect(asked).toBe(1);
  expect(JSON.parse(told[1]?.text ?? "")).toEqual([JSON.parse(whole)]);
  expect(told[1]?.type).toBe("application/json; charset=UTF-8");
  expect(told[2]?.text).toBe(`data: ${whole}\n\n`);
  expect((await tell(() => eventStream(contents[0]?.stream ?? ""), [sse, array])).asked).toBe(2);
});

test("a form of answer that is none of these is no hit of theirs", async () => {
  const { asked, told } = await tell(
    () => json(contents[0]?.plain),
    [plain, "generateContent?alt=json", "generateContent?alt=sse", "generateContent?alt=proto"],
  );
  expect(asked).toBe(3);
  expect(told[1]?.status).toMatch(/^llmcache; hit/);
});

test("an array arrives as it is made, and is not kept when it breaks off", async () => {
  const { cache, model } = await start({ behaviour: { bytesPerWrite: 7 } });
  const cached = cachedFetch(cache);
  const read = () =>
    cached(`${model.origin}/v1beta/models/m:${array}`, {
      method: "POST",
      headers: { "x-goog-api-key": "k" },
      body: JSON.stringify(question),
    });
  const gate = Promise.withResolvers<void>();
  model.update({ beforeEvent: (index) => (index === 2 ? gate.promise : undefined) });
  const reader = (await read()).body?.pipeThrough(new TextDecoderStream()).getReader();
  const first = await reader?.read();
  expect(JSON.parse(`${first?.value}]`)).toHaveLength(1);
  gate.resolve();
  let text = first?.value ?? "";
  for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) text += piece.value;
  await cache.flush();
  expect(await (await read()).text()).toBe(text);
  expect(model.calls.gemini).toBe(1);
  await cache.clear();
  model.update({ beforeEvent: undefined, failure: { kind: "cut" } });
  for (let round = 0; round < 2; round++) await (await read()).text().then(() => cache.flush());
  expect(model.calls.gemini).toBe(3);
});

const bypassed: Record<string, object> = {
  "a search of the web": { tools: [{ googleSearch: {} }] },
  "a search of the web, by its other name": { tools: [{ functionDeclarations: [] }, { google_search: {} }] },
  "pages of the web": { tools: [{ urlContext: {} }] },
  "code that is run": { tools: [{ codeExecution: {} }] },
  "a content that the vendor keeps": { cachedContent: "cachedContents/1" },
  "a content that the vendor keeps, by its other name": { cached_content: "cachedContents/1" },
  "a member that the key would leave out": { stream: true },
  "no contents": { contents: undefined },
};

for (const [name, body] of Object.entries(bypassed)) {
  test(`a request goes past the cache when its answer depends on more than itself: ${name}`, async () => {
    const { asked, told } = await tell(() => json(contents[0]?.plain), [plain, plain], { ...question, ...body });
    expect(asked).toBe(2);
    expect(told[1]?.status).toBe("llmcache; fwd=bypass; detail=not-cacheable");
  });
}

const candidate = { content: { parts: [{ text: "Hi." }], role: "model" }, finishReason: "STOP" };
const incomplete: Record<string, object> = {
  blocked: { promptFeedback: { blockReason: "SAFETY" } },
  "blocked beside a candidate": { candidates: [candidate], promptFeedback: { blockReason: "OTHER" } },
  "without a candidate": { candidates: [] },
  "without a reason to end": { candidates: [{ ...candidate, finishReason: undefined }] },
  recited: { candidates: [{ ...candidate, finishReason: "RECITATION" }] },
  "a call that went wrong": { candidates: [{ ...candidate, finishReason: "MALFORMED_FUNCTION_CALL" }] },
  "one candidate of two cut off": { candidates: [candidate, { ...candidate, index: 1, finishReason: "MAX_TOKENS" }] },
  "empty but for its thoughts": {
    candidates: [{ ...candidate, content: { parts: [{ text: "Hm.", thought: true }] } }],
  },
  "empty but for a signature": {
    candidates: [{ ...candidate, content: { parts: [{ text: "", thoughtSignature: "a" }] } }],
  },
  "an error": { error: { code: 500, message: "internal", status: "INTERNAL" } },
};

for (const [name, body] of Object.entries(incomplete)) {
  test(`an answer is passed on and not stored: ${name}`, async () => {
    expect((await tell(() => json(body), [plain, plain])).asked).toBe(2);
    expect((await tell(() => eventStream(`data: ${JSON.stringify(body)}\n\n`), [sse, sse])).asked).toBe(2);
  });
}

test("fewer candidates than were asked for are not stored, nor is a stream that breaks off in an event", async () => {
  const body = { ...question, generation_config: { candidate_count: 2 } };
  expect((await tell(() => json({ candidates: [candidate] }), [plain, plain], body)).asked).toBe(2);
  const text = `data: ${JSON.stringify({ candidates: [candidate] })}\n\n`;
  expect((await tell(() => eventStream(text), [sse, sse])).asked).toBe(1);
  expect((await tell(() => eventStream(text, 'data: {"usage'), [sse, sse])).asked).toBe(2);
});

test("models and versions are told apart, streams and plain answers are not", async () => {
  const { cache } = await start();
  const { fetch, requests } = scripted(() => json({ candidates: [candidate], usageMetadata: {} }));
  const cached = cachedFetch(cache, { fetch });
  const places = [
    "v1beta/models/a",
    "v1beta/models/b",
    "v1/models/a",
    "v1/projects/p/locations/l/publishers/google/models/a",
  ];
  for (const place of [...places, ...places]) {
    const init = { method: "POST", headers: { "x-goog-api-key": "k" }, body: JSON.stringify(question) };
    await (await cached(`https://g.test/${place}:generateContent`, init)).text();
    await cache.flush();
  }
  expect(requests).toHaveLength(4);
});

test("models of one group are told apart all the same, because it is the URL that names them", async () => {
  const { cache } = await start({ cache: { modelGroups: [["a", "b"]] } });
  const { fetch, requests } = scripted(() => json({ candidates: [candidate], usageMetadata: {} }));
  const cached = cachedFetch(cache, { fetch });
  for (const model of ["a", "b", "a", "b"]) {
    const init = { method: "POST", headers: { "x-goog-api-key": "k" }, body: JSON.stringify(question) };
    await (await cached(`https://g.test/v1beta/models/${model}:generateContent`, init)).text();
    await cache.flush();
  }
  expect(requests).toHaveLength(2);
});
