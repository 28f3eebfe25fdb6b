export { anthropicMiddleware } from "./anthropic-middleware.ts";
export type { AnthropicMiddleware, AnthropicRequest } from "./anthropic-middleware.ts";
export { cachedFetch } from "./cached-fetch.ts";
export type { CachedFetchOptions, CachingOptions, ScopedRequest } from "./cached-fetch-options.ts";
export { ControlHeaderError, readControls } from "./control-headers.ts";
export { operations } from "./formats/format-for.ts";
export type { Fetch } from "./outgoing-request.ts";
