import { invalidRequest } from "./api-error.ts";
import { embed } from "./embeddings.ts";
import { partsText } from "./gemini-format.ts";
import { type Body, member } from "./question.ts";

/** The texts of `…:embedContent` and `…:batchEmbedContents` (ai.google.dev/api/embeddings). @throws {ApiError} for a body without one */
export function readGeminiTexts(body: Body): string[] {
  const { requests = [body] } = body;
  const texts = Array.isArray(requests) ? requests.map((request) => partsText(member(request, "content"))) : [];
  if (texts.length === 0 || texts.includes("")) throw invalidRequest("content", "content must have a text.");
  return texts;
}

/** The answer's body. */
export function encodeGeminiEmbeddings(model: string, texts: readonly string[], isBatch: boolean): object {
  // The real ones are longer, and no test is better for it.
  const embeddings = texts.map((text) => ({ values: [...embed(text, { model, dimensions: 64 })] }));
  return isBatch ? { embeddings } : { embedding: embeddings[0] };
}
