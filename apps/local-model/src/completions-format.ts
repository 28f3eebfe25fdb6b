import type { Completion, CompletionChoice } from "openai/resources/completions";
import type { Answer, Choice } from "./answer.ts";
import { invalidRequest } from "./api-error.ts";
import { encodeUsage, fingerprintOf } from "./chat-format.ts";
import { readInputs } from "./input.ts";
import { logprobsOf } from "./logprobs.ts";
import { type Body, member, numberMember, type Question, readModel, stringsMember } from "./question.ts";
import { canonicalText } from "./seed.ts";
import { openai } from "./vendors.ts";
import { interleave, type ServerSentEvent, type Stamp, type WireFormat } from "./wire-format.ts";

/** `POST /v1/completions` (platform.openai.com/docs/api-reference/completions). */
export const completionsFormat: WireFormat = {
  identifierPrefix: "cmpl-",
  readQuestion,
  encodeBody,
  encodeEvents,
  encodeFailure: (error) => ({ data: JSON.stringify(openai.encodeError(error)), tokens: 0 }),
};

/** The default of the API: an old model stops early unless it is told otherwise. */
const defaultMaxTokens = 16;

function readQuestion(body: Body): Question {
  const model = readModel(body);
  const inputs = readInputs(body["prompt"]);
  if (inputs.length === 0)
    throw invalidRequest("prompt", "prompt must be a string, an array of strings, or token ids.");
  return {
    model,
    prompts: inputs.map((input) => input.text),
    choices: numberMember(body, ["n"], 1),
    inputTokens: inputs.reduce((total, input) => total + input.tokens, 0),
    canonical: canonicalText(body),
    maxTokens: numberMember(body, ["max_tokens"], defaultMaxTokens),
    stop: stringsMember(body, "stop"),
    tools: [],
    toolChoice: "none",
    toolResult: undefined,
    schema: undefined,
    topLogprobs: typeof body["logprobs"] === "number" ? body["logprobs"] : undefined,
  };
}

function encodeBody(answer: Answer, _body: Body, question: Question, stamp: Stamp): Completion {
  return {
    ...envelope(question, stamp),
    choices: answer.choices.map((choice) => ({
      text: choice.tokens.join(""),
      index: choice.index,
      logprobs: encodeLogprobs(choice.tokens, 0, question),
      finish_reason: finishReasonOf(choice),
    })),
    usage: encodeUsage(answer),
  };
}

function* encodeEvents(answer: Answer, body: Body, question: Question, stamp: Stamp): Generator<ServerSentEvent> {
  const usage = member(body["stream_options"], "include_usage") === true ? { usage: null } : {};
  for (const choice of interleave(answer.choices.map((each) => encodeChoice(each, question)))) {
    const data = JSON.stringify({ ...envelope(question, stamp), choices: [choice], ...usage });
    yield { data, tokens: choice.text === "" ? 0 : 1 };
  }
  if ("usage" in usage)
    yield {
      data: JSON.stringify({ ...envelope(question, stamp), choices: [], usage: encodeUsage(answer) }),
      tokens: 0,
    };
  yield { data: "[DONE]", tokens: 0 };
}

function encodeChoice(choice: Choice, question: Question) {
  let offset = 0;
  const parts = choice.tokens.map((token) => {
    const part = {
      text: token,
      index: choice.index,
      logprobs: encodeLogprobs([token], offset, question),
      finish_reason: null,
    };
    offset += token.length;
    return part;
  });
  return [...parts, { text: "", index: choice.index, logprobs: null, finish_reason: finishReasonOf(choice) }];
}

function envelope(question: Question, stamp: Stamp) {
  return {
    ...stamp,
    object: "text_completion" as const,
    model: question.model,
    system_fingerprint: fingerprintOf(question.model),
  };
}

function finishReasonOf(choice: Choice): CompletionChoice["finish_reason"] {
  return choice.finishReason === "tool_calls" ? "stop" : choice.finishReason;
}

function encodeLogprobs(
  tokens: readonly string[],
  offset: number,
  question: Question,
): CompletionChoice.Logprobs | null {
  if (question.topLogprobs === undefined) return null;
  const probabilities = logprobsOf(tokens, question.topLogprobs);
  let position = offset;
  return {
    tokens: [...tokens],
    token_logprobs: probabilities.map((token) => token.logprob),
    top_logprobs: probabilities.map((token) =>
      Object.fromEntries(token.top_logprobs.map((top) => [top.token, top.logprob])),
    ),
    text_offset: tokens.map((token) => (position += token.length) - token.length),
  };
}
