export { cachedFetch } from "./cached-fetch.ts";
export type { CachedFetchOptions, ScopedRequest } from "./cached-fetch.ts";
export type { Fetch } from "./outgoing-request.ts";
