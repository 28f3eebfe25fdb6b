import { type RedisClient, Script } from "@llmcache/redis/commands";
import type { EntryRecord } from "./record.ts";

/** What has to be in the store for a write to happen. */
export type Expected = "anything" | "nothing" | { readonly value: Buffer };

/** What a key had before a write. */
export interface Before {
  readonly scope: string | undefined;
  readonly element: string | undefined;
}

/**
 * KEYS: the key. ARGV: "anything", "nothing" or "value" has to be there; the value; the ms to live, or "" for no expiry; names and values of the
 * fields.
 */
const script = new Script(`
local held = redis.call("HMGET", KEYS[1], "value", "scope", "element")
if ARGV[1] == "nothing" and held[1] then return false end
if ARGV[1] == "value" and held[1] ~= ARGV[2] then return false end
redis.call("UNLINK", KEYS[1])
redis.call("HSET", KEYS[1], unpack(ARGV, 4))
if ARGV[3] ~= "" then redis.call("PEXPIRE", KEYS[1], ARGV[3]) end
return { held[2] or "", held[3] or "" }
`);

/** Writes an entry in place of all that its key had, in one step. Resolves to what that was, or to `undefined` where something else is there than expected. */
export async function writeRecord(
  client: RedisClient,
  key: string,
  { fields, ttlMs }: Pick<EntryRecord, "fields" | "ttlMs">,
  expected: Expected,
): Promise<Before | undefined> {
  const [what, value] = typeof expected === "string" ? [expected, ""] : ["value", expected.value];
  const reply = await script.run(client, key, [what, value, ttlMs === undefined ? "" : `${ttlMs}`, ...fields.flat()]);
  if (!Array.isArray(reply)) return undefined;
  const [scope = "", element = ""] = reply.map(String);
  return { scope: scope || undefined, element: element || undefined };
}
