import { isObject, isSet } from "../json-object.ts";
import { geminiUsage } from "../token-usage.ts";
import { listedAnswers } from "./listed-answers.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/models/{model}:embedContent` of Gemini's (ai.google.dev/api/embeddings): one text. */
export const embedContent: WireFormat = {
  operation: "embedding",
  matches: endsIn(":embedContent"),
  isCacheable: ({ content }) => isObject(content),
  isComplete: (body) => isObject(body) && !isSet(body["error"]) && isVector(body["embedding"]),
  usageOf: geminiUsage,
};

/** `POST …/models/{model}:batchEmbedContents`: several, each of which is a request. */
export const batchEmbedContents: WireFormat = {
  operation: "embedding",
  matches: endsIn(":batchEmbedContents"),
  isCacheable: (params) => requestsOf(params) !== undefined,
  isComplete: () => false,
  usageOf: geminiUsage,
  batch: listedAnswers({
    inputs: "requests",
    inputsOf: requestsOf,
    lengthOf: (request) => JSON.stringify(isObject(request) ? request["content"] : request)?.length ?? 0,
    answers: "embeddings",
    usage: "usageMetadata",
    index: undefined,
    isAnswer: isVector,
  }),
};

function requestsOf({ requests }: Params): readonly unknown[] | undefined {
  return Array.isArray(requests) && requests.length > 0 && requests.every(isObject) ? requests : undefined;
}

function isVector(embedding: unknown): boolean {
  if (!isObject(embedding)) return false;
  const { values } = embedding;
  return Array.isArray(values) && values.length > 0 && values.every(Number.isFinite);
}
