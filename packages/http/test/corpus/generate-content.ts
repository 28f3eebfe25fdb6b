import type { GenerateContentParameters } from "@google/genai";
import { type Recorded, unnamedEvents } from "../differential.ts";

type Json = Record<string, unknown>;

const usage = {
  promptTokenCount: 8,
  candidatesTokenCount: 40,
  totalTokenCount: 68,
  thoughtsTokenCount: 20,
  promptTokensDetails: [{ modality: "TEXT", tokenCount: 8 }],
};

/** An answer in both of its forms. @param whole its candidates @param pieces those of each event */
function answer(
  whole: readonly Json[],
  pieces: readonly (readonly Json[])[],
  more: Json = {},
): Pick<Recorded, "stream" | "plain"> {
  const rest = { modelVersion: "gemini-2.5-flash", responseId: "mAJVZ8-1NumvmtkP", ...more };
  const events = pieces.map((candidates, index) => {
    const told = index === pieces.length - 1 ? usage : { promptTokenCount: 8, totalTokenCount: 8 + index };
    return { candidates, usageMetadata: told, ...rest };
  });
  return {
    stream: unnamedEvents(...events),
    plain: JSON.stringify({ candidates: whole, usageMetadata: usage, ...rest }),
  };
}

function said(parts: readonly Json[], more: Json = {}): Json {
  return { content: { parts, role: "model" }, ...more };
}

const stop = { finishReason: "STOP" };
const thought = (text: string) => ({ text, thought: true });
const call = (name: string, args: Json, more: Json = {}) => ({ functionCall: { name, args }, ...more });
const token = (text: string) => ({
  topCandidates: [{ candidates: [{ token: text, logProbability: -0.5 }] }],
  chosenCandidates: [{ token: text, logProbability: -0.5 }],
});

const ask = (contents: string, config?: GenerateContentParameters["config"]): GenerateContentParameters => ({
  model: "gemini-2.5-flash",
  contents,
  ...(config !== undefined && { config }),
});

/** Answers as Gemini's reference describes them. */
export const contents: readonly Recorded<GenerateContentParameters>[] = [
  {
    name: "a text",
    params: ask("Hello"),
    ...answer(
      [said([{ text: "Hello „Grüße“ 🐈‍⬛." }], stop)],
      [[said([{ text: "Hel" }])], [said([{ text: "lo „Grüße“ " }])], [said([{ text: "🐈‍⬛." }], stop)]],
    ),
  },
  {
    name: "an answer in one event, with members that nobody knows",
    params: ask("Hello"),
    ...answer(
      [
        said([{ text: "Hi.", mood: "good" }], {
          ...stop,
          citationMetadata: { citationSources: [] },
          avgLogprobs: -0.1,
        }),
      ],
      [
        [
          said([{ text: "Hi.", mood: "good" }], {
            ...stop,
            citationMetadata: { citationSources: [] },
            avgLogprobs: -0.1,
          }),
        ],
      ],
    ),
  },
  {
    name: "thoughts, a text and calls of functions",
    params: ask("Weather?", { tools: [{ functionDeclarations: [{ name: "get_weather" }] }] }),
    ...answer(
      [
        said(
          [
            thought("First this, then that."),
            { text: "Let me look." },
            call("get_weather", { city: "Oslo" }, { thoughtSignature: "CikB" }),
            call("get_weather", { city: "Rome", deep: [{ a: [1] }] }),
          ],
          stop,
        ),
      ],
      [
        [said([thought("First this, ")])],
        [said([thought("then that.")])],
        [said([{ text: "Let me " }])],
        [said([{ text: "look." }, call("get_weather", { city: "Oslo" }, { thoughtSignature: "CikB" })])],
        [said([call("get_weather", { city: "Rome", deep: [{ a: [1] }] })])],
        [said([{ text: "" }], stop)],
      ],
    ),
  },
  {
    name: "several candidates with ratings and log probabilities",
    params: ask("Name a colour", { candidateCount: 2, responseLogprobs: true }),
    ...answer(
      [
        said([{ text: "Dark red" }], {
          ...stop,
          index: 0,
          logprobsResult: {
            topCandidates: [...token("Dark").topCandidates, ...token(" red").topCandidates],
            chosenCandidates: [...token("Dark").chosenCandidates, ...token(" red").chosenCandidates],
          },
        }),
        said([{ text: "Blue" }], {
          ...stop,
          index: 1,
          safetyRatings: [{ category: "HARM_CATEGORY_HARASSMENT", probability: "NEGLIGIBLE" }],
        }),
      ],
      [
        [said([{ text: "Dark" }], { index: 0, logprobsResult: token("Dark") })],
        [
          said([{ text: "Blue" }], {
            ...stop,
            index: 1,
            safetyRatings: [{ category: "HARM_CATEGORY_HARASSMENT", probability: "NEGLIGIBLE" }],
          }),
        ],
        [said([{ text: " red" }], { ...stop, index: 0, logprobsResult: token(" red") })],
      ],
    ),
  },
  {
    name: "an end without a content",
    params: ask("Hello"),
    ...answer([said([{ text: "Hi." }], stop)], [[said([{ text: "Hi." }])], [{ content: { role: "model" }, ...stop }]]),
  },
  {
    name: "a picture",
    params: ask("Draw"),
    ...answer(
      [said([{ text: "Here:" }, { inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }], stop)],
      [
        [said([{ text: "Here:" }])],
        [said([{ inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }])],
        [said([], stop)],
      ],
    ),
  },
];

/** Streams whose whole answer is not certain. A whole answer is always a stream, of one event. */
export const unclear: Readonly<Record<string, Pick<Recorded, "stream" | "plain">>> = {
  "a signature beside a text": answer(
    [said([{ text: "Hello.", thoughtSignature: "CikB" }], stop)],
    [[said([{ text: "Hello." }])], [said([{ text: "", thoughtSignature: "CikB" }], stop)]],
  ),
  "ratings that differ": answer(
    [said([{ text: "Hello." }], { ...stop, safetyRatings: [] })],
    [[said([{ text: "Hello." }], { safetyRatings: [1] })], [said([], { ...stop, safetyRatings: [2] })]],
  ),
  citations: answer(
    [said([{ text: "Hello." }], { ...stop, citationMetadata: { citationSources: [] } })],
    [[said([{ text: "Hello." }], { citationMetadata: { citationSources: [] } })], [said([], stop)]],
  ),
  "a call in pieces": answer(
    [said([call("f", {})], stop)],
    [
      [said([{ functionCall: { name: "f", willContinue: true } }])],
      [said([{ functionCall: { partialArgs: [] } }], stop)],
    ],
  ),
  "sound in pieces": answer(
    [said([{ inlineData: { mimeType: "audio/L16", data: "AAAA" } }], stop)],
    [
      [said([{ inlineData: { mimeType: "audio/L16", data: "AA==" } }])],
      [said([{ inlineData: { mimeType: "audio/L16", data: "AA==" } }], stop)],
    ],
  ),
  "a part that is not known": answer(
    [said([{ text: "a" }, { dance: 1 }], stop)],
    [[said([{ text: "a" }])], [said([{ dance: 1 }], stop)]],
  ),
  "a member of the answer that is not known": answer(
    [said([{ text: "ab" }], stop)],
    [[said([{ text: "a" }])], [said([{ text: "b" }], stop)]],
    { mood: "good" },
  ),
};
