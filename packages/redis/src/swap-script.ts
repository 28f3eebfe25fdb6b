import type { RedisClient } from "./client.ts";
import { Script } from "./script.ts";

/** KEYS: the key. ARGV: "1" if something must be there, what must be there, the new value, and its ms to live or "" for no expiry. */
const script = new Script(`
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
`);

/** Writes `value` if the key holds exactly `expected`, in one step for all clients of the server. Resolves to whether it wrote. */
export async function swapByScript(
  client: RedisClient,
  key: string,
  expected: Buffer | undefined,
  value: Buffer,
  ttlMs: number | undefined,
): Promise<boolean> {
  const values = [expected === undefined ? "0" : "1", expected ?? "", value, ttlMs === undefined ? "" : `${ttlMs}`];
  return (await script.run(client, key, values)) === 1;
}
