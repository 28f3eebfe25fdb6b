import {
  type Cache,
  type CacheControls,
  checkOptions,
  checkOptionTypes,
  controlNames,
  type OptionType,
} from "@llmcache/core";
import type { Params } from "./formats/wire-format.ts";
import type { Fetch } from "./outgoing-request.ts";

/** A request, as a tenant is read from it. */
export interface ScopedRequest {
  readonly url: URL;
  readonly headers: Headers;
  /** The parsed body. Of a form its fields, with the digest of its content for each file. */
  readonly params: Params;
}

/** What is cached, and for whom. */
export interface CachingOptions {
  /**
   * The tenant that answers belong to, or how it is read from a request. Without one, or for `undefined`, answers belong to the credential
   * that they were asked for with. @default the credential's fingerprint
   */
  readonly scope?: string | ((request: ScopedRequest) => string | undefined) | undefined;
  /** Names of request headers that change the answer, besides those of the vendors that do. @default [] */
  readonly headersThatCount?: readonly string[] | undefined;
  /** The controls of every request, for what its own headers leave open. @default {} */
  readonly controls?: CacheControls | undefined;
}

export interface CachedFetchOptions extends CachingOptions {
  /** What sends the requests. @default globalThis.fetch */
  readonly fetch?: Fetch | undefined;
}

const cachingTypes: Readonly<Record<keyof CachingOptions, OptionType>> = {
  scope: "string or function",
  headersThatCount: "array",
  controls: "object",
};

/** What each function takes. */
const optionTypes: Readonly<Record<"cachedFetch" | "anthropicMiddleware", Readonly<Record<string, OptionType>>>> = {
  cachedFetch: { fetch: "function", ...cachingTypes },
  anthropicMiddleware: cachingTypes,
};

/** @throws {TypeError} for what is no cache, and for an option that is unknown or of a wrong type, naming it */
export function checkCachingOptions(name: keyof typeof optionTypes, cache: Cache, options: CachedFetchOptions): void {
  if (typeof cache?.runStream !== "function") throw new TypeError(`${name}: the first argument must be a Cache`);
  checkOptionTypes(name, options, optionTypes[name]);
  const probe = new Headers();
  for (const header of options.headersThatCount ?? []) {
    if (typeof header !== "string") throw new TypeError(`${name}: headersThatCount must hold names of headers`);
    // Throws for what can be no header's name.
    probe.has(header);
  }
  checkOptions(`${name}: controls`, options.controls ?? {}, controlNames);
}
