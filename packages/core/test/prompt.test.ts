import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Call, deriveKey } from "../src/key.ts";
import { promptOf } from "../src/prompt.ts";
import { anyJson, anyString, objectOf } from "./support/arbitrary-values.ts";
import { changedSomewhere } from "./support/changed.ts";

const user = (content: unknown, rest: object = {}): object => ({ role: "user", content, ...rest });
const chat = (...messages: unknown[]): Call => ({ operation: "chat", params: { model: "m", messages } });
const image = { type: "image_url", image_url: { url: "https://a.example/cat.png" } };

test.each<[string, Call, string]>([
  ["the text of the last user message", chat({ role: "system", content: "Be brief." }, user("Hi?")), "Hi?"],
  [
    "the text parts of the last user message",
    chat(user([{ type: "text", text: "What" }, image, { type: "text", text: "is this?" }])),
    "What\nis this?",
  ],
  ["text parts without a type", chat(user([{ text: "Hi?" }])), "Hi?"],
  ["the empty text", chat(user("")), ""],
  [
    "text beside a tool's result, as Anthropic sends it",
    chat(
      user([
        { type: "tool_result", tool_use_id: "t", content: "42" },
        { type: "text", text: "So?" },
      ]),
    ),
    "So?",
  ],
  ["the input of a response", { operation: "responses", params: { input: "Hi?", instructions: "Be brief." } }, "Hi?"],
  [
    "the last input item",
    { operation: "responses", params: { input: [user("a"), user([{ type: "input_text", text: "Hi?" }])] } },
    "Hi?",
  ],
  [
    "the text of a message item",
    {
      operation: "responses",
      params: {
        input: [
          { type: "reasoning", summary: [] },
          { type: "message", ...user([{ type: "input_text", text: "Hi?" }]) },
        ],
      },
    },
    "Hi?",
  ],
  [
    "the text beside what Responses calls an image and a file",
    {
      operation: "responses",
      params: {
        input: [
          user([
            { type: "input_image", image_url: "i" },
            { type: "input_text", text: "Hi?" },
            { type: "input_file", file_id: "f" },
          ]),
        ],
      },
    },
    "Hi?",
  ],
  [
    "the text of an Anthropic message, whose system prompt is elsewhere",
    {
      operation: "messages",
      params: {
        system: [{ type: "text", text: "Be brief." }],
        messages: [user([{ type: "text", text: "Hi?", cache_control: {} }])],
      },
    },
    "Hi?",
  ],
  [
    "the text beside an Anthropic document and image",
    {
      operation: "messages",
      params: {
        messages: [
          user([
            { type: "document", source: { type: "text", media_type: "text/plain", data: "The whole book." } },
            { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
            { type: "text", text: "Hi?" },
          ]),
        ],
      },
    },
    "Hi?",
  ],
  [
    "the text of Gemini's last turn",
    {
      operation: "generateContent",
      params: {
        contents: [
          { role: "user", parts: [{ text: "a" }] },
          { role: "model", parts: [{ text: "b" }] },
          { role: "user", parts: [{ text: "Hi" }, { inlineData: {} }, { text: "there?" }] },
        ],
      },
    },
    "Hi\nthere?",
  ],
  [
    "a turn of Gemini's that names no role",
    { operation: "generateContent", params: { contents: [{ parts: [{ text: "Hi?" }] }] } },
    "Hi?",
  ],
  ["contents that are text", { operation: "generateContent", params: { contents: "Hi?" } }, "Hi?"],
  [
    "the text of the AI SDK's prompt",
    { operation: "chat", params: { prompt: [user([{ type: "text", text: "Hi?" }])] } },
    "Hi?",
  ],
  ["the prompt of a completion", { operation: "completion", params: { prompt: "Once" } }, "Once"],
  [
    "the messages, before anything else",
    { operation: "mine", params: { prompt: "b", input: "c", messages: [user("a")] } },
    "a",
  ],
])("the wording is %s", (_, call, prompt) => {
  expect(promptOf(call)?.prompt).toBe(prompt);
});

test.each<[string, Call]>([
  ["a tool's result", chat(user("Hi?"), { role: "tool", tool_call_id: "t", content: "42" })],
  ["nothing but tool results", chat(user([{ type: "tool_result", tool_use_id: "t", content: "42" }]))],
  ["the assistant's own beginning", chat(user("Hi?"), { role: "assistant", content: "Well" })],
  ["an image alone", chat(user([image]))],
  ["a document alone", chat(user([{ type: "file", source_type: "text", text: "The whole book." }]))],
  ["no messages", chat()],
  ["a message that is none", chat("Hi?")],
  ["a content that is none", chat(user(7))],
  [
    "a tool's result, beside a prompt",
    { operation: "mine", params: { messages: [{ role: "tool", content: "42" }], prompt: "Hi?" } },
  ],
  ["an output item", { operation: "responses", params: { input: [{ type: "function_call_output", output: "42" }] } }],
  [
    "a Responses prompt that the vendor keeps",
    { operation: "responses", params: { prompt: { id: "p", version: "1" } } },
  ],
  [
    "an item that is referred to",
    { operation: "responses", params: { input: [user("Hi?"), { type: "item_reference", id: "i" }] } },
  ],
  [
    "a Responses document alone",
    { operation: "responses", params: { input: [user([{ type: "input_file", file_data: "x" }])] } },
  ],
  [
    "Gemini's own turn",
    { operation: "generateContent", params: { contents: [{ role: "model", parts: [{ text: "Hi?" }] }] } },
  ],
  [
    "a function's response to Gemini",
    {
      operation: "generateContent",
      params: { contents: [{ role: "function", parts: [{ functionResponse: { name: "f", response: {} } }] }] },
    },
  ],
  [
    "nothing but a function's response in a user turn",
    {
      operation: "generateContent",
      params: { contents: [{ role: "user", parts: [{ functionResponse: { name: "f", response: {} } }] }] },
    },
  ],
  [
    "Gemini's image alone",
    {
      operation: "generateContent",
      params: { contents: [{ role: "user", parts: [{ inlineData: { data: "AAAA" } }] }] },
    },
  ],
  ["a developer's message", chat(user("Hi?"), { role: "developer", content: "Be brief." })],
  ["token ids", { operation: "completion", params: { prompt: [1, 2, 3] } }],
  ["several prompts at once", { operation: "completion", params: { prompt: ["a", "b"] } }],
  ["no params", { operation: "chat", params: undefined }],
  ["params that are text", { operation: "chat", params: "Hi?" }],
  ...["embedding", "transcription", "speech", "image", "rerank"].map((operation): [string, Call] => [
    `the text of ${operation}`,
    { operation, params: { input: "Hi?", prompt: "Hi?" } },
  ]),
])("%s is no wording", (_, call) => {
  expect(promptOf(call)).toBeUndefined();
});

test("the call itself stays as it is", () => {
  const call = chat(user([{ type: "text", text: "Hi?" }, image]));
  const before = structuredClone(call);
  promptOf(call);
  expect(call).toEqual(before);
});

describe("the scope digest", () => {
  const place = { semantic: true };

  test("is there only where it was asked for and the call has a wording", async () => {
    expect(await deriveKey(chat(user("Hi?")))).not.toHaveProperty("scopeDigest");
    expect(await deriveKey(chat(user("Hi?"), { role: "tool", content: "42" }), place)).not.toHaveProperty("prompt");
    expect(await deriveKey(chat(user("Hi?")), place)).toMatchObject({
      prompt: "Hi?",
      scopeDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  test("leaves the key as it is", async () => {
    const plain = await deriveKey(chat(user("Hi?")));
    expect(await deriveKey(chat(user("Hi?")), place)).toMatchObject(plain);
  });

  test("does not change with the wording, and the key does", async () => {
    await fc.assert(
      fc.asyncProperty(anyString, anyString, async (one, other) => {
        const [left, right] = await Promise.all(
          [one, other].map(async (text) => deriveKey(chat(user([{ type: "text", text }, image])), place)),
        );
        expect(left?.scopeDigest).toBe(right?.scopeDigest);
        expect(left?.key === right?.key).toBe(one === other);
      }),
    );
  });

  test("changes with everything but the wording", async () => {
    const text = { type: "text", text: "Hi?" };
    const system = { role: "system", content: "Be brief." };
    const calls: Call[] = [
      chat(user("Hi?")),
      chat(user([text])),
      chat(user([text, text])),
      chat(user([text, image])),
      chat(user([image, text])),
      chat(user([text, { ...image, image_url: { url: "https://a.example/dog.png" } }])),
      chat(user([{ ...text, cache_control: {} }])),
      chat(system, user("Hi?")),
      chat({ ...system, content: "Be long." }, user("Hi?")),
      chat(user("earlier"), user("Hi?")),
      chat(user("Hi?", { name: "Ann" })),
      chat(user([{ type: "tool_result", content: "42" }, text])),
      chat(user([{ type: "tool_result", content: "43" }, text])),
      chat(user([{ type: "file", text: "a book" }, text])),
      chat(user([{ type: "file", text: "another" }, text])),
      { ...chat(user("Hi?")), operation: "messages" },
      ...[
        { contents: [{ role: "user", parts: [{ text: "Hi?" }] }] },
        { contents: [{ parts: [{ text: "Hi?" }] }] },
        { contents: [{ role: "user", parts: [{ text: "Hi?" }, { inlineData: { data: "AAAA" } }] }] },
        { contents: [{ role: "user", parts: [{ text: "Hi?" }, { inlineData: { data: "AAAB" } }] }] },
        {
          contents: [{ role: "user", parts: [{ text: "Hi?" }] }],
          systemInstruction: { parts: [{ text: "Be brief." }] },
        },
        { contents: [{ role: "user", parts: [{ text: "Hi?" }] }], generationConfig: { temperature: 0 } },
        {
          contents: [
            { role: "model", parts: [{ text: "a" }] },
            { role: "user", parts: [{ text: "Hi?" }] },
          ],
        },
        { input: "Hi?", instructions: "Be brief." },
        { input: "Hi?", previous_response_id: "r" },
        { input: [user("Hi?")] },
        { prompt: "Hi?", suffix: "x" },
        { prompt: "Hi?" },
      ].map((params): Call => ({ operation: "any", params })),
      { ...chat(user("Hi?")), context: { endpoint: "e" } },
      { operation: "chat", params: { model: "n", messages: [user("Hi?")] } },
      { operation: "chat", params: { model: "m", messages: [user("Hi?")], temperature: 0 } },
    ];
    const places = [{}, { namespace: "n" }, { scope: "s" }];
    const derived = await Promise.all(
      calls.flatMap((call) => places.map(async (where) => deriveKey(call, { ...where, ...place }))),
    );
    expect(new Set(derived.map(({ scopeDigest }) => scopeDigest)).size).toBe(calls.length * places.length);
  });

  test("changes with any single change anywhere else", async () => {
    await fc.assert(
      fc.asyncProperty(
        objectOf(anyString, anyJson),
        fc.nat(),
        anyJson,
        anyString,
        async (params, where, replacement, prompt) => {
          const withRest = (rest: unknown): Call => ({
            operation: "chat",
            params: { rest, messages: [{ ...user(prompt), rest }] },
            context: rest,
          });
          const changed = changedSomewhere(params, where, replacement);
          const [left, right] = await Promise.all(
            [params, changed].map(async (rest) => deriveKey(withRest(rest), place)),
          );
          expect(left?.scopeDigest).not.toBe(right?.scopeDigest);
        },
      ),
    );
  });

  test("is not there for a key of the caller's own, which may stand for what the call does not tell", async () => {
    expect(await deriveKey(chat(user("Hi?")), { ...place, key: "mine" })).not.toHaveProperty("scopeDigest");
    expect(await deriveKey(chat(user("Hi?")), { ...place, keyOf: () => "mine" })).not.toHaveProperty("scopeDigest");
    expect(await deriveKey(chat(user("Hi?")), { ...place, keyOf: () => undefined })).toHaveProperty("scopeDigest");
  });

  test("leaves out what the key leaves out", async () => {
    const rules = { ...place, ignore: ["metadata"], modelGroups: [["m", "n"]] };
    const [one, two] = await Promise.all(
      [
        chat(user("Hi?")),
        { operation: "chat", params: { model: "n", stream: true, metadata: {}, messages: [user("Ho?")] } },
      ].map((call) => deriveKey(call, rules)),
    );
    expect(one?.scopeDigest).toBe(two?.scopeDigest);
    expect(one?.key).not.toBe(two?.key);
  });

  test("follows a caller's own way to find the wording", async () => {
    const own = (call: Call) => ({ prompt: "mine", rest: { ...call, params: {} } });
    const derived = await deriveKey({ operation: "image", params: { prompt: "a cat" } }, { ...place, promptOf: own });
    expect(derived).toMatchObject({
      prompt: "mine",
      scopeDigest: (await deriveKey({ operation: "image", params: {} })).digest,
    });
  });
});
