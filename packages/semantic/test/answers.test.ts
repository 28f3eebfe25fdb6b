import { embeddingJudge, textJudge } from "@llmcache/semantic";
import { expect, test } from "vitest";
import { answerText } from "../src/answer-text.ts";
import { analyse } from "../src/features/analyse.ts";
import { leansOnEarlierTurns } from "../src/leaning.ts";

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const message = { role: "assistant", content: "Hi" };

test.each<[string, unknown, string | undefined]>([
  ["text", "Hi", "Hi"],
  ["text that looks like JSON", "{Hi}", "{Hi}"],
  ["a chat completion", { choices: [{ message }] }, "Hi"],
  ["a chat completion as it came", bytes({ choices: [{ message }] }), "Hi"],
  ["a completion", { choices: [{ text: "Hi" }] }, "Hi"],
  [
    "a response",
    {
      output: [
        { type: "reasoning", summary: [] },
        { type: "message", content: [{ type: "output_text", text: "Hi" }] },
      ],
    },
    "Hi",
  ],
  [
    "an Anthropic message",
    {
      content: [
        { type: "text", text: "H" },
        { type: "text", text: "i" },
      ],
    },
    "Hi",
  ],
  ["Gemini's candidate", { candidates: [{ content: { parts: [{ text: "Hi" }] } }] }, "Hi"],
  ["a result with a text", { text: "Hi" }, "Hi"],
  ["two choices", { choices: [{ message }, { message }] }, undefined],
  ["a tool call", { choices: [{ message: { ...message, tool_calls: [{ id: "t" }] } }] }, undefined],
  ["a function call of Responses", { output: [{ type: "function_call", name: "f" }] }, undefined],
  [
    "a tool use of Anthropic's",
    {
      content: [
        { type: "text", text: "Hi" },
        { type: "tool_use", id: "t" },
      ],
    },
    undefined,
  ],
  ["an empty message", { content: [] }, undefined],
  ["a vector", new Float32Array(2), undefined],
  ["bytes that are no text", new Uint8Array([255]), undefined],
  ["a number", 42, undefined],
  ["nothing", null, undefined],
])("the text of %s", (_, answer, text) => {
  expect(answerText(answer)).toBe(text);
});

const { signal } = new AbortController();
const long = "Open the settings of your account, and choose what you forgot.";

test.each<[string, unknown, unknown, boolean | undefined]>([
  ["the same text", long, long, true],
  ["the same words", "Forty-two.", { text: "forty two" }, true],
  ["two short texts", "42", "43", false],
  ["two long texts", long, `${long} Then wait.`, undefined],
  ["a short text and a long one", "42", long, undefined],
  ["a text and a tool call", "42", { output: [{ type: "function_call" }] }, undefined],
])("by their texts, what is known of %s", async (_, fresh, stored, agreed) => {
  expect(await textJudge({ fresh, stored }, { signal })).toBe(agreed);
});

test("by embeddings, longer texts agree that are similar", async () => {
  const vectors = new Map([
    ["left", [1, 0]],
    ["near", [1, 0.1]],
    ["far", [0, 1]],
  ]);
  let asked = 0;
  const judge = embeddingJudge(
    async (texts) => (asked++, texts.map((text) => Float32Array.from(vectors.get(text) ?? []))),
  );
  expect(await judge({ fresh: "left", stored: "near" }, { signal })).toBe(true);
  expect(await judge({ fresh: "left", stored: "far" }, { signal })).toBe(false);
  expect(await judge({ fresh: "left", stored: "Left!" }, { signal })).toBe(true);
  expect(await judge({ fresh: "left", stored: 7 }, { signal })).toBeUndefined();
  expect(asked).toBe(2);
});

test.each([
  "And in blue?",
  "Why?",
  "What about the second one?",
  "Can you explain that to my mother please?",
  "Make it shorter and send the result to Anna.",
  "Yes, book the flight to Paris tomorrow.",
  "Rephrase the paragraph about winter trees.",
  "Wie kann ich das Passwort meines Kontos zurücksetzen?",
])("%j may lean on earlier turns", (prompt) => {
  expect(leansOnEarlierTurns(prompt, analyse(prompt))).toBe(true);
});

test.each([
  "How do I reset the password of my online banking account?",
  "Write a function in Python for sorting a list of names.",
])("%j stands alone", (prompt) => {
  expect(leansOnEarlierTurns(prompt, analyse(prompt))).toBe(false);
});
