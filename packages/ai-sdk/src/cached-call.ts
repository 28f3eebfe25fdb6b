import type { JSONObject, SharedV4ProviderOptions } from "@ai-sdk/provider";
import {
  type Cache,
  type CacheControls,
  type Call,
  checkOptions,
  checkOptionTypes,
  controlNames,
  type OptionType,
} from "@llmcache/core";

/** What a call says to the cache: `providerOptions: { llmcache: { ttl: "5m" } satisfies CacheCallOptions }`. No interface, for those are no JSON to the AI SDK. */
export type CacheCallOptions = { [Name in keyof CacheControls]: CacheControls[Name] };

/** The options that both middlewares take. */
export interface CommonOptions {
  /** Names of the call's `headers` that change the answer. All others are transport. @default [] */
  readonly headersThatCount?: readonly string[] | undefined;
  /** The controls of every call, for what its own `providerOptions.llmcache` leaves open. @default {} */
  readonly controls?: CacheControls | undefined;
}

/** What an option of `CommonOptions` has to be. */
export const commonTypes: Readonly<Record<keyof CommonOptions, OptionType>> = {
  headersThatCount: "array",
  controls: "object",
};

/** The name in `providerOptions` and `providerMetadata`. */
export const ownName = "llmcache";

interface CallParams {
  readonly abortSignal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly providerOptions?: SharedV4ProviderOptions | undefined;
}

/** A call of a model, taken apart. */
export interface CachedCall<Params> {
  /** What the model is given, without what is meant for the cache. */
  readonly params: Params;
  readonly call: Call;
  readonly controls: CacheControls & { readonly signal: AbortSignal | undefined };
}

/**
 * Takes a call of a model apart.
 *
 * @param leftOut names of members of `params` that do not count
 * @throws {TypeError} for a control that is not known, naming it
 */
export function cachedCall<Params extends CallParams>(
  operation: string,
  model: { readonly provider: string; readonly modelId: string },
  given: Params,
  { headersThatCount = [], controls: defaults }: CommonOptions,
  leftOut: readonly (keyof Params)[],
): CachedCall<Params> {
  const { [ownName]: asked, ...providerOptions } = given.providerOptions ?? {};
  const { providerOptions: _, ...others } = given;
  const hasOptions = Object.keys(providerOptions).length > 0;
  const params = { ...others, ...(hasOptions && { providerOptions }) } as Params;
  const notCounted = new Set<PropertyKey>(["abortSignal", "headers", ...leftOut]);
  const counted = Object.entries(params).filter(([name]) => !notCounted.has(name));
  const headers = countedHeaders(given.headers ?? {}, headersThatCount);
  return {
    params,
    call: {
      operation,
      params: { ...Object.fromEntries(counted), model: model.modelId },
      context: { endpoint: model.provider, headers },
    },
    controls: { ...defaults, ...readControls(asked), signal: given.abortSignal },
  };
}

/** @throws {TypeError} for an option that is unknown or of a wrong type, naming it */
export function checkMiddlewareOptions(
  owner: string,
  cache: Cache,
  options: CommonOptions,
  types: Readonly<Record<string, OptionType>>,
): void {
  if (typeof cache?.runStream !== "function") throw new TypeError(`${owner}: the first argument must be a Cache`);
  checkOptionTypes(owner, options, types);
  const { headersThatCount = [], controls = {} } = options;
  if (headersThatCount.some((name) => typeof name !== "string"))
    throw new TypeError(`${owner}: headersThatCount must be an array of names of headers`);
  checkOptions(`${owner}: controls`, controls, controlNames);
}

/** The types are core's to check. */
function readControls(asked: JSONObject | undefined): CacheControls {
  if (asked === undefined) return {};
  checkOptions(`providerOptions.${ownName}`, asked, controlNames);
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

function countedHeaders(
  headers: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  const counted = new Set(names.map((name) => name.toLowerCase()));
  const found = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(found.filter(([name, value]) => counted.has(name) && value !== undefined)) as Record<
    string,
    string
  >;
}
