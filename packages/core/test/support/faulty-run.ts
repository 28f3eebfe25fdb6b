import { type Bus, Cache, type CacheEvent, type CacheOptions, isLlmCacheError, localBus } from "../../src/index.ts";
import { Actor, cacheTtl } from "./actor.ts";
import { fakeClock } from "./clock.ts";
import { semanticTiers, type StackName, stacks } from "./fault-stacks.ts";
import { damages, type Fault, faults, FaultyStore, type Promised } from "./faulty-backend.ts";
import type { Step } from "./schedule.ts";
import { Random, turns } from "./seeded.ts";
import { Witness } from "./witness.ts";

/** A schedule, all of it: what is the same is played the same, but for the moments of real timers and of WebCrypto. */
export interface Play {
  readonly stack: StackName;
  readonly fault: Fault;
  readonly seed: number;
  readonly steps: readonly Step[];
}

export interface Played {
  readonly problems: readonly string[];
  readonly log: readonly string[];
  readonly struck: number;
  readonly hits: number;
  /** Of those, how many were found by meaning. */
  readonly byMeaning: number;
}

/** How many processes share the store: two in each third seed. */
export const cachesOf = (seed: number): number => (seed % 3 === 2 ? 2 : 1);

/** A bus that loses, doubles and delays messages. */
function lossyBus(random: Random): Bus {
  const bus = localBus();
  return {
    subscribe: bus.subscribe,
    async publish(message) {
      for (let times = random.below(3); times > 0; times--)
        void turns(random.below(20)).then(() => bus.publish(message));
    },
  };
}

/** Plays a schedule, and watches. */
export async function play({ stack, fault, seed, steps }: Play): Promise<Played> {
  const random = new Random(seed);
  const clock = fakeClock(1_000_000);
  const {
    voids,
    records = [],
    slow = false,
  }: (typeof faults)[Fault] & { records?: readonly Promised[]; slow?: boolean } = faults[fault];
  const strikesRecords = random.chance(0.3);
  // A process that copies an entry up does not hear of another's delete: where both share the tier above, it may come back there.
  const sharesUpperTier = stack.includes("three tiers") && cachesOf(seed) > 1;
  const voided = [...voids, ...(strikesRecords ? records : []), ...(sharesUpperTier ? (["deletes"] as const) : [])];
  const witness = new Witness(clock, voided);
  const capable = cachesOf(seed) > 1 || random.chance(0.5);
  const stores: FaultyStore[] = [];
  const create = (name: string, its: Fault) => {
    const hangsBriefly = stack === "a plain store";
    const percent = slow ? 5 : random.pick([5, 20, 50]);
    const store = new FaultyStore({
      name,
      fault: its,
      random,
      percent,
      records: strikesRecords,
      capable,
      hangsBriefly,
    });
    stores.push(store);
    return store.backend;
  };
  const parts = {
    faulty: create("faulty", fault),
    ownFaulty: () => create("own faulty", fault),
    shared: [create("honest", "does nothing wrong"), create("honest too", "does nothing wrong")],
    clock,
    timeout: slow ? 0.008 : undefined,
  } as const;
  const build = stacks[stack] as NonNullable<(typeof stacks)[string]>;
  const backends = Array.from({ length: cachesOf(seed) }, () => build(parts));
  const distributed = backends.every(({ swap }) => swap !== undefined) && backends.length > 1 && random.chance(0.6);
  const bus = random.pick([undefined, localBus(), lossyBus(random)]);
  const staleWhileRevalidate = random.pick([undefined, 20]);
  const options: Omit<CacheOptions, "backend"> = {
    clock,
    ttl: cacheTtl,
    keepOpen: true,
    bus,
    staleWhileRevalidate,
    leaseDuration: "30ms",
    ...(slow && { readTimeout: "10ms", semanticTimeout: "10ms" }),
    onEvent: (event: CacheEvent) => checkEvent(event, witness),
    coalesce: distributed ? "distributed" : "process",
  };
  const findsByMeaning = semanticTiers[stack];
  const caches = backends.map((backend) => new Cache({ ...options, backend, semantic: findsByMeaning?.(parts) }));
  const actor = new Actor(caches, witness, clock, { staleWhileRevalidate }, findsByMeaning !== undefined);
  if (stack === "read-only") {
    const { ...filled } = parts.faulty;
    actor.filler = new Cache({ ...options, backend: filled });
  }
  const acts: Promise<void>[] = [];
  for (const step of steps) {
    acts.push(actor.act(step));
    await turns(new Random(step.seed).below(12));
  }
  const settled = await Promise.race([
    Promise.all(acts),
    new Promise<undefined>((resolve) => setTimeout(resolve, 8000, undefined)),
  ]);
  if (settled === undefined) witness.problem(`${actor.underWay()} never settled`);
  await Promise.all(caches.map((cache) => cache.flush()));
  const inFlight = () => caches.reduce((sum, cache) => sum + cache.stats().inFlight, 0);
  // A call that everyone has left ends behind them, once it has its tags.
  for (let waited = 0; inFlight() > 0 && waited < 100; waited++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  if (inFlight() > 0) witness.problem(`${inFlight()} calls of the model are still counted as under way`);
  if (witness.damage > 0 && !damages(fault)) witness.problem(`${witness.damage} sound entries were said to be damaged`);
  const struck = stores.reduce((sum, store) => sum + store.struck, 0);
  const byMeaning = caches.reduce((sum, cache) => sum + cache.stats().semantic, 0);
  const hits = caches.reduce((sum, cache) => sum + cache.stats().hits + cache.stats().stale, byMeaning);
  return { problems: witness.problems, log: witness.log, struck, hits, byMeaning };
}

const damaging = new Set(["CORRUPT_ENTRY", "UNREADABLE_ENTRY"]);

function checkEvent(event: CacheEvent, witness: Witness): void {
  const text = JSON.stringify(event, (name, value: unknown) => (name === "cause" ? undefined : value));
  if (text.includes("tagged tagged") || text.includes("plain plain"))
    witness.problem(`an event tells the answer: ${text}`);
  const key = "key" in event && event.type !== "evicted" ? event.key : undefined;
  if (key !== undefined && !/^default\/[a-z-]+\/[0-9a-f]{64}$/.test(key))
    witness.problem(`an event of a strange key: ${text}`);
  if (event.type === "error" && !isLlmCacheError(event.error)) witness.problem(`an event of a strange error: ${text}`);
  if (event.type === "error" && damaging.has(event.error.code)) witness.damage++;
  if (event.type === "hit" && !(event.age >= 0)) witness.problem(`an event of a strange age: ${text}`);
}
