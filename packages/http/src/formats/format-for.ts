import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import { batchEmbedContents, embedContent } from "./embed-content.ts";
import { embeddings } from "./embeddings.ts";
import { generateContent, streamGenerateContent, streamGenerateContentArray } from "./generate-content.ts";
import { imageEdits, imageGenerations } from "./images.ts";
import { messages } from "./messages.ts";
import { moderations } from "./moderations.ts";
import { rerank } from "./rerank.ts";
import { responses } from "./responses.ts";
import { speech } from "./speech.ts";
import { transcriptions } from "./transcriptions.ts";
import type { WireFormat } from "./wire-format.ts";

/** Of two that match one URL, the narrower stands first. */
const formats: readonly WireFormat[] = [
  chatCompletions,
  completions,
  responses,
  embeddings,
  transcriptions,
  speech,
  imageGenerations,
  imageEdits,
  moderations,
  messages,
  generateContent,
  streamGenerateContent,
  streamGenerateContentArray,
  embedContent,
  batchEmbedContents,
  rerank,
];

/** Every operation that a request can be, for core's option `operations`. */
export const operations: readonly string[] = [...new Set(formats.map(({ operation }) => operation))];

/** The format that a request is in. */
export function formatFor(method: string, url: URL): WireFormat | undefined {
  if (method !== "POST") return undefined;
  return formats.find(({ matches }) => matches(url));
}
