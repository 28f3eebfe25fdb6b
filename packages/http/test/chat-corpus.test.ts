import OpenAI from "openai";
import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";
import { completions } from "./corpus/chat-completions.ts";
import { differential } from "./differential.ts";
import { collect } from "./start.ts";

const streamed = { stream: true as const, stream_options: { include_usage: true } };

/** What vendors add for what a model thinks: the SDK does not know it, and its helper keeps the last piece of it only. */
interface Thoughts {
  readonly reasoning?: string;
  readonly reasoning_content?: string;
}

function thoughtsIn({ reasoning, reasoning_content: other }: Thoughts): string {
  return reasoning ?? other ?? "";
}

/** What can be told of a completion whichever way it came. @param thoughts of a stream, for all choices */
function summaryOf(completion: ChatCompletion, thoughts?: string): object {
  const { choices, ...rest } = completion;
  const messages = choices.map(({ message, ...choice }) => {
    const { role, content, annotations, tool_calls: calls = [] } = message;
    const called = calls.map((call) => JSON.stringify(call, ["id", "type", "function", "name", "arguments"]));
    return { ...choice, logprobs: choice.logprobs ?? null, role, content, annotations, called };
  });
  const told = choices.map(({ message }) => thoughtsIn(message as Thoughts)).join("");
  return { ...rest, choices: messages, thoughts: thoughts ?? told };
}

differential<ChatCompletionCreateParamsNonStreaming>(
  {
    isStream: (_, body) => body.includes('"stream":true'),
    summary: (plain) => summaryOf(plain as ChatCompletion),
    connect: (origin, fetch) => {
      const { chat } = new OpenAI({ baseURL: `${origin}/v1`, apiKey: "test-key", maxRetries: 0, fetch });
      return {
        plain: (params) => chat.completions.create(params),
        events: async (params) => collect(await chat.completions.create({ ...params, ...streamed })),
        final: async (params) => {
          let thoughts = "";
          const stream = chat.completions.stream({ ...params, ...streamed });
          stream.on("chunk", ({ choices }) => {
            for (const { delta } of choices) thoughts += thoughtsIn(delta as Thoughts);
          });
          return summaryOf(await stream.finalChatCompletion(), thoughts);
        },
      };
    },
  },
  completions,
);
