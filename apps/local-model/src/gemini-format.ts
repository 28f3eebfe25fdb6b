import type { Answer, Choice } from "./answer.ts";
import { invalidRequest } from "./api-error.ts";
import {
  type Body,
  member,
  numberMember,
  type Question,
  readModel,
  stringMember,
  textOf,
  type Tool,
} from "./question.ts";
import { canonicalText } from "./seed.ts";
import { countTokens, splitTokens } from "./tokens.ts";
import { google } from "./vendors.ts";
import { interleave, type ServerSentEvent, type Stamp, type WireFormat } from "./wire-format.ts";

/** `POST /v1beta/models/{model}:generateContent` and `…:streamGenerateContent` (ai.google.dev/api/generate-content). */
export const geminiFormat: WireFormat = {
  identifierPrefix: "",
  readQuestion,
  encodeBody: (answer, _body, question, stamp) => ({
    candidates: answer.choices.map((choice) =>
      candidate(choice, mergeTexts(partsOf(choice)), finishReasonOf(choice), answer.choices.length),
    ),
    ...encodeRest(answer, question, stamp),
  }),
  encodeEvents,
  encodeFailure: (error) => ({ data: JSON.stringify(google.encodeError(error)), tokens: 0 }),
};

/** A piece of what is said. */
interface Part {
  text?: string;
  readonly thought?: boolean;
  readonly functionCall?: { readonly name: string; readonly args: unknown };
}

interface Candidate {
  readonly content: { readonly parts?: readonly Part[]; readonly role: "model" };
  readonly finishReason?: FinishReason;
  readonly index?: number;
}

type FinishReason = "STOP" | "MAX_TOKENS" | "SAFETY" | "PROHIBITED_CONTENT";

/** The text of a content, by its parts. */
export function partsText(content: unknown): string {
  return textOf(member(content, "parts"));
}

function readQuestion(body: Body): Question {
  const contents = [body["contents"] ?? []].flat() as unknown[];
  if (contents.length === 0) throw invalidRequest("contents", "contents must hold at least one content.");
  const config = (body["generationConfig"] ?? {}) as Body;
  const tools = readTools(body);
  const lastUser = contents.findLast((content) => stringMember(content, "role") !== "model");
  return {
    model: readModel(body),
    prompts: [partsText(lastUser)],
    choices: numberMember(config, ["candidateCount"], 1),
    inputTokens: [body["systemInstruction"], ...contents].reduce<number>(
      (total, content) => total + countTokens(partsText(content)),
      1,
    ),
    canonical: canonicalText(body),
    maxTokens: numberMember(config, ["maxOutputTokens"], Infinity),
    stop: [],
    tools,
    toolChoice: readChoice(body, tools),
    toolResult: functionResult(contents.at(-1)),
    schema: config["responseJsonSchema"] ?? config["responseSchema"],
    topLogprobs: undefined,
  };
}

function readTools(body: Body): Tool[] {
  const tools = [body["tools"] ?? []].flat() as unknown[];
  return tools
    .flatMap((tool) => (member(tool, "functionDeclarations") ?? []) as unknown[])
    .map((tool) => ({
      name: stringMember(tool, "name"),
      parameters: member(tool, "parametersJsonSchema") ?? member(tool, "parameters"),
    }));
}

function readChoice(body: Body, tools: readonly Tool[]): Question["toolChoice"] {
  const mode = stringMember(member(body["toolConfig"], "functionCallingConfig"), "mode");
  if (tools.length === 0 || mode === "NONE") return "none";
  return mode === "ANY" ? "required" : "auto";
}

function functionResult(content: unknown): string | undefined {
  const parts = [member(content, "parts") ?? []].flat() as unknown[];
  const response = parts.map((part) => member(part, "functionResponse")).find((found) => found !== undefined);
  return response === undefined ? undefined : JSON.stringify(member(response, "response"));
}

/** What a candidate says, token by token. */
function partsOf(choice: Choice): Part[] {
  const texts = choice.refusal === undefined ? choice.tokens : [];
  return [
    ...choice.reasoning.map((text) => ({ text, thought: true })),
    ...texts.map((text) => ({ text })),
    ...choice.toolCalls.map(({ name, arguments: args }) => ({
      functionCall: { name, args: JSON.parse(args) as unknown },
    })),
  ];
}

function mergeTexts(parts: readonly Part[]): Part[] {
  const merged: Part[] = [];
  for (const part of parts) {
    const before = merged.at(-1);
    if (before?.text !== undefined && part.text !== undefined && before.thought === part.thought)
      before.text += part.text;
    else merged.push({ ...part });
  }
  return merged;
}

const finishReasons: Readonly<Record<Choice["finishReason"], FinishReason>> = {
  stop: "STOP",
  tool_calls: "STOP",
  length: "MAX_TOKENS",
  content_filter: "SAFETY",
};

function finishReasonOf({ refusal, finishReason }: Choice): FinishReason {
  return refusal === undefined ? finishReasons[finishReason] : "PROHIBITED_CONTENT";
}

/** The API names the index of a candidate only where there are several. */
function candidate(
  { index }: Choice,
  parts: readonly Part[],
  finishReason: FinishReason | undefined,
  candidates: number,
): Candidate {
  return {
    content: { ...(parts.length > 0 && { parts }), role: "model" },
    ...(finishReason !== undefined && { finishReason }),
    ...(candidates > 1 && { index }),
  };
}

function encodeRest(
  answer: Answer,
  { model }: Question,
  { created }: Stamp,
  outputTokens = answer.outputTokens,
): object {
  const { inputTokens: promptTokenCount, reasoningTokens } = answer;
  const candidatesTokenCount = Math.max(0, outputTokens - reasoningTokens);
  return {
    usageMetadata: {
      promptTokenCount,
      candidatesTokenCount,
      totalTokenCount: promptTokenCount + outputTokens,
      promptTokensDetails: [{ modality: "TEXT", tokenCount: promptTokenCount }],
      ...(reasoningTokens > 0 && { thoughtsTokenCount: reasoningTokens }),
    },
    modelVersion: model,
    responseId: `response-${created}`,
  };
}

function* encodeEvents(answer: Answer, _body: Body, question: Question, stamp: Stamp): Generator<ServerSentEvent> {
  const { choices } = answer;
  const candidates = choices.map((choice) => {
    const parts = partsOf(choice);
    const pieces = parts.map((part) => candidate(choice, [part], undefined, choices.length));
    const end = candidate(choice, [], finishReasonOf(choice), choices.length);
    return [...pieces, end];
  });
  let told = 0;
  for (const piece of interleave(candidates)) {
    const isEnd = piece.finishReason !== undefined;
    told += isEnd ? 0 : splitTokens(piece.content.parts?.[0]?.text ?? "").length;
    const rest = encodeRest(answer, question, stamp, isEnd ? answer.outputTokens : told);
    yield { data: JSON.stringify({ candidates: [piece], ...rest }), tokens: isEnd ? 0 : 1 };
  }
}
