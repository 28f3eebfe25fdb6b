import { decodeEntry, isLlmCacheError } from "@llmcache/core";
import { connectRedis } from "@llmcache/redis";
import type { RedisServer } from "@llmcache/test-servers";

/** Reads every entry of a namespace as a cache would: each must be whole, and the entry of its own key. */
export async function verifyStore(
  { host, port }: RedisServer,
  namespace: string,
): Promise<{ readonly problems: readonly string[]; readonly entries: number }> {
  const redis = await connectRedis({ host, port, environment: {} });
  const problems: string[] = [];
  let entries = 0;
  try {
    for await (const key of redis.list(`${namespace}/`)) {
      // Leases and generations of tags are core's own records, and no entries.
      if (key.includes("/_")) continue;
      const bytes = await redis.get(key);
      if (bytes === undefined) continue;
      entries++;
      try {
        decodeEntry(bytes, key.slice(key.lastIndexOf("/") + 1));
      } catch (error) {
        problems.push(`an entry of ${bytes.length} bytes is ${isLlmCacheError(error) ? error.message : String(error)}`);
      }
    }
  } finally {
    await redis[Symbol.asyncDispose]();
  }
  return { problems, entries };
}
