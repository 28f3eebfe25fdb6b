import type { ServerSentEvent } from "../event-stream.ts";
import { isObject, isSet } from "../json-object.ts";
import { openAiUsage } from "../token-usage.ts";
import { type ChunkForm, collectChunks, replayChunks } from "./chunk-forms.ts";
import { chunkedStream, chunksOf } from "./chunked-stream.ts";
import { appended, indexed, joined, type MergeRules, nested, same } from "./merge-rules.ts";
import { readsOutside } from "./outside-sources.ts";
import { formatObject, isGiven, type RawObject, UnknownShape } from "./raw-json.ts";
import { endsIn, type Params, type WireFormat } from "./wire-format.ts";

/** `POST …/completions` (platform.openai.com/docs/api-reference/completions): a text goes on. */
export const completions: WireFormat = {
  operation: "completion",
  matches: endsIn("/completions"),
  isCacheable: (params) => {
    const { prompt, stream = null } = params;
    return promptsIn(prompt) > 0 && (stream === null || typeof stream === "boolean") && !readsOutside(params);
  },
  isComplete,
  usageOf: openAiUsage,
  stream: {
    ...chunkedStream,
    isComplete: isCompleteStream,
    collect: (events) => collectChunks(events, form),
    replay: (body, params) => replayChunks(body, params, form),
  },
};

const choiceRules: MergeRules = {
  index: same,
  text: joined,
  logprobs: nested({ tokens: appended, token_logprobs: appended, top_logprobs: appended, text_offset: appended }),
  finish_reason: same,
};

const form: ChunkForm = {
  object: "text_completion",
  chunkObject: "text_completion",
  mergeChoices: indexed(choiceRules, completeChoice),
  piecesOf,
};

function isComplete(body: unknown, params: Params): boolean {
  if (!isObject(body) || isSet(body["error"]) || !Array.isArray(body["choices"])) return false;
  const choices = body["choices"] as unknown[];
  return choices.length >= choicesAsked(params) && choices.every((choice) => isObject(choice) && isWhole(choice));
}

function isCompleteStream(events: readonly ServerSentEvent[], params: Params): boolean {
  const choices = new Map<unknown, Record<string, unknown>>();
  const chunks = chunksOf(events);
  if (chunks === undefined) return false;
  for (const chunk of chunks) {
    for (const piece of Array.isArray(chunk["choices"]) ? (chunk["choices"] as unknown[]) : []) {
      if (!isObject(piece) || isSet(piece["error"])) return false;
      const { index, text, finish_reason: finishReason } = piece;
      const { text: before = "", finish_reason: reasonBefore } = choices.get(index) ?? {};
      choices.set(index, {
        text: isSet(text) && text !== "" ? text : before,
        finish_reason: finishReason ?? reasonBefore,
      });
    }
  }
  return choices.size >= choicesAsked(params) && [...choices.values()].every(isWhole);
}

function isWhole({ text, finish_reason: finishReason, error }: Record<string, unknown>): boolean {
  return typeof text === "string" && text !== "" && finishReason === "stop" && !isSet(error);
}

/** Each prompt is answered by as many choices as are asked for. */
function choicesAsked({ prompt, n }: Params): number {
  return promptsIn(prompt) * (typeof n === "number" ? n : 1);
}

/** A text or a list of token ids, or a list of either. */
function promptsIn(prompt: unknown): number {
  if (typeof prompt === "string") return 1;
  if (!Array.isArray(prompt) || prompt.length === 0) return 0;
  if (prompt.every(Number.isSafeInteger)) return 1;
  return prompt.every((item) => typeof item === "string") || prompt.every(Array.isArray) ? prompt.length : 0;
}

function completeChoice(choice: RawObject): string {
  if (!isGiven(choice.get("text")) || !isGiven(choice.get("finish_reason")))
    throw new UnknownShape("a choice that is not complete");
  return formatObject(choice);
}

/** A choice in two pieces: what it says, and its end. */
function piecesOf(choice: RawObject): string[] {
  const end = new Map(choice).set("text", '""');
  if (end.has("logprobs")) end.set("logprobs", "null");
  return [formatObject(new Map(choice).set("finish_reason", "null")), formatObject(end)];
}
