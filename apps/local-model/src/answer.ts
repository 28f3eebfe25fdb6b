import type { AnswerOverride } from "./behaviour.ts";
import { generateText, topicOf } from "./generate-text.ts";
import { newIdentifier } from "./identifiers.ts";
import type { Question, Tool } from "./question.ts";
import { exampleOf } from "./schema-example.ts";
import { countTokens, splitTokens } from "./tokens.ts";

/** A call of a tool. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

/** One of the answers to a question: text, a refusal, or tool calls. */
export interface Choice {
  readonly index: number;
  /** The text, token by token. */
  readonly tokens: readonly string[];
  readonly reasoning: readonly string[];
  readonly refusal: string | undefined;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: "stop" | "length" | "content_filter" | "tool_calls";
}

/** What the model answers. */
export interface Answer {
  readonly choices: readonly Choice[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** How many of the output tokens are reasoning. */
  readonly reasoningTokens: number;
}

/** Answers a question: always the same for the same question, but for the identifiers of tool calls. */
export function answerQuestion(question: Question, override: AnswerOverride = {}): Answer {
  const choices = question.prompts.flatMap((prompt, promptIndex) =>
    Array.from({ length: question.choices }, (_, variant) => ({
      ...answerOnce(question, prompt, variant, override),
      index: promptIndex * question.choices + variant,
    })),
  );
  const reasoningTokens = sum(choices.map((choice) => choice.reasoning.length));
  const outputTokens = reasoningTokens + sum(choices.map(tokensWritten));
  return { choices, inputTokens: question.inputTokens, outputTokens, reasoningTokens };
}

function answerOnce(
  question: Question,
  prompt: string,
  variant: number,
  override: AnswerOverride,
): Omit<Choice, "index"> {
  const reasoning = splitTokens(override.reasoning ?? "");
  const nothing = { tokens: [], reasoning, refusal: undefined, toolCalls: [] };
  if (override.refusal !== undefined) return { ...nothing, refusal: override.refusal, finishReason: "stop" };
  const toolCalls =
    override.toolCalls?.map((call) => newToolCall(call.name, call.arguments)) ?? chooseTools(question, prompt);
  if (toolCalls.length > 0) return { ...nothing, toolCalls, finishReason: "tool_calls" };

  const text = override.text ?? textFor(question, prompt, variant);
  const stopped = cutAtStop(text, question.stop);
  const all = splitTokens(stopped);
  const halved = override.text === undefined && (override.finishReason ?? "stop") !== "stop";
  const tokens = all.slice(0, Math.min(question.maxTokens, halved ? Math.ceil(all.length / 2) : Infinity));
  const finishReason = override.finishReason ?? (all.length > question.maxTokens ? "length" : "stop");
  return { ...nothing, tokens, finishReason };
}

function textFor(question: Question, prompt: string, variant: number): string {
  if (question.schema !== undefined) return JSON.stringify(exampleOf(question.schema, topicOf(prompt)));
  if (question.toolResult !== undefined) return `The tool says: ${question.toolResult}`;
  // A second choice must differ from the first, so only the first may be the one written by hand.
  return variant === 0
    ? generateText(prompt, question.canonical)
    : generateText(`${prompt} (${variant + 1})`, `${question.canonical} ${variant}`);
}

function chooseTools(question: Question, prompt: string): ToolCall[] {
  const { toolChoice, tools, toolResult } = question;
  if (toolChoice === "none" || toolResult !== undefined) return [];
  const speaksOf = (tool: Tool) =>
    tool.name.split(/[_\W]+/).some((word) => word.length > 3 && prompt.toLowerCase().includes(word.toLowerCase()));
  const chosen = tools.find((tool) => {
    if (toolChoice === "auto") return speaksOf(tool);
    return toolChoice === "required" || tool.name === toolChoice.name;
  });
  return chosen === undefined ? [] : [newToolCall(chosen.name, exampleOf(chosen.parameters, topicOf(prompt)))];
}

function newToolCall(name: string, value: unknown): ToolCall {
  return { id: newIdentifier("call_", 24), name, arguments: JSON.stringify(value) };
}

function cutAtStop(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((end) => end >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}

function tokensWritten(choice: Choice): number {
  const called = choice.toolCalls.map((call) => countTokens(call.name) + countTokens(call.arguments));
  return choice.tokens.length + countTokens(choice.refusal ?? "") + sum(called);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
