import { openAiUsage } from "../token-usage.ts";
import { listedAnswers } from "./listed-answers.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/embeddings` (platform.openai.com/docs/api-reference/embeddings), as OpenAI and many others speak it. */
export const embeddings: WireFormat = {
  operation: "embedding",
  matches: endsIn("/embeddings"),
  isCacheable: (params) => inputsOf(params) !== undefined,
  isComplete: () => false,
  usageOf: openAiUsage,
  batch: listedAnswers({
    inputs: "input",
    inputsOf,
    lengthOf: (input) => (typeof input === "string" || Array.isArray(input) ? input.length : 0),
    answers: "data",
    usage: "usage",
    index: "index",
    isAnswer: ({ embedding }) => {
      if (typeof embedding === "string") return embedding !== "";
      return Array.isArray(embedding) && embedding.length > 0 && embedding.every(Number.isFinite);
    },
  }),
};

/** A text or a list of token ids, alone or in a list. */
function inputsOf({ input }: Params): readonly unknown[] | undefined {
  if (typeof input === "string") return [input];
  if (!Array.isArray(input) || input.length === 0) return undefined;
  if (isTokens(input)) return [input];
  return input.every((item) => typeof item === "string") || input.every(isTokens) ? input : undefined;
}

function isTokens(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isSafeInteger);
}
