// What a package needs that keeps entries of another kind in the same Redis.
export { copyForClient, ownBytes } from "./bytes.ts";
export { isCluster, primariesOf } from "./client.ts";
export type { RedisClient } from "./client.ts";
export { Connection } from "./connection.ts";
export { getMany } from "./get-many.ts";
export { listKeys } from "./list-keys.ts";
export { openClient } from "./open-client.ts";
export { allTried } from "./put-many.ts";
export { checkClient } from "./redis-options.ts";
export { Script } from "./script.ts";
export { timeToLive } from "./time-to-live.ts";
