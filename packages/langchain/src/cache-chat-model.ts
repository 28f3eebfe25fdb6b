import type { CallbackManagerForLLMRun } from "@langchain/core/callbacks/manager";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { type ChatGeneration, ChatGenerationChunk, type ChatResult, type Generation } from "@langchain/core/outputs";
import type { Accounting, Cache, CacheControls, OutcomeInfo } from "@llmcache/core";
import { controlsOf, withControls } from "./call-controls.ts";
import { chatCall, nameOf } from "./chat-call.ts";
import { checkOptions } from "./check-options.ts";
import { Failure, isLasting } from "./failure.ts";
import { isCompleteGeneration } from "./is-complete-generation.ts";
import { usageOf } from "./usage-of.ts";
import { fromStored, fromStoredList, type StoredGeneration, toStored } from "./stored-generation.ts";

export interface CacheChatModelOptions {
  /** The controls of every call, for what its own `metadata.llmcache` leaves open. @default {} */
  readonly controls?: CacheControls | undefined;
  /** Whether a model's answer, all of whose generations it is given, may be stored. @default each is complete, by `isCompleteGeneration` */
  readonly admit?: ((generations: readonly Generation[]) => boolean) | undefined;
}

type CallOptions = BaseChatModel["ParsedCallOptions"];

interface Context {
  readonly signal: AbortSignal;
}

/** What is stored of an answer that comes whole. */
interface StoredResult {
  readonly generations: readonly StoredGeneration[];
  readonly llmOutput?: Record<string, unknown> | undefined;
}

/**
 * Answers a chat model from a cache: `const model = cacheChatModel(new ChatOpenAI(…), cache)`. Unlike a `BaseCache` it sees the messages
 * themselves, so everything in them counts; it caches streams, and joins concurrent identical calls. What is made of the model by `bindTools`,
 * `withConfig` and `withStructuredOutput` is cached as well. A call, or a chain around it, speaks to the cache by `metadata: { llmcache: { ttl: "5m" } }`;
 * `response_metadata.llmcache` of a message says how it came about.
 *
 * The model itself is changed, and returned. Do not give it a `cache` of LangChain's besides.
 *
 * @throws {TypeError} for what is no chat model, one that is cached already, and an option that is unknown or of a wrong type, naming it;
 *   so does a call for what its `metadata.llmcache` holds
 */
export function cacheChatModel<Model extends BaseChatModel>(
  model: Model,
  cache: Cache,
  options: CacheChatModelOptions = {},
): Model {
  checkOptions("cacheChatModel", cache, options, { controls: "object", admit: "function" });
  if (!(model instanceof BaseChatModel)) throw new TypeError("cacheChatModel: the model must be a BaseChatModel");
  if (Object.hasOwn(model, "_generate")) throw new TypeError("cacheChatModel: the model is cached already");
  const cached = new CachedCalls(model, cache, options);
  const withConfig = model.withConfig.bind(model);
  const { [separate]: separated } = model as unknown as Separates;
  const own: Partial<Record<keyof BaseChatModel | typeof separate, unknown>> = {
    [separate]: ((given) => {
      const [config, callOptions] = separated.call(model, given);
      return [config, withControls(callOptions, config)];
    }) satisfies Separates[typeof separate],
    _generate: cached.generate.bind(cached),
    withConfig: (config: Parameters<typeof withConfig>[0]) => {
      const made = withConfig(config);
      // Most make a binding of this model, some another model.
      return made instanceof BaseChatModel ? cacheChatModel(made, cache, options) : made;
    },
  };
  if (model._streamResponseChunks !== BaseChatModel.prototype._streamResponseChunks) {
    own._streamResponseChunks = cached.stream.bind(cached);
    // In terms of the chunks, so that there is one way into the model.
    own._streamChatModelEvents = BaseChatModel.prototype._streamChatModelEvents;
  }
  return Object.assign(model, own);
}

/** Where LangChain parts what is said of a run, the metadata among it, from what a model is given. Every way into a model leads through it. */
const separate = "_separateRunnableConfigFromCallOptionsCompat";

/** It is protected. */
type Separates = Record<typeof separate, (options?: Partial<CallOptions>) => [RunnableConfig, CallOptions]>;

class CachedCalls {
  readonly #model: BaseChatModel;
  readonly #cache: Cache;
  readonly #controls: CacheControls;
  readonly #admit: NonNullable<CacheChatModelOptions["admit"]>;
  readonly #generate: BaseChatModel["_generate"];
  readonly #stream: BaseChatModel["_streamResponseChunks"];

  constructor(model: BaseChatModel, cache: Cache, { controls = {}, admit }: CacheChatModelOptions) {
    this.#model = model;
    this.#cache = cache;
    this.#controls = controls;
    this.#admit = admit ?? ((generations) => generations.every(isCompleteGeneration));
    this.#generate = model._generate.bind(model);
    this.#stream = model._streamResponseChunks.bind(model);
  }

