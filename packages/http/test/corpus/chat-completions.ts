import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { type Recorded, unnamedEvents } from "../differential.ts";

type Json = Record<string, unknown>;

const usage = {
  prompt_tokens: 9,
  completion_tokens: 12,
  total_tokens: 21,
  prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 3, audio_tokens: 0 },
};

/** A completion in both of its forms. @param messages one for each choice @param deltas what is said of them, each with its index */
function completion(
  messages: readonly Json[],
  deltas: readonly (readonly [index: number, delta: Json, choice?: Json])[],
  { finishReason = "stop", choice = {}, ...more }: Json & { finishReason?: string; choice?: Json } = {},
): Pick<Recorded, "stream" | "plain"> {
  const told = { id: "chatcmpl-1", created: 1_780_000_000, model: "m", system_fingerprint: "fp_1", ...more };
  const chunk = (choices: readonly Json[], rest: Json = { usage: null }) => ({
    ...told,
    object: "chat.completion.chunk",
    choices,
    ...rest,
  });
  const events = [
    ...deltas.map(([index, delta, own = {}]) =>
      chunk([{ index, delta, ...("logprobs" in choice && { logprobs: null }), ...own, finish_reason: null }]),
    ),
    ...messages.map((_, index) =>
      chunk([{ index, delta: {}, ...("logprobs" in choice && { logprobs: null }), finish_reason: finishReason }]),
    ),
    chunk([], { usage }),
  ];
  const plain = {
    ...told,
    object: "chat.completion",
    choices: messages.map((message, index) => ({
      index,
      message: { role: "assistant", ...message },
      ...choice,
      finish_reason: finishReason,
    })),
    usage,
  };
  return { stream: `${unnamedEvents(...events)}data: [DONE]\n\n`, plain: JSON.stringify(plain) };
}

const begins: Json = { role: "assistant", content: "" };
const ask = (content: string, more: object = {}): ChatCompletionCreateParamsNonStreaming => ({
  model: "m",
  messages: [{ role: "user", content }],
  ...more,
});
const call = (index: number, piece: Json) => ({ tool_calls: [{ index, ...piece }] });
const token = (text: string) => ({ token: text, logprob: -0.5, bytes: [1], top_logprobs: [] });

/** Completions as OpenAI's reference describes them, and as others who speak it do. */
export const completions: readonly Recorded<ChatCompletionCreateParamsNonStreaming>[] = [
  {
    name: "a text",
    params: ask("Hello"),
    ...completion(
      [{ content: "Hello „Grüße“ 🐈‍⬛." }],
      [
        [0, begins],
        [0, { content: "Hel" }],
        [0, { content: "lo „Grüße“ " }],
        [0, { content: "🐈‍⬛." }],
      ],
    ),
  },
  {
    name: "several choices, told in turn",
    params: ask("Colour?", { n: 2 }),
    ...completion(
      [{ content: "Dark red" }, { content: "Blue" }],
      [
        [0, begins],
        [1, begins],
        [0, { content: "Dark" }],
        [1, { content: "Blue" }],
        [0, { content: " red" }],
      ],
    ),
  },
  {
    name: "calls of tools beside a text",
    params: ask("Weather?"),
    ...completion(
      [
        {
          content: "Let me look.",
          tool_calls: [
            {
              id: "call_1",
              type: "function",
              function: { name: "get_weather", arguments: '{"city":"Oslo","n":12345678901234567890}' },
            },
            { id: "call_2", type: "function", function: { name: "get_time", arguments: "{}" } },
          ],
        },
      ],
      [
        [0, begins],
        [0, { content: "Let me look." }],
        [0, call(0, { id: "call_1", type: "function", function: { name: "get_weather", arguments: "" } })],
        [0, call(0, { function: { arguments: '{"city":"Os' } })],
        [0, call(0, { function: { arguments: 'lo","n":12345678901234567890}' } })],
        [0, call(1, { id: "call_2", type: "function", function: { name: "get_time", arguments: "{}" } })],
      ],
      { finishReason: "tool_calls" },
    ),
  },
  {
    name: "citations",
    params: ask("News?"),
    ...completion(
      [
        {
          content: "It rains.",
          annotations: [
            { type: "url_citation", url_citation: { url: "https://a.test", title: "A", start_index: 0, end_index: 9 } },
          ],
        },
      ],
      [
        [0, begins],
        [0, { content: "It rains." }],
        [
          0,
          {
            annotations: [
              {
                type: "url_citation",
                url_citation: { url: "https://a.test", title: "A", start_index: 0, end_index: 9 },
              },
            ],
          },
        ],
      ],
    ),
  },
  {
    name: "log probabilities",
    params: ask("Yes?", { logprobs: true }),
    ...completion(
      [{ content: "Yes." }],
      [
        [0, begins],
        [0, { content: "Yes" }, { logprobs: { content: [token("Yes")], refusal: null } }],
        [0, { content: "." }, { logprobs: { content: [token(".")], refusal: null } }],
      ],
      { choice: { logprobs: { content: [token("Yes"), token(".")], refusal: null } } },
    ),
  },
  {
    name: "thoughts as DeepSeek tells them",
    params: ask("Think"),
    ...completion(
      [{ content: "Yes.", reasoning_content: "Hm, so." }],
      [
        [0, { role: "assistant", content: null, reasoning_content: "" }],
        [0, { content: null, reasoning_content: "Hm, " }],
        [0, { reasoning_content: "so." }],
        [0, { content: "Yes." }],
      ],
    ),
  },
  {
    name: "thoughts as OpenRouter tells them",
    params: ask("Think"),
    ...completion(
      [{ content: "Yes.", reasoning: "Hm, so." }],
      [
        [0, begins],
        [0, { content: "", reasoning: "Hm, " }],
        [0, { content: "", reasoning: "so." }],
        [0, { content: "Yes." }],
      ],
    ),
  },
  {
    name: "members that one vendor has",
    params: ask("Hello"),
    ...completion(
      [{ content: "Hello." }],
      [
        [0, begins],
        [0, { content: "Hello." }],
      ],
      { provider: "p" },
    ),
    apart: "members that nobody knows",
  },
];
