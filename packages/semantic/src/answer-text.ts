/**
 * The text of a model's answer, in the shapes that vendors send and programs keep: text itself, JSON as bytes or text, Chat Completions, Completions,
 * Responses, Anthropic messages, Gemini. `undefined` for an answer of another shape, or one that is more than text, such as a tool call.
 */
export function answerText(answer: unknown): string | undefined {
  if (answer instanceof Uint8Array) return answerText(decodeText(answer));
  if (typeof answer === "string") return parsed(answer) ?? answer;
  if (typeof answer !== "object" || answer === null) return undefined;
  const { choices, output, content, candidates, text } = answer as Readonly<Record<string, unknown>>;
  if (Array.isArray(choices))
    return only(choices, ({ message, text: whole }) => textOf(whole) ?? textOfMessage(message));
  if (Array.isArray(output)) {
    const messages = output.filter((item) => membersOf(item)["type"] !== "reasoning");
    return only(messages, ({ type, content: parts }) => (type === "message" ? textOf(parts) : undefined));
  }
  if (Array.isArray(candidates)) return only(candidates, ({ content: turn }) => textOf(membersOf(turn)["parts"]));
  return textOf(content) ?? textOf(text);
}

function textOfMessage(message: unknown): string | undefined {
  const { content, tool_calls: toolCalls, function_call: call } = membersOf(message);
  const calls = Array.isArray(toolCalls) ? toolCalls.length > 0 : toolCalls !== undefined && toolCalls !== null;
  return calls || (call !== undefined && call !== null) ? undefined : textOf(content);
}

/** Text, or parts that are all text. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content) || content.length === 0) return undefined;
  const texts = content.map((part) => membersOf(part)["text"]);
  return texts.every((text) => typeof text === "string") ? texts.join("") : undefined;
}

/** Several choices are several answers. */
function only(
  list: readonly unknown[],
  read: (item: Readonly<Record<string, unknown>>) => string | undefined,
): string | undefined {
  return list.length === 1 ? read(membersOf(list[0])) : undefined;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The text of an answer that is kept as the JSON it came in. */
function parsed(text: string): string | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return answerText(JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
