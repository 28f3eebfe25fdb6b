export { cacheChatModel } from "./cache-chat-model.ts";
export type { CacheChatModelOptions } from "./cache-chat-model.ts";
export { CacheStore } from "./cache-store.ts";
export { CachedEmbeddings } from "./cached-embeddings.ts";
export type { CachedEmbeddingsOptions } from "./cached-embeddings.ts";
export { isCompleteGeneration } from "./is-complete-generation.ts";
export { LangChainCache } from "./langchain-cache.ts";
export type { LangChainCacheOptions } from "./langchain-cache.ts";
