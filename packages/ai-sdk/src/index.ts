export { admitSchema } from "./admit-schema.ts";
export type { Schema } from "./admit-schema.ts";
export { cacheEmbeddingMiddleware } from "./cache-embedding-middleware.ts";
export { cacheMiddleware } from "./cache-middleware.ts";
export type { Admit, CacheMiddlewareOptions } from "./cache-middleware.ts";
export type { CacheCallOptions, CommonOptions } from "./cached-call.ts";
export type { Answer } from "./answer-forms.ts";
