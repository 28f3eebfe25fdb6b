import { chatCompletions } from "./chat-completions.ts";
import { completions } from "./completions.ts";
import { embeddings } from "./embeddings.ts";
import { responses } from "./responses.ts";
import type { WireFormat } from "./wire-format.ts";

/** Of two paths that one request ends in, the longer stands first. */
const formats: readonly WireFormat[] = [chatCompletions, completions, responses, embeddings];

/** The format that a request is in, by the end of its path: before it stand `/v1`, `/openai/deployments/<name>`, or what a gateway likes. */
export function formatFor(method: string, { pathname }: URL): WireFormat | undefined {
  if (method !== "POST") return undefined;
  return formats.find(({ path }) => pathname.endsWith(path));
}
