import Anthropic from "@anthropic-ai/sdk";
import type { MessageCreateParamsNonStreaming } from "@anthropic-ai/sdk/resources/messages";
import { differential } from "./differential.ts";
import { messages } from "./corpus/messages.ts";
import { collect } from "./start.ts";

differential<MessageCreateParamsNonStreaming>(
  {
    isStream: (_, body) => body.includes('"stream":true'),
    connect: (origin, fetch) => {
      const client = new Anthropic({ baseURL: origin, apiKey: "test-key", maxRetries: 0, fetch });
      return {
        plain: (params) => client.messages.create(params),
        events: async (params) => collect(await client.messages.create({ ...params, stream: true })),
        final: async (params) => {
          const { parsed_output: _, ...message } = await client.messages.stream(params).finalMessage();
          return message;
        },
      };
    },
  },
  messages,
);
