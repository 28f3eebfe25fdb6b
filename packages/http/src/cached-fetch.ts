import type { Cache } from "@llmcache/core";
import { type CachedFetchOptions, checkCachingOptions } from "./cached-fetch-options.ts";
import { cachingTransport } from "./caching-transport.ts";
import type { Fetch } from "./outgoing-request.ts";

/**
 * A `fetch` that answers language-model calls from a cache: for `new OpenAI({ fetch: cachedFetch(cache) })`, and for whatever else takes one.
 *
 * The calls of the APIs in the README's table are cached, on any host. Every other request is passed on untouched, its body unread, and so is one
 * whose body is not what its API takes. What the upstream sends in place of an answer reaches the caller as it came, and is not stored.
 *
 * A request speaks to the cache by `Cache-Control` and by `x-llmcache-` headers. What it says wrongly is answered with 400, a miss under
 * `only-if-cached` with 504.
 *
 * @throws {TypeError} for an option that is unknown or of a wrong type, naming it
 */
export function cachedFetch(cache: Cache, options: CachedFetchOptions = {}): Fetch {
  checkCachingOptions("cachedFetch", cache, options);
  const { fetch = (input, init) => globalThis.fetch(input, init), ...others } = options;
  const transport = cachingTransport(cache, others);
  return (input, init) => transport(fetch, input, init);
}
