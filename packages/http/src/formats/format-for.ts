import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import { batchEmbedContents, embedContent } from "./embed-content.ts";
import { embeddings } from "./embeddings.ts";
import { generateContent, streamGenerateContent, streamGenerateContentArray } from "./generate-content.ts";
import { messages } from "./messages.ts";
import { responses } from "./responses.ts";
import type { WireFormat } from "./wire-format.ts";

/** Of two that match one URL, the narrower stands first. */
const formats: readonly WireFormat[] = [
  chatCompletions,
  completions,
  responses,
  embeddings,
  messages,
  generateContent,
  streamGenerateContent,
  streamGenerateContentArray,
  embedContent,
  batchEmbedContents,
];

/** The format that a request is in. */
export function formatFor(method: string, url: URL): WireFormat | undefined {
  if (method !== "POST") return undefined;
  return formats.find(({ matches }) => matches(url));
}
