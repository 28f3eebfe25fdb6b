import type { ChatCompletion, ChatCompletionChunk, ChatCompletionMessage } from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import type { Answer, Choice } from "./answer.ts";
import { invalidRequest } from "./api-error.ts";
import { logprobsOf } from "./logprobs.ts";
import {
  type Body,
  member,
  numberMember,
  type Question,
  readModel,
  readToolChoice,
  stringMember,
  stringsMember,
  textOf,
  type Tool,
} from "./question.ts";
import { canonicalText, seedOf } from "./seed.ts";
import { countTokens, splitTokens } from "./tokens.ts";
import { openai } from "./vendors.ts";
import { interleave, padding, type ServerSentEvent, type Stamp, type WireFormat } from "./wire-format.ts";

/** `POST /v1/chat/completions` (platform.openai.com/docs/api-reference/chat). */
export const chatFormat: WireFormat = {
  identifierPrefix: "chatcmpl-",
  readQuestion,
  encodeBody,
  encodeEvents,
  encodeFailure: (error) => ({ data: JSON.stringify(openai.encodeError(error)), tokens: 0 }),
};

function readQuestion(body: Body): Question {
  const model = readModel(body);
  const messages = readMessages(body["messages"]);
  const lastUser = messages.findLast((message) => stringMember(message, "role") === "user");
  const last = messages.at(-1);
  const tools = readTools(body);
  const format = body["response_format"];
  return {
    model,
    prompts: [textOf(member(lastUser, "content"))],
    choices: numberMember(body, ["n"], 1),
    // Each message costs about four tokens beside its text, and the answer's first words three.
    inputTokens: messages.reduce<number>(
      (total, message) => total + 4 + countTokens(textOf(member(message, "content"))),
      3,
    ),
    canonical: canonicalText(body),
    maxTokens: numberMember(body, ["max_completion_tokens", "max_tokens"], Infinity),
    stop: stringsMember(body, "stop"),
    tools,
    toolChoice: readToolChoice(body, tools),
    toolResult: stringMember(last, "role") === "tool" ? textOf(member(last, "content")) : undefined,
    schema: stringMember(format, "type") === "json_object" ? true : member(member(format, "json_schema"), "schema"),
    topLogprobs: body["logprobs"] === true ? numberMember(body, ["top_logprobs"], 0) : undefined,
  };
}

function readMessages(messages: unknown): unknown[] {
  if (Array.isArray(messages) && messages.length > 0) return messages;
  throw invalidRequest("messages", "messages must be an array of at least one message.");
}

function readTools(body: Body): Tool[] {
  const tools: unknown = body["tools"];
  if (!Array.isArray(tools)) return [];
  return tools.map((tool) => ({
    name: stringMember(member(tool, "function"), "name"),
    parameters: member(member(tool, "function"), "parameters"),
  }));
}

function encodeBody(answer: Answer, _body: Body, question: Question, stamp: Stamp): ChatCompletion {
  return {
    ...stamp,
    object: "chat.completion",
    model: question.model,
    choices: answer.choices.map((choice) => ({
      index: choice.index,
      message: encodeMessage(choice),
      logprobs: encodeLogprobs(choice.tokens, question),
      finish_reason: choice.finishReason,
    })),
    usage: encodeUsage(answer),
    service_tier: "default",
    system_fingerprint: fingerprintOf(question.model),
  };
}

function encodeMessage(choice: Choice): ChatCompletionMessage {
  const hasText = choice.refusal === undefined && choice.toolCalls.length === 0;
  const reasoning = choice.reasoning.length > 0 ? { reasoning_content: choice.reasoning.join("") } : {};
  const toolCalls = choice.toolCalls.map((call) => ({
    id: call.id,
    type: "function" as const,
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    role: "assistant",
    content: hasText ? choice.tokens.join("") : null,
    ...reasoning,
    ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
    refusal: choice.refusal ?? null,
    annotations: [],
  };
}

function* encodeEvents(answer: Answer, body: Body, question: Question, stamp: Stamp): Generator<ServerSentEvent> {
  const includeUsage = member(body["stream_options"], "include_usage") === true;
  const chunk = (choices: ChatCompletionChunk.Choice[], usage: CompletionUsage | null): ChatCompletionChunk => ({
    ...stamp,
    object: "chat.completion.chunk",
    model: question.model,
    service_tier: "default",
    system_fingerprint: fingerprintOf(question.model),
    choices,
    ...(includeUsage ? { usage } : {}),
  });
  for (const { text, choice } of interleave(answer.choices.map((each) => encodeChoice(each, question)))) {
    yield {
      data: JSON.stringify({ ...chunk([choice], null), obfuscation: padding(text.length) }),
      tokens: text === "" ? 0 : 1,
    };
  }
  if (includeUsage) yield { data: JSON.stringify(chunk([], encodeUsage(answer))), tokens: 0 };
  yield { data: "[DONE]", tokens: 0 };
}

/** The chunks of one choice: its role, then token after token, then its end. */
function encodeChoice(choice: Choice, question: Question): { text: string; choice: ChatCompletionChunk.Choice }[] {
  const part = (
    text: string,
    delta: ChatCompletionChunk.Choice.Delta,
    logprobs: ChatCompletionChunk.Choice.Logprobs | null = null,
  ) => ({
    text,
    choice: { index: choice.index, delta, logprobs, finish_reason: null },
  });
  const end = {
    text: "",
    choice: { index: choice.index, delta: {}, logprobs: null, finish_reason: choice.finishReason },
  };
  const hasText = choice.refusal === undefined && choice.toolCalls.length === 0;
  return [
    part("", { role: "assistant", content: hasText ? "" : null, refusal: choice.refusal === undefined ? null : "" }),
    ...choice.reasoning.map((token) => part(token, { reasoning_content: token } as ChatCompletionChunk.Choice.Delta)),
    ...choice.tokens.map((token) => part(token, { content: token }, encodeLogprobs([token], question))),
    ...splitTokens(choice.refusal ?? "").map((token) => part(token, { refusal: token })),
    ...choice.toolCalls.flatMap((call, index) => [
      part(call.name, {
        tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }],
      }),
      ...splitTokens(call.arguments).map((token) =>
        part(token, { tool_calls: [{ index, function: { arguments: token } }] }),
      ),
    ]),
    end,
  ];
}

function encodeLogprobs(tokens: readonly string[], question: Question): ChatCompletion.Choice.Logprobs | null {
  if (question.topLogprobs === undefined) return null;
  return { content: logprobsOf(tokens, question.topLogprobs), refusal: null };
}

/** Usage as chat and the old completions count it. */
export function encodeUsage(answer: Answer): CompletionUsage {
  return {
    prompt_tokens: answer.inputTokens,
    completion_tokens: answer.outputTokens,
    total_tokens: answer.inputTokens + answer.outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: answer.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Names the configuration that a model runs with: the same for every answer of a model. */
export function fingerprintOf(model: string): string {
  return `fp_${seedOf(model).toString(16).padStart(8, "0")}`;
}