  async generate(messages: BaseMessage[], options: CallOptions, run?: CallbackManagerForLLMRun): Promise<ChatResult> {
    let own: ChatResult | undefined;
    const ask = async ({ signal }: Context): Promise<StoredResult | Failure> => {
      try {
        own = await this.#generate(messages, { ...options, signal }, run);
      } catch (error) {
        if (isLasting(error)) return new Failure(error);
        throw error;
      }
      const { generations, llmOutput } = own;
      return { generations: generations.map(toStored), ...(llmOutput !== undefined && { llmOutput }) };
    };
    const { call, bypass } = await chatCall(this.#model, "whole", messages, options);
    const { value, ...outcome } = await this.#cache.run(call, ask, {
      ...this.#controls,
      ...controlsOf(options),
      signal: options.signal,
      bypass,
      accepts: (stored) => toResult(stored) !== undefined,
      admit: (stored) => this.#admits(toResult(stored)?.generations),
      usageOf: (stored) => usageOf(toResult(stored)?.generations, nameOf(this.#model)),
    });
    if (value instanceof Failure) throw value.error;
    const isOwn = outcome.status === "miss" || outcome.status === "bypass";
    const result = (isOwn ? own : undefined) ?? toResult(value) ?? { generations: [] };
    for (const { message } of result.generations) mark(message, outcome);
    // A model that streams inside has told its tokens itself.
    if (!isOwn) await run?.handleLLMNewToken(result.generations[0]?.text ?? "");
    return result;
  }

  async *stream(
    messages: BaseMessage[],
    options: CallOptions,
    run?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const open = ({ signal }: Context) => recorded(this.#stream(messages, { ...options, signal }));
    const { call, bypass } = await chatCall(this.#model, "stream", messages, options);
    const { stream, accounting, ...outcome } = await this.#cache.runStream<Piece>(call, open, {
      ...this.#controls,
      ...controlsOf(options),
      signal: options.signal,
      bypass,
      accepts: (pieces) => sumOf(pieces) !== undefined,
      admit: (pieces) => this.#admits(sumOf(pieces)),
      usageOf: (pieces) => usageOf(sumOf(pieces), nameOf(this.#model)),
    });
    let isFirst = true;
    for await (const piece of stream) {
      if (piece instanceof Failure) throw piece.error;
      const chunk = toChunk(piece);
      // Of a stream that still comes it is not known yet.
      const isStored = outcome.source !== undefined;
      if (isFirst) mark(chunk.message, { ...outcome, accounting: isStored ? await accounting : undefined });
      isFirst = false;
      yield chunk;
      // The model was given no run, because several may share its call.
      const index = { prompt: 0, completion: 0 };
      await run?.handleLLMNewToken(chunk.text, index, undefined, undefined, undefined, { chunk });
    }
  }

  #admits(generations: readonly Generation[] | undefined): boolean {
    return generations !== undefined && generations.length > 0 && this.#admit(generations);
  }
}

/** What the stream of a model is recorded as. A chunk that has no form is passed on, and the stream not stored. */
type Piece = StoredGeneration | ChatGenerationChunk | Failure;

/** Reads the first chunk at once, so that a model that is down is known before the stream is. */
async function recorded(chunks: AsyncGenerator<ChatGenerationChunk>): Promise<AsyncIterable<Piece>> {
  try {
    const first = await chunks.next();
    return piecesOf(first, chunks);
  } catch (error) {
    if (isLasting(error)) return only(new Failure(error));
    throw error;
  }
}

async function* only(piece: Piece): AsyncGenerator<Piece> {
  yield piece;
}

async function* piecesOf(
  first: IteratorResult<ChatGenerationChunk, unknown>,
  others: AsyncGenerator<ChatGenerationChunk>,
): AsyncGenerator<Piece> {
  if (first.done === true) return;
  yield toPiece(first.value);
  for await (const chunk of others) yield toPiece(chunk);
}

function toPiece(chunk: ChatGenerationChunk): Piece {
  return AIMessageChunk.isInstance(chunk.message) ? toStored(chunk) : chunk;
}

function toChunk(piece: Exclude<Piece, Failure>): ChatGenerationChunk {
  return piece instanceof ChatGenerationChunk ? piece : (fromStored(piece) as ChatGenerationChunk);
}

/** What a stored answer gives a caller. `undefined` for what is none: under a key of the caller's own anything may be stored. */
function toResult(stored: StoredResult | Failure): ChatResult | undefined {
  if (stored instanceof Failure) return undefined;
  const generations = fromStoredList(stored.generations);
  if (generations?.every((generation) => "message" in generation) !== true) return undefined;
  const { llmOutput } = stored;
  return { generations: generations as ChatGeneration[], ...(llmOutput !== undefined && { llmOutput }) };
}

/** What the chunks of a stream say together. `undefined` for what is no stream. */
function sumOf(pieces: readonly Piece[]): Generation[] | undefined {
  const generations = fromStoredList(pieces);
  if (generations?.every((chunk) => chunk instanceof ChatGenerationChunk) !== true) return undefined;
  const [first, ...others] = generations;
  return first && [others.reduce((sum, chunk) => sum.concat(chunk), first)];
}

function mark(
  message: BaseMessage,
  { status, key, source, age, accounting }: OutcomeInfo & { readonly accounting?: Accounting | undefined },
): void {
  const { saved } = accounting ?? {};
  const isSaved = saved !== undefined && saved.inputTokens + saved.outputTokens > 0;
  const llmcache = { status, key, source, age, ...(isSaved && { saved }) };
  message.response_metadata = { ...message.response_metadata, llmcache };
}
