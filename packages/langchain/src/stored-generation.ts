import {
  AIMessageChunk,
  BaseMessage,
  mapStoredMessageToChatMessage,
  type StoredMessage,
} from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatGeneration, type Generation } from "@langchain/core/outputs";

/** A generation as it is stored: the text, what the vendor says of it, and the message in LangChain's own form of stored messages. */
export interface StoredGeneration {
  readonly text: string;
  readonly generationInfo?: Record<string, unknown> | undefined;
  readonly message?: StoredMessage | undefined;
  /** Whether the message is a chunk: a piece of a stream, or the sum of one. */
  readonly isChunk?: true | undefined;
}

/** Everything that a message holds. Read from it, because its own `toDict` changes what looks like LangChain's serialised objects. */
const fields = [
  "content",
  "id",
  "name",
  "additional_kwargs",
  "response_metadata",
  "tool_calls",
  "invalid_tool_calls",
  "tool_call_chunks",
  "usage_metadata",
  "tool_call_id",
  "status",
  "artifact",
  "role",
] as const;

/** Message and kind as data. */
export function toStoredMessage(message: BaseMessage): StoredMessage {
  const from = message as unknown as Record<string, unknown>;
  const data = fields.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]);
  return { type: message.type, data: Object.fromEntries(data) as StoredMessage["data"] };
}

/** A generation as data. What is no JSON stays in it, so that the cache sees it and does not store it. */
export function toStored(generation: Generation): StoredGeneration {
  const { text, generationInfo } = generation;
  const info = generationInfo === undefined ? {} : { generationInfo };
  if (!("message" in generation) || !BaseMessage.isInstance(generation.message)) return { text, ...info };
  const { message } = generation;
  const isChunk = AIMessageChunk.isInstance(message);
  return { text, ...info, message: toStoredMessage(message), ...(isChunk && { isChunk }) };
}

/** The generation again: a new one, the caller's own. `undefined` for what is none. */
export function fromStored(stored: unknown): Generation | ChatGeneration | undefined {
  if (!isStored(stored)) return undefined;
  const { text, generationInfo, message, isChunk } = stored;
  const info = generationInfo === undefined ? {} : { generationInfo };
  if (message === undefined) return { text, ...info };
  if (isChunk !== true) return { text, ...info, message: mapStoredMessageToChatMessage(message) };
  const chunk = new AIMessageChunk(message.data as ConstructorParameters<typeof AIMessageChunk>[0]);
  return new ChatGenerationChunk({ text, ...info, message: chunk });
}

/** Several generations again. `undefined` where one is none. */
export function fromStoredList(stored: unknown): Generation[] | undefined {
  if (!Array.isArray(stored)) return undefined;
  try {
    const generations = stored.map(fromStored);
    return generations.every((generation) => generation !== undefined) ? generations : undefined;
  } catch {
    // Of a kind that LangChain does not know.
    return undefined;
  }
}

function isStored(value: unknown): value is StoredGeneration {
  return typeof value === "object" && value !== null && "text" in value && typeof value.text === "string";
}
