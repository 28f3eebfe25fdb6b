import type {
  ResponseFunctionToolCall,
  ResponseOutputItem,
  ResponseOutputMessage,
  ResponseReasoningItem,
  ResponseStreamEvent,
} from "openai/resources/responses/responses";
import type { Answer, Choice, ToolCall } from "./answer.ts";
import { newIdentifier } from "./identifiers.ts";
import { logprobsOf } from "./logprobs.ts";
import type { Question } from "./question.ts";
import { splitTokens } from "./tokens.ts";
import { padding } from "./wire-format.ts";

type Unnumbered<Event> = Event extends unknown ? Omit<Event, "sequence_number"> : never;

/** An event of the output, before it gets its number. `finished` is the item that it completes. */
export interface OutputEvent {
  readonly event: Unnumbered<ResponseStreamEvent>;
  readonly tokens: number;
  readonly finished?: ResponseOutputItem;
}

/** The events of all items of the output, one item after the other. */
export function* outputEvents(answer: Answer, question: Question): Generator<OutputEvent> {
  let index = 0;
  for (const choice of answer.choices) {
    if (choice.reasoning.length > 0) yield* reasoningEvents(choice.reasoning, index++);
    for (const call of choice.toolCalls) yield* toolCallEvents(call, index++);
    if (choice.toolCalls.length === 0) yield* messageEvents(choice, question, index++);
  }
}

/** All items of the output, complete. */
export function outputItems(answer: Answer, question: Question): ResponseOutputItem[] {
  return [...outputEvents(answer, question)].flatMap(({ finished }) => finished ?? []);
}

function* reasoningEvents(tokens: readonly string[], output_index: number): Generator<OutputEvent> {
  const item: ResponseReasoningItem = { id: newIdentifier("rs_", 48), type: "reasoning", summary: [] };
  const at = { item_id: item.id, output_index, summary_index: 0 };
  const text = tokens.join("");
  const part = { type: "summary_text" as const, text };
  const finished = { ...item, summary: [part] };
  yield { event: { type: "response.output_item.added", output_index, item }, tokens: 0 };
  yield { event: { type: "response.reasoning_summary_part.added", ...at, part: { ...part, text: "" } }, tokens: 0 };
  for (const delta of tokens)
    yield { event: { type: "response.reasoning_summary_text.delta", ...at, delta }, tokens: 1 };
  yield { event: { type: "response.reasoning_summary_text.done", ...at, text }, tokens: 0 };
  yield { event: { type: "response.reasoning_summary_part.done", ...at, part }, tokens: 0 };
  yield { event: { type: "response.output_item.done", output_index, item: finished }, tokens: 0, finished };
}

function* toolCallEvents(call: ToolCall, output_index: number): Generator<OutputEvent> {
  const id = newIdentifier("fc_", 48);
  const finished: ResponseFunctionToolCall = {
    id,
    type: "function_call",
    status: "completed",
    call_id: call.id,
    name: call.name,
    arguments: call.arguments,
  };
  const at = { item_id: id, output_index };
  yield {
    event: {
      type: "response.output_item.added",
      output_index,
      item: { ...finished, status: "in_progress", arguments: "" },
    },
    tokens: 0,
  };
  for (const delta of splitTokens(call.arguments)) {
    yield { event: { type: "response.function_call_arguments.delta", ...at, delta }, tokens: 1 };
  }
  yield { event: { type: "response.function_call_arguments.done", ...at, arguments: call.arguments }, tokens: 0 };
  yield { event: { type: "response.output_item.done", output_index, item: finished }, tokens: 0, finished };
}

function* messageEvents(choice: Choice, question: Question, output_index: number): Generator<OutputEvent> {
  const id = newIdentifier("msg_", 48);
  const at = { item_id: id, output_index, content_index: 0 };
  const message: ResponseOutputMessage = { id, type: "message", status: "in_progress", role: "assistant", content: [] };
  const part = contentPart(choice, question);
  const status = choice.finishReason === "stop" ? "completed" : "incomplete";
  const finished: ResponseOutputMessage = { ...message, status, content: [part] };
  yield { event: { type: "response.output_item.added", output_index, item: message }, tokens: 0 };
  yield { event: { type: "response.content_part.added", ...at, part: emptied(part) }, tokens: 0 };
  if (part.type === "refusal") {
    for (const delta of splitTokens(part.refusal))
      yield { event: { type: "response.refusal.delta", ...at, delta }, tokens: 1 };
    yield { event: { type: "response.refusal.done", ...at, refusal: part.refusal }, tokens: 0 };
  } else {
    for (const delta of choice.tokens) {
      const logprobs = logprobsFor([delta], question);
      const obfuscation = { obfuscation: padding(delta.length) };
      yield { event: { type: "response.output_text.delta", ...at, delta, logprobs, ...obfuscation }, tokens: 1 };
    }
    yield {
      event: {
        type: "response.output_text.done",
        ...at,
        text: part.text,
        logprobs: logprobsFor(choice.tokens, question),
      },
      tokens: 0,
    };
  }
  yield { event: { type: "response.content_part.done", ...at, part }, tokens: 0 };
  yield { event: { type: "response.output_item.done", output_index, item: finished }, tokens: 0, finished };
}

type ContentPart = ResponseOutputMessage["content"][number];

function contentPart(choice: Choice, question: Question): ContentPart {
  if (choice.refusal !== undefined) return { type: "refusal", refusal: choice.refusal };
  const text = choice.tokens.join("");
  return { type: "output_text", annotations: [], logprobs: logprobsFor(choice.tokens, question), text };
}

function emptied(part: ContentPart): ContentPart {
  return part.type === "refusal" ? { ...part, refusal: "" } : { ...part, text: "", logprobs: [] };
}

function logprobsFor(tokens: readonly string[], question: Question) {
  return question.topLogprobs === undefined ? [] : logprobsOf(tokens, question.topLogprobs);
}
