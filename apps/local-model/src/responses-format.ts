import type { Response, ResponseOutputItem, ResponseStreamEvent } from "openai/resources/responses/responses";
import type { Answer } from "./answer.ts";
import { invalidRequest } from "./api-error.ts";
import {
  type Body,
  member,
  numberMember,
  type Question,
  readModel,
  readToolChoice,
  stringMember,
  textOf,
  type Tool,
} from "./question.ts";
import { outputEvents, outputItems } from "./responses-output.ts";
import { canonicalText } from "./seed.ts";
import { countTokens } from "./tokens.ts";
import type { ServerSentEvent, Stamp, WireFormat } from "./wire-format.ts";

/** `POST /v1/responses` (platform.openai.com/docs/api-reference/responses and …/responses-streaming). */
export const responsesFormat: WireFormat = {
  identifierPrefix: "resp_",
  readQuestion,
  encodeBody: (answer, body, question, stamp) => encodeResponse(answer, body, stamp, outputItems(answer, question)),
  encodeEvents,
  encodeFailure: (error) => ({
    event: "error",
    data: JSON.stringify({
      type: "error",
      code: error.code ?? error.type,
      message: error.message,
      param: error.parameter,
      sequence_number: 0,
    }),
    tokens: 0,
  }),
};

function readQuestion(body: Body): Question {
  const model = readModel(body);
  const items = readItems(body["input"]);
  const last = items.at(-1);
  const lastUser = items.findLast((item) => stringMember(item, "role") === "user");
  const tools = readTools(body);
  const format = member(body["text"], "format");
  return {
    model,
    prompts: [textOf(member(lastUser, "content"))],
    choices: 1,
    inputTokens: items.reduce<number>(
      (total, item) => total + 4 + countTokens(textOf(member(item, "content") ?? member(item, "output"))),
      3 + countTokens(stringMember(body, "instructions")),
    ),
    canonical: canonicalText(body),
    maxTokens: numberMember(body, ["max_output_tokens"], Infinity),
    stop: [],
    tools,
    toolChoice: readToolChoice(body, tools),
    toolResult: stringMember(last, "type") === "function_call_output" ? stringMember(last, "output") : undefined,
    schema: stringMember(format, "type") === "json_object" ? true : member(format, "schema"),
    topLogprobs: asksForLogprobs(body) ? numberMember(body, ["top_logprobs"], 0) : undefined,
  };
}

function readItems(input: unknown): unknown[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  if (Array.isArray(input) && input.length > 0) return input;
  throw invalidRequest("input", "input must be a string or an array of at least one item.");
}

function readTools(body: Body): Tool[] {
  const tools: unknown = body["tools"];
  if (!Array.isArray(tools)) return [];
  return tools
    .filter((tool) => stringMember(tool, "type") === "function")
    .map((tool) => ({ name: stringMember(tool, "name"), parameters: member(tool, "parameters") }));
}

function asksForLogprobs(body: Body): boolean {
  return Array.isArray(body["include"]) && body["include"].includes("message.output_text.logprobs");
}

/** A response on the wire: the SDK adds `output_text` itself. */
type WireResponse = Omit<Response, "output_text">;

function encodeResponse(answer: Answer, body: Body, stamp: Stamp, output: ResponseOutputItem[]): WireResponse {
  const finishReason = answer.choices[0]?.finishReason;
  const incomplete = finishReason === "length" || finishReason === "content_filter";
  return {
    ...encodeSettings(body, stamp),
    status: incomplete ? "incomplete" : "completed",
    completed_at: stamp.created,
    incomplete_details: incomplete
      ? { reason: finishReason === "length" ? "max_output_tokens" : "content_filter" }
      : null,
    output,
    usage: {
      input_tokens: answer.inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: answer.outputTokens,
      output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
      total_tokens: answer.inputTokens + answer.outputTokens,
    },
  };
}

/** What is known before the first token: the request's own settings, as the API repeats them, and its defaults. */
function encodeSettings(body: Body, stamp: Stamp): WireResponse {
  const settings = {
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    parallel_tool_calls: true,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    temperature: 1,
    text: { format: { type: "text" }, verbosity: "medium" },
    tool_choice: "auto",
    tools: [],
    top_logprobs: 0,
    top_p: 1,
    truncation: "disabled",
  };
  const given = Object.fromEntries(Object.entries(body).filter(([name]) => name in settings));
  return {
    id: stamp.id,
    object: "response",
    created_at: stamp.created,
    status: "in_progress",
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    model: readModel(body),
    output: [],
    service_tier: "default",
    store: true,
    ...settings,
    ...given,
    access_programs: null,
  } as WireResponse;
}

function* encodeEvents(answer: Answer, body: Body, question: Question, stamp: Stamp): Generator<ServerSentEvent> {
  let sequence = 0;
  // Each event is numbered when it is sent, so that a text has no gap in its numbers.
  const encode = (event: Record<string, unknown> & { readonly type: string }, tokens = 0): ServerSentEvent => ({
    event: event.type,
    data: JSON.stringify({ ...event, sequence_number: sequence++ }),
    tokens,
  });
  const begun = encodeSettings(body, stamp);
  yield encode({ type: "response.created", response: begun });
  yield encode({ type: "response.in_progress", response: begun });
  const output: ResponseOutputItem[] = [];
  for (const { event, tokens, finished } of outputEvents(answer, question)) {
    if (finished !== undefined) output.push(finished);
    yield encode(event, tokens);
  }
  const response = encodeResponse(answer, body, stamp, output);
  const type: ResponseStreamEvent["type"] =
    response.status === "completed" ? "response.completed" : "response.incomplete";
  yield encode({ type, response });
}
