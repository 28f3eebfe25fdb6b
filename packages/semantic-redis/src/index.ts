export { connectSemanticRedis } from "./connect.ts";
export type { ConnectSemanticRedisOptions } from "./connect.ts";
export type { Engine } from "./engine.ts";
export { RedisSemanticBackend } from "./redis-semantic-backend.ts";
export type { RedisSemanticOptions, RedisSemanticStoreOptions } from "./redis-semantic-options.ts";
