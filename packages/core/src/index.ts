export type {
  Backend,
  BackendEvent,
  NearestEntry,
  OperationOptions,
  PutEntry,
  PutOptions,
  SemanticBackend,
} from "./backend.ts";
export { isLlmCacheError, LlmCacheError } from "./errors.ts";
export type { LlmCacheErrorCode, LlmCacheErrorOptions } from "./errors.ts";
