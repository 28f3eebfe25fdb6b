import OpenAI from "openai";
import type { ResponseStreamParams } from "openai/lib/responses/ResponseStream";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";
import { oneWay, responses } from "./corpus/responses.ts";
import { differential, type Reader } from "./differential.ts";
import { collect } from "./start.ts";

/** A response without what the SDK's helpers add to it. */
function summaryOf(response: unknown): unknown {
  const added = new Set(["parsed", "parsed_arguments", "output_parsed", "output_text"]);
  return JSON.parse(JSON.stringify(response, (name, value: unknown) => (added.has(name) ? undefined : value)));
}

const reader: Reader<ResponseCreateParamsNonStreaming> = {
  isStream: (_, body) => body.includes('"stream":true'),
  summary: summaryOf,
  connect: (origin, fetch) => {
    const client = new OpenAI({ baseURL: `${origin}/v1`, apiKey: "test-key", maxRetries: 0, fetch });
    return {
      plain: (params) => client.responses.create(params),
      events: async (params) => collect(await client.responses.create({ ...params, stream: true })),
      final: async (params) => summaryOf(await client.responses.stream(params as ResponseStreamParams).finalResponse()),
    };
  },
};

differential(reader, responses);
differential(reader, oneWay, { plainToStream: 2 });
