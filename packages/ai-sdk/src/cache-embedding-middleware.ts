import type {
  EmbeddingModelV4,
  EmbeddingModelV4CallOptions,
  EmbeddingModelV4Middleware,
  EmbeddingModelV4Result,
  JSONObject,
} from "@ai-sdk/provider";
import type { Cache, Outcome } from "@llmcache/core";
import { cachedCall, checkMiddlewareOptions, type CommonOptions, commonTypes, ownName } from "./cached-call.ts";
import { Failure, orFailure } from "./failure.ts";
import { describeOutcome } from "./outcome-metadata.ts";
import { shareTokens } from "./share-tokens.ts";

/** What is stored of one input. */
interface Embedded {
  readonly embedding: number[];
  /** Its share of what its batch used. */
  readonly tokens?: number | undefined;
  readonly warnings: EmbeddingModelV4Result["warnings"];
}

/**
 * Middleware that answers an embedding model's calls from a cache, input by input: for
 * `wrapEmbeddingModel({ model, middleware: cacheEmbeddingMiddleware(cache) })` of the AI SDK. The model is given the distinct inputs that are
 * not stored. `usage` is what the inputs used when they were computed.
 *
 * `providerMetadata.llmcache` says how each input was answered; a call speaks to the cache by `providerOptions.llmcache`.
 *
 * @throws {TypeError} for an option that is unknown or of a wrong type, naming it; so does a call for what `providerOptions.llmcache` holds
 */
export function cacheEmbeddingMiddleware(cache: Cache, options: CommonOptions = {}): EmbeddingModelV4Middleware {
  checkMiddlewareOptions("cacheEmbeddingMiddleware", cache, options, commonTypes);
  return {
    specificationVersion: "v4",
    wrapEmbed: ({ model, params }) => embed(cache, model, params, options),
  };
}

async function embed(
  cache: Cache,
  model: EmbeddingModelV4,
  given: EmbeddingModelV4CallOptions,
  options: CommonOptions,
): Promise<EmbeddingModelV4Result> {
  const { call, params, controls } = cachedCall("embedding", model, given, options, ["values"]);
  let own: EmbeddingModelV4Result | undefined;
  const ask = async (values: string[], { signal }: { signal: AbortSignal }) => {
    const result = await orFailure(() => model.doEmbed({ ...params, values, abortSignal: signal }));
    if (result instanceof Failure) return values.map(() => result);
    own = result;
    return divide(result, values);
  };
  const outcomes = await cache.runMany<string, Embedded | Failure>({ ...call, inputs: params.values }, ask, {
    ...controls,
    accepts: isEmbedded,
    admit: isEmbedded,
    usageOf: (value) =>
      isEmbedded(value) && value.tokens !== undefined ? { inputTokens: value.tokens, outputTokens: 0 } : undefined,
  });
  const failed = outcomes.map(({ value }) => value).find((value) => value instanceof Failure);
  if (failed !== undefined) throw failed.error;
  const answers = outcomes as Outcome<Embedded>[];
  const isOwn = answers.every(({ status }) => status === "miss" || status === "bypass");
  return {
    ...(isOwn && own),
    ...merge(answers),
    providerMetadata: { ...(isOwn && own?.providerMetadata), [ownName]: describe(answers) },
  };
}

/** What a batch was answered with, input by input. A batch of another length has no parts, and core says so. */
function divide({ embeddings, usage, warnings }: EmbeddingModelV4Result, values: readonly string[]): Embedded[] {
  const tokens =
    usage &&
    shareTokens(
      usage.tokens,
      values.map((value) => value.length + 1),
    );
  return embeddings.map((embedding, index) => ({ embedding, tokens: tokens?.[index], warnings }));
}

function merge(
  answers: readonly Outcome<Embedded>[],
): Pick<EmbeddingModelV4Result, "embeddings" | "usage" | "warnings"> {
  const values = answers.map(({ value }) => value);
  const tokens = values.map((value) => value.tokens);
  const warnings = new Map(
    values.flatMap((value) => value.warnings).map((warning) => [JSON.stringify(warning), warning]),
  );
  return {
    embeddings: values.map(({ embedding }) => embedding),
    // A sum of which a part is not known would be no sum.
    ...(tokens.every((count) => count !== undefined) && {
      usage: { tokens: tokens.reduce((sum, count) => sum + count, 0) },
    }),
    warnings: [...warnings.values()],
  };
}

/** How the batch came about, and each of its inputs: `partial` where some of them did otherwise than others. */
function describe(answers: readonly Outcome<Embedded>[]): JSONObject {
  const statuses = new Set(answers.map(({ status }) => status));
  const [status] = statuses;
  return {
    ...(status !== undefined && { status: statuses.size === 1 ? status : "partial" }),
    inputs: answers.map(describeOutcome),
  };
}

/** Whether a value is what one input is answered with. Under a key of the caller's own anything may be stored. */
function isEmbedded(value: Embedded | Failure): value is Embedded {
  const { embedding } = value as Partial<Embedded>;
  return Array.isArray(embedding) && embedding.length > 0 && embedding.every(Number.isFinite);
}
