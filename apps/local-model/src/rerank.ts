import { invalidRequest } from "./api-error.ts";
import type { Task, Work } from "./endpoints.ts";
import { json } from "./exchange.ts";
import { newIdentifier } from "./identifiers.ts";
import { numberMember, readModel, stringMember } from "./question.ts";

/** `POST /v1/rerank` and `/v2/rerank` (docs.cohere.com/reference/rerank, api.jina.ai/redoc): what shares words with the query comes first. */
export function rerank({ body, behaviour }: Task): Work {
  readModel(body);
  const { query, documents } = body;
  if (typeof query !== "string") throw invalidRequest("query", "query must be a text.");
  if (!Array.isArray(documents) || documents.length === 0)
    throw invalidRequest("documents", "documents must be a list of some.");
  const asked = wordsIn(query);
  const results = documents
    .map((document, index) => {
      const words = wordsIn(typeof document === "string" ? document : stringMember(document, "text"));
      const shared = [...words].filter((word) => asked.has(word)).length;
      return { index, relevance_score: (shared + 0.01) / (asked.size + words.size - shared + 0.01) };
    })
    .toSorted((left, right) => right.relevance_score - left.relevance_score || left.index - right.index)
    .slice(0, numberMember(body, ["top_n"], documents.length));
  const meta = { api_version: { version: "2" }, billed_units: { search_units: 1 } };
  return { content: json({ id: newIdentifier("rerank-"), results, meta }), milliseconds: behaviour.embeddingMs };
}

function wordsIn(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\d]+/gu) ?? []);
}
