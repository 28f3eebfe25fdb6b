import assert from "node:assert/strict";
import { type Backend, Cache, type CacheEvent, guarded } from "@llmcache/core";
import { type FaultMode, type FaultProxy, type ServerAddress, startFaultProxy } from "./fault-proxy.ts";
import { waitUntil } from "./wait-until.ts";

/** What `storeFaultChecks` takes. */
export interface StoreFaultOptions {
  /** Where the store listens. Asked for by each check. */
  readonly target: () => ServerAddress;
  /** Connects to the store through a proxy, on keys of its own. What it gives is disposed of. */
  readonly connect: (proxy: Pick<FaultProxy, "host" | "port" | "endpoint">) => Promise<Backend>;
}

/** A check, for any test runner. It may take a minute on a busy machine. */
export interface StoreFaultCheck {
  readonly name: string;
  run(): Promise<void>;
}

const readTimeoutMs = 500;
/** For a machine that does much else. */
const slackMs = 3_000;

const modes: readonly (readonly [string, FaultMode])[] = [
  ["refuses connections", "refuse"],
  ["takes requests and never answers", "blackhole"],
  ["stops before a reply", "stall"],
  ["stops in the middle of a reply", { stall: 4_000 }],
  ["resets the connection in the middle of a reply", { cutReply: 4_000 }],
  ["ends the connection in the middle of a reply", { truncate: 4_000 }],
  ["takes far too long", { latency: 20_000 }],
];

/** What must hold of a store, and of a cache on it, when the connection to it breaks in every way. */
export function storeFaultChecks(options: StoreFaultOptions): readonly StoreFaultCheck[] {
  return [
    ...modes.map(([what, mode]) => ({
      name: `a cache answers in time when its store ${what}, and from the store again when that works`,
      run: () => withProxy(options, (proxy, backend) => answersInTime(proxy, backend, mode)),
    })),
    {
      name: "a cache goes on from its store when all connections are dropped",
      run: () => withProxy(options, answersWhileDropped),
    },
    {
      name: "an entry that is cut off is an error, and no shorter value",
      run: () => withProxy(options, refusesWhatIsCutOff),
    },
    {
      name: "a read is given up in the middle of its bytes when the signal says so, with its reason",
      run: () => withProxy(options, givesUp),
    },
  ];
}

async function withProxy(
  { target, connect }: StoreFaultOptions,
  check: (proxy: FaultProxy, backend: Backend) => Promise<void>,
): Promise<void> {
  await using proxy = await startFaultProxy(target());
  const backend = await connect(proxy);
  try {
    await check(proxy, backend);
  } finally {
    await backend[Symbol.asyncDispose]?.();
  }
}

async function answersInTime(proxy: FaultProxy, backend: Backend, mode: FaultMode): Promise<void> {
  const { cache, ask, breakerStates, hit } = await openCache(backend);
  await proxy.set(mode);
  for (let turn = 0; turn < 9; turn++) {
    const { status, elapsedMs } = await ask(turn % 3);
    // Later ones may be served from what is still on its way to the store.
    if (turn < 3) assert.equal(status, "miss");
    assert.ok(elapsedMs < readTimeoutMs + slackMs, `it took ${elapsedMs} ms`);
  }
  assert.ok(breakerStates().includes("open"), "the breaker opened");
  const together = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(index % 3)));
  for (const { elapsedMs } of together) assert.ok(elapsedMs < readTimeoutMs + slackMs, `it took ${elapsedMs} ms`);
  await cache.flush();
  await proxy.set("pass");
  for (const question of questions) await hit(question);
  assert.ok(breakerStates().includes("closed"), "the breaker closed");
  await cache.flush();
}

async function answersWhileDropped(proxy: FaultProxy, backend: Backend): Promise<void> {
  const { cache, ask, hit } = await openCache(backend);
  for (let turn = 0; turn < 9; turn++) {
    const asked = ask(turn % 3);
    proxy.dropAll();
    const { elapsedMs } = await asked;
    assert.ok(elapsedMs < readTimeoutMs + slackMs, `it took ${elapsedMs} ms`);
  }
  for (const question of questions) await hit(question);
  await cache.flush();
}

async function refusesWhatIsCutOff(proxy: FaultProxy, backend: Backend): Promise<void> {
  const value = new Uint8Array(100_000).fill(7);
  await backend.put("faults/_/entry", value);
  await proxy.set({ truncate: 20_000 });
  await assert.rejects(backend.get("faults/_/entry"));
  await proxy.set("pass");
  assert.deepEqual(await backend.get("faults/_/entry"), value);
}

async function givesUp(proxy: FaultProxy, backend: Backend): Promise<void> {
  await backend.put("faults/_/entry", new Uint8Array(100_000));
  await proxy.set({ stall: 20_000 });
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 300);
  const startedAt = performance.now();
  await assert.rejects(backend.get("faults/_/entry", { signal: controller.signal }), (error) => error === reason);
  assert.ok(performance.now() - startedAt < slackMs);
}

const questions = [0, 1, 2];

/** A cache whose store has the answers to all questions, and whose breaker knows the time from here. */
async function openCache(backend: Backend) {
  let now = 0;
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend: guarded(backend, { timeout: readTimeoutMs / 1000, writeTimeout: 1, clock: () => now }),
    readTimeout: readTimeoutMs / 1000,
    keepOpen: true,
    onEvent: (event) => events.push(event),
  });

  /** What comes is always right: a hit or not. */
  async function ask(question: number) {
    const startedAt = performance.now();
    const { value, status } = await cache.run(callOf(question), async () => answerTo(question));
    const elapsedMs = performance.now() - startedAt;
    assert.ok(JSON.stringify(value) === JSON.stringify(answerTo(question)), "the answer is right");
    return { status, elapsedMs };
  }

  /** Asks until the store answers: on a busy machine it may take longer than a read has. */
  async function hit(question: number) {
    await waitUntil("a hit", async () => {
      const { status } = await ask(question);
      await cache.flush();
      now += 60_000;
      return status === "hit";
    });
  }

  for (const question of questions) await hit(question);
  events.length = 0;
  return {
    cache,
    ask,
    hit,
    breakerStates: () => events.flatMap((event) => (event.type === "breaker" ? [event.state] : [])),
  };
}

const callOf = (question: number) => ({ operation: "chat", params: { question } });

/** Long enough to be cut in the middle of its body. */
const answerTo = (question: number) => ({ question, text: `answer ${question} `.repeat(2_000) });
