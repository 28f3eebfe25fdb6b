import { isObject, isSet } from "../json-object.ts";
import { rerankUsage } from "../token-usage.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/rerank`, as Cohere, Jina and others speak it (docs.cohere.com/reference/rerank, api.jina.ai/redoc). */
export const rerank: WireFormat = {
  operation: "rerank",
  usageOf: rerankUsage,
  matches: endsIn("/rerank"),
  isCacheable: ({ query, documents }) => isSet(query) && Array.isArray(documents) && documents.length > 0,
  isComplete: (body, params) => {
    if (!isObject(body) || isSet(body["error"]) || !Array.isArray(body["results"])) return false;
    const results = body["results"] as unknown[];
    const { documents } = params as { readonly documents: readonly unknown[] };
    const indexes = new Set(results.map((result) => indexOf(result, documents.length)));
    return (
      results.length === resultsAsked(params, documents.length) &&
      indexes.size === results.length &&
      !indexes.has(undefined)
    );
  },
};

/** Which document a result is about. */
function indexOf(result: unknown, documents: number): number | undefined {
  if (!isObject(result) || !Number.isFinite(result["relevance_score"])) return undefined;
  const { index } = result;
  return typeof index === "number" && Number.isSafeInteger(index) && index >= 0 && index < documents
    ? index
    : undefined;
}

function resultsAsked({ top_n: most }: Params, documents: number): number {
  return typeof most === "number" ? Math.min(most, documents) : documents;
}
