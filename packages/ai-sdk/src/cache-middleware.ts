import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Middleware,
  LanguageModelV4StreamResult,
} from "@ai-sdk/provider";
import type { Cache, OutcomeInfo, RunOptions, Usage } from "@llmcache/core";
import { isComplete } from "./is-complete.ts";
import { type Answer, answerOf, assemble, isAnswer, takeApart } from "./answer-forms.ts";
import { type CachedCall, cachedCall, checkMiddlewareOptions, type CommonOptions, commonTypes } from "./cached-call.ts";
import { Failure, orFailure } from "./failure.ts";
import { fromJsonForm, isJsonForm, type JsonForm, toJsonForm } from "./json-form.ts";
import { withOutcome } from "./outcome-metadata.ts";
import { type Chunk, type FinishPart, partsFor, partsOf, recorded, recordingOf, serves } from "./recorded-parts.ts";
import { usageOf } from "./usage-of.ts";
import { whyUncacheable } from "./why-uncacheable.ts";

/** Whether an answer may be stored, besides being complete. The answer is its own to read, and not to change. */
export type Admit = (answer: Answer, params: LanguageModelV4CallOptions) => boolean | Promise<boolean>;

export interface CacheMiddlewareOptions extends CommonOptions {
  /** Whether an answer may be stored, besides being complete: `admitSchema(schema)`, or a rule of your own. @default whatever is complete */
  readonly admit?: Admit | undefined;
}

/**
 * Middleware that answers a language model's calls from a cache, generated and streamed: for
 * `wrapLanguageModel({ model, middleware: cacheMiddleware(cache) })` of the AI SDK.
 *
 * Answers that were cut off, filtered or failed, say nothing, or are not of the form that was asked for are passed on and not stored.
 * `providerMetadata.llmcache` says how an answer came about; a call speaks to the cache by `providerOptions.llmcache`.
 *
 * @throws {TypeError} for an option that is unknown or of a wrong type, naming it; so does a call for what `providerOptions.llmcache` holds
 */
export function cacheMiddleware(cache: Cache, options: CacheMiddlewareOptions = {}): LanguageModelV4Middleware {
  checkMiddlewareOptions("cacheMiddleware", cache, options, { ...commonTypes, admit: "function" });
  return {
    specificationVersion: "v4",
    wrapGenerate: ({ model, params }) => generate(cache, model, languageCall(model, params, options), options),
    wrapStream: ({ model, params }) => stream(cache, model, languageCall(model, params, options), options),
  };
}

type LanguageCall = CachedCall<LanguageModelV4CallOptions>;

function languageCall(
  model: LanguageModelV4,
  params: LanguageModelV4CallOptions,
  options: CacheMiddlewareOptions,
): LanguageCall {
  // What the vendor sends besides changes no answer: whoever asks for it is served by a recording that has it.
  return cachedCall("chat", model, params, options, ["includeRawChunks"]);
}

async function generate(
  cache: Cache,
  model: LanguageModelV4,
  { call, params, controls }: LanguageCall,
  options: CacheMiddlewareOptions,
): Promise<LanguageModelV4GenerateResult> {
  let own: LanguageModelV4GenerateResult | undefined;
  const ask = async ({ signal }: { signal: AbortSignal }): Promise<JsonForm | Failure> => {
    const result = await orFailure(() => model.doGenerate({ ...params, abortSignal: signal }));
    if (result instanceof Failure) return result;
    own = result;
    return toJsonForm(answerOf(result));
  };
  const { value, ...outcome } = await cache.run(call, ask, {
    ...controls,
    bypass: whyUncacheable(model, params),
    accepts: (form) => readAnswer(form) !== undefined,
    admit: (form) => admits(readAnswer(form), params, options),
    usageOf: (form) => usageIn(readAnswer(form)),
    collect: (chunks) => {
      const assembled = assemble(partsOf(chunks) ?? []);
      return assembled?.isLossless === true && isComplete(assembled.answer, params)
        ? toJsonForm(assembled.answer)
        : undefined;
    },
  });
  if (value instanceof Failure) throw value.error;
  const result = (isOwn(outcome) ? own : undefined) ?? (fromJsonForm(value) as Answer);
  return { ...result, providerMetadata: withOutcome(result.providerMetadata, outcome) };
}

async function stream(
  cache: Cache,
  model: LanguageModelV4,
  { call, params, controls }: LanguageCall,
  options: CacheMiddlewareOptions,
): Promise<LanguageModelV4StreamResult> {
  const head = { raw: params.includeRawChunks === true };
  let own: LanguageModelV4StreamResult | undefined;
  const open = async ({ signal }: { signal: AbortSignal }) => {
    const result = await orFailure(() => model.doStream({ ...params, abortSignal: signal }));
    if (result instanceof Failure) return only(result);
    own = result;
    return recorded(result.stream, head);
  };
  const settings: RunOptions<Chunk[]> = {
    ...controls,
    bypass: whyUncacheable(model, params),
    variant: head.raw ? "raw" : "",
    accepts: (chunks) => serves(chunks, head.raw),
    admit: (chunks) => admits(assemble(partsOf(chunks) ?? [])?.answer, params, options),
    usageOf: (chunks) => usageIn(assemble(partsOf(chunks) ?? [])?.answer),
    replay: (form) => {
      const answer = head.raw ? undefined : readAnswer(form);
      const parts = answer && takeApart(answer);
      return parts && recordingOf(parts);
    },
  };
  const { stream: chunks, accounting, ...outcome } = await cache.runStream<Chunk>(call, open, settings);
  const reader = chunks.getReader();
  const { value: first } = await reader.read();
  if (first instanceof Failure) {
    // To its end, so that nobody joins what has failed.
    await reader.read();
    throw first.error;
  }
  const mark = async (part: FinishPart, isLast: boolean) => {
    // Before a live stream is at its end it is not known.
    const isKnown = isLast || outcome.source !== undefined;
    const described = { ...outcome, accounting: isKnown ? await accounting : undefined };
    return { ...part, providerMetadata: withOutcome(part.providerMetadata, described) };
  };
  const { request, response } = (isOwn(outcome) ? own : undefined) ?? {};
  return {
    stream: partsFor(reader, head, mark),
    ...(request !== undefined && { request }),
    ...(response !== undefined && { response }),
  };
}

/** Whether the model was called for this caller, who then sees all of what it said. */
function isOwn({ status }: OutcomeInfo): boolean {
  return status === "miss" || status === "bypass";
}

function usageIn(answer: Answer | undefined): Usage | undefined {
  return answer && usageOf(answer);
}

function readAnswer(form: unknown): Answer | undefined {
  if (!isJsonForm(form)) return undefined;
  const answer = fromJsonForm(form);
  return isAnswer(answer) ? answer : undefined;
}

function admits(
  answer: Answer | undefined,
  params: LanguageModelV4CallOptions,
  { admit = () => true }: CacheMiddlewareOptions,
): boolean | Promise<boolean> {
  return answer !== undefined && isComplete(answer, params) && admit(answer, params);
}

/** A stream of one chunk. */
function only(chunk: Chunk): ReadableStream<Chunk> {
  return new ReadableStream<Chunk>({
    start(controller) {
      controller.enqueue(chunk);
      controller.close();
    },
  });
}
