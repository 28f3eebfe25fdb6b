import { isObject, isSet } from "../json-object.ts";
import { openAiUsage } from "../token-usage.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/moderations` (platform.openai.com/docs/api-reference/moderations). */
export const moderations: WireFormat = {
  operation: "moderation",
  usageOf: openAiUsage,
  matches: endsIn("/moderations"),
  isCacheable: ({ input }) => typeof input === "string" || (Array.isArray(input) && input.length > 0),
  isComplete: (body, params) => {
    if (!isObject(body) || isSet(body["error"]) || !Array.isArray(body["results"])) return false;
    return body["results"].length === resultsAsked(params) && body["results"].every(isResult);
  },
};

/** Each text has a result of its own; a text with pictures is one input. */
function resultsAsked({ input }: Params): number {
  return Array.isArray(input) && input.every((item) => typeof item === "string") ? input.length : 1;
}

function isResult(result: unknown): boolean {
  return isObject(result) && isObject(result["categories"]);
}
