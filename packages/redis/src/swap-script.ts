import { createHash } from "node:crypto";
import type { RedisClient } from "./client.ts";

/** KEYS: the key. ARGV: "1" if something must be there, what must be there, the new value, and its ms to live or "" for no expiry. */
const script = `
local held = redis.call("GET", KEYS[1])
if ARGV[1] == "1" then
  if held ~= ARGV[2] then return 0 end
elseif held then
  return 0
end
if ARGV[4] == "" then
  redis.call("SET", KEYS[1], ARGV[3])
else
  redis.call("SET", KEYS[1], ARGV[3], "PX", ARGV[4])
end
return 1
`;

const digest = createHash("sha1").update(script).digest("hex");

/** Writes `value` if the key holds exactly `expected`, in one step for all clients of the server. Resolves to whether it wrote. */
export async function swapByScript(
  client: RedisClient,
  key: string,
  expected: Buffer | undefined,
  value: Buffer,
  ttlMs: number | undefined,
): Promise<boolean> {
  const values = [expected === undefined ? "0" : "1", expected ?? "", value, ttlMs === undefined ? "" : `${ttlMs}`];
  try {
    return (await client.evalsha(digest, 1, key, ...values)) === 1;
  } catch (error) {
    // A server forgets its scripts when it starts, and a replica that was promoted may never have seen this one.
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return (await client.eval(script, 1, key, ...values)) === 1;
  }
}
