import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";
import type { Call } from "@llmcache/core";
import { digest } from "./digest.ts";
import { toStoredMessage } from "./stored-generation.ts";
import { whyUncacheable } from "./why-uncacheable.ts";

/** A call of a chat model as a cache sees it. */
export interface ChatCall {
  readonly call: Call;
  /** Why it goes past the cache. */
  readonly bypass: string | undefined;
}

/**
 * A call is its messages, and a digest of everything else, for that holds the API key. What cannot be told apart from others goes past the cache.
 *
 * @param kind streams and whole answers have entries of their own, because models do not say the same in both
 */
export async function chatCall(
  model: BaseChatModel,
  kind: "whole" | "stream",
  messages: readonly BaseMessage[],
  options: BaseChatModel["ParsedCallOptions"],
): Promise<ChatCall> {
  const operation = "chat";
  try {
    const identity = identityOf(model, options);
    const params = {
      langchain: kind,
      messages: messages.map(countedMessage),
      model: await digest(JSON.stringify(identity, sorted)),
    };
    // What is made of an option for the vendor stands for it.
    const told = { ...options, ...(identity.invocation as object) };
    return { call: { operation, params }, bypass: whyUncacheable(nameOf(model), told) };
  } catch {
    return { call: { operation, params: {} }, bypass: "no-json" };
  }
}

/** A model's name, as far as it tells it: the call holds a digest of all that it says. */
export function nameOf(given: BaseChatModel): string {
  const { model, modelName } = given as { readonly model?: unknown; readonly modelName?: unknown };
  return [model, modelName].find((name) => typeof name === "string") ?? given._llmType();
}

/** A message was given an id by a program, and not by its vendor: it is new each time. */
const passingId = /^(?:run-|lc_run-|[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$)/;

/** As a semantic tier knows them. */
const roles: Readonly<Record<string, string>> = { human: "user", ai: "assistant" };

/** Which model it is, and what it is asked to do, by all that it says of itself. */
function identityOf(
  model: BaseChatModel,
  options: BaseChatModel["ParsedCallOptions"],
): Record<"type" | "class" | "identifying" | "invocation" | "options", unknown> {
  const { signal: _signal, promptIndex: _index, ...counted } = options as Record<string, unknown>;
  return {
    type: model._llmType(),
    class: model.lc_id,
    identifying: model._identifyingParams(),
    invocation: model.invocationParams(options),
    options: counted,
  };
}

/** What of a message can change the answer to it: all but how it came about, and what it cost. */
function countedMessage(message: BaseMessage): object {
  const { type, data } = toStoredMessage(message);
  const { id, usage_metadata: _usage, response_metadata: told, ...others } = data as unknown as Record<string, unknown>;
  const { llmcache: _outcome, ...metadata } = (told ?? {}) as Record<string, unknown>;
  const isNamed = typeof id === "string" && !passingId.test(id);
  return { role: roles[type] ?? type, ...others, response_metadata: metadata, ...(isNamed && { id }) };
}

/** Members in one order, whatever order they were given in. */
function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
