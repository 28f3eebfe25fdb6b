import type { Cache } from "@llmcache/core";
import { type CachingOptions, checkCachingOptions } from "./cached-fetch-options.ts";
import { cachingTransport } from "./caching-transport.ts";

/** A request as Anthropic's SDK gives it to a middleware. */
export interface AnthropicRequest extends RequestInit {
  readonly url: string;
}

/** What `new Anthropic({ middleware: [...] })` takes, from `@anthropic-ai/sdk` 1.0 on. */
export type AnthropicMiddleware = <Request extends AnthropicRequest>(
  request: Request,
  next: (request: Request) => Promise<Response>,
) => Promise<Response>;

/**
 * A middleware of Anthropic's SDK that answers messages from a cache: for `new Anthropic({ middleware: [anthropicMiddleware(cache)] })`, and for the
 * clients of Bedrock and Vertex, whose requests it sees in Anthropic's own form, before they are rewritten and signed.
 *
 * As `cachedFetch` in all else. A request that shows no credential (AWS and Google sign it further on) needs a `scope`, or goes past the cache:
 * there is no telling whose it is.
 *
 * @throws {TypeError} for an option that is unknown or of a wrong type, naming it
 */
export function anthropicMiddleware(cache: Cache, options: CachingOptions = {}): AnthropicMiddleware {
  checkCachingOptions("anthropicMiddleware", cache, options);
  const transport = cachingTransport(cache, options, true);
  return (request, next) =>
    transport(
      // The SDK wants the headers as an object with methods, and the URL beside them: it is that of the request.
      (_, init) => next({ ...request, ...init, headers: new Headers(init?.headers) }),
      request.url,
      request,
    );
}
