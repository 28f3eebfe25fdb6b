import type { Call } from "./key.ts";
import { isPlainObject } from "./plain-object.ts";

/** A call taken apart: the wording of its last user turn, and all the rest. */
export interface PromptParts {
  /** The wording; several text parts are joined by line ends. */
  readonly prompt: string;
  /** The call with a placeholder where each piece of the wording stood. */
  readonly rest: Call;
}

/** Operations whose text is no turn of a conversation: another wording is another answer. */
const wordless: ReadonlySet<string> = new Set([
  "embedding",
  "transcription",
  "speech",
  "image",
  "rerank",
  "moderation",
]);

/** The types of a content part that is wording; a file's or a document's text is none. */
const textTypes: ReadonlySet<unknown> = new Set([undefined, "text", "input_text"]);

/** No text that a person writes; where it stands is what counts. */
const placeholder = "\u0000prompt\u0000";

/**
 * Finds the wording of the last user turn in the common shapes: `messages` (Chat Completions, Anthropic), `input` (Responses, as text or
 * items), `contents` (Gemini, as text or turns), `prompt` (Completions); the first of these that the call has. `undefined` where the call
 * ends otherwise, for example with a tool result, and for operations without a conversation: such a call has an exact key only.
 */
export function promptOf(call: Call): PromptParts | undefined {
  const { params } = call;
  if (!isPlainObject(params) || wordless.has(call.operation)) return undefined;
  const member = ["messages", "input", "contents", "prompt"].find((name) => params[name] !== undefined);
  const taken = member === undefined ? undefined : takeTurn(params[member]);
  if (member === undefined || taken === undefined) return undefined;
  return { prompt: taken.texts.join("\n"), rest: { ...call, params: { ...params, [member]: taken.rest } } };
}

interface Taken {
  readonly texts: readonly string[];
  readonly rest: unknown;
}

/** A turn is the text itself, or a list of messages of which the last is the user's. */
function takeTurn(turns: unknown): Taken | undefined {
  if (typeof turns === "string") return { texts: [turns], rest: placeholder };
  if (!Array.isArray(turns)) return undefined;
  const earlier: unknown[] = turns.slice(0, -1);
  const last: unknown = turns.at(-1);
  if (!isPlainObject(last)) return undefined;
  // Gemini's turns have parts, and may leave the role out where they are the user's.
  const [member, role] = last["parts"] === undefined ? ["content", last["role"]] : ["parts", last["role"] ?? "user"];
  const content = role === "user" ? takeContent(last[member]) : undefined;
  return content && { texts: content.texts, rest: [...earlier, { ...last, [member]: content.rest }] };
}

/** The content of a message is text, or parts of which some are text; every other part stays in the rest. */
function takeContent(content: unknown): Taken | undefined {
  if (typeof content === "string") return { texts: [content], rest: placeholder };
  if (!Array.isArray(content)) return undefined;
  const isText = (part: unknown): part is { text: string } =>
    isPlainObject(part) && typeof part["text"] === "string" && textTypes.has(part["type"]);
  const texts = content.filter(isText).map((part) => part.text);
  if (texts.length === 0) return undefined;
  return { texts, rest: content.map((part: unknown) => (isText(part) ? { ...part, text: placeholder } : part)) };
}
