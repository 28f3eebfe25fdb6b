import { setTimeout } from "node:timers/promises";
import type { FaultMode, FaultProxy, RedisServer } from "@llmcache/test-servers";
import { below, oneOf } from "./random.ts";

/** What can go wrong, and how to put it right again. */
interface Fault {
  readonly name: string;
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** Breaks something, waits, mends it, waits, until it is stopped. Returns how often it did what. */
export async function makeTrouble(
  redis: RedisServer,
  proxies: readonly FaultProxy[],
  killOne: () => Promise<void>,
  random: () => number,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  while (!signal.aborted) {
    const fault = anyFault(redis, proxies, killOne, random);
    counts[fault.name] = (counts[fault.name] ?? 0) + 1;
    await fault.begin();
    await pause(200 + 1_800 * random(), signal);
    await fault.end();
    await pause(300 + 1_500 * random(), signal);
  }
  return counts;
}

function anyFault(
  redis: RedisServer,
  proxies: readonly FaultProxy[],
  killOne: () => Promise<void>,
  random: () => number,
): Fault {
  const chance = random();
  const nothing = async () => undefined;
  if (chance < 0.08) return { name: "freeze Redis", begin: async () => redis.freeze(), end: async () => redis.thaw() };
  if (chance < 0.12) return { name: "restart Redis empty", begin: () => redis.kill(), end: () => redis.restart() };
  if (chance < 0.18) return { name: "kill a process", begin: killOne, end: nothing };
  const chosen = random() < 0.3 ? proxies : [oneOf(random, proxies as [FaultProxy, ...FaultProxy[]])];
  if (chance < 0.3)
    return {
      name: "drop all connections",
      begin: async () => chosen.forEach((proxy) => proxy.dropAll()),
      end: nothing,
    };
  const [name, mode] = oneOf<[string, FaultMode]>(random, [
    ["refuse", "refuse"],
    ["black hole", "blackhole"],
    ["stall", "stall"],
    ["stall in a reply", { stall: below(random, 5_000) }],
    ["reset in a reply", { cutReply: below(random, 5_000) }],
    ["truncate a reply", { truncate: below(random, 5_000) }],
    ["slow", { latency: 20 + below(random, 400) }],
  ]);
  const setAll = (wanted: FaultMode) => Promise.all(chosen.map((proxy) => proxy.set(wanted)));
  return { name, begin: async () => void (await setAll(mode)), end: async () => void (await setAll("pass")) };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
