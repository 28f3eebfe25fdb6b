import { Cache, type CacheEvent } from "@llmcache/core";
import { type FaultMode, type FaultProxy, sharedServer, startFaultProxy, startRedis } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { connectRedis } from "@llmcache/redis";

const readTimeoutMs = 200;

/** What a loaded machine may take beyond what is promised. */
const slackMs = 2_000;

const shared = sharedServer(() => startRedis({ own: true }));
beforeAll(shared.start, 60_000);
afterAll(shared.stop);

interface Opened {
  readonly proxy: FaultProxy;
  readonly cache: Cache;
  readonly events: CacheEvent[];
  /** Asks one of a few questions, and sees that the answer is the right one and came in time. */
  ask(question: number): Promise<{ readonly status: string; readonly elapsedMs: number }>;
}

/** A cache whose Redis is reached through a proxy that breaks connections. */
async function open(context: TestContext): Promise<Opened> {
  const proxy = await startFaultProxy(shared.orSkip(context));
  const backend = await connectRedis({
    ...{ host: proxy.host, port: proxy.port, environment: {} },
    ...{ connectTimeout: "300ms", commandTimeout: "500ms" },
  });
  context.onTestFinished(async () => {
    await backend[Symbol.asyncDispose]();
    await proxy.stop();
  });
  await backend.ping();
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend,
    namespace: crypto.randomUUID(),
    readTimeout: readTimeoutMs / 1000,
    onEvent: (event) => events.push(event),
  });
  return {
    proxy,
    cache,
    events,
    async ask(question) {
      const startedAt = performance.now();
      const answer = `the answer to ${question}, ${"and more ".repeat(200)}`;
      const { value, status } = await cache.run({ operation: "chat", params: { question } }, () => answer);
      expect(value, "never a wrong answer").toBe(answer);
      return { status, elapsedMs: performance.now() - startedAt };
    },
  };
}

const faults: Readonly<Record<string, FaultMode>> = {
  "refuses connections": "refuse",
  "is a black hole": "blackhole",
  stalls: "stall",
  "stalls in the middle of a reply": { stall: 700 },
  "resets in the middle of a reply": { cutReply: 700 },
  "ends in the middle of a reply": { truncate: 700 },
  "is slower than anybody waits": { latency: 3 * readTimeoutMs },
};

describe.concurrent.for(Object.entries(faults))("a Redis that %s", ([, mode]) => {
  test(
    "costs a bounded moment, never an exception, never a wrong answer, and is used again by itself",
    { timeout: 60_000 },
    async (context) => {
      const { proxy, cache, events, ask } = await open(context);
      for (const question of [1, 2, 3]) await ask(question);
      await cache.flush();
      expect((await ask(1)).status).toBe("hit");
      await proxy.set(mode);
      for (let round = 0; round < 12; round++) {
        const { elapsedMs } = await ask(round % 4);
        expect(elapsedMs).toBeLessThan(readTimeoutMs + slackMs);
      }
      const together = await Promise.all(Array.from({ length: 50 }, (_, index) => ask(index)));
      for (const { elapsedMs } of together) expect(elapsedMs).toBeLessThan(readTimeoutMs + slackMs);
      await proxy.set("pass");
      proxy.dropAll();
      // A breaker that has opened says so when it closes: until then nothing was read, whatever is known of what is being written.
      const isOpen = () => {
        const last = events.findLast((event) => event.type === "breaker" && event.operations === "reads");
        return last?.type === "breaker" && last.state !== "closed";
      };
      const comesBack = async () => (await ask(1)).status === "hit" && !isOpen();
      await context.expect.poll(comesBack, { timeout: 30_000, interval: 100 }).toBe(true);
    },
  );
});

test(
  "a stalled Redis costs two read timeouts at most, and nothing while the breaker is open",
  { timeout: 60_000 },
  async (context) => {
    const { proxy, cache, events, ask } = await open(context);
    await ask(1);
    await cache.flush();
    await proxy.set("stall");
    const startedAt = performance.now();
    let asked = 0;
    // As long as the breaker stays open after that.
    while (performance.now() - startedAt < 2_000) {
      await ask(asked++ % 5);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const timeouts = events.filter(
      (event) => event.type === "error" && event.error.code === "BACKEND_TIMEOUT" && event.error.operation === "get",
    );
    expect(timeouts.length).toBeLessThanOrEqual(2);
    expect(asked, "calls that were answered meanwhile").toBeGreaterThan(100);
    expect(events).toContainEqual({ type: "breaker", backend: "redis", operations: "reads", state: "open" });
  },
);

test(
  "a connection that is dropped while gets are under way loses none of them",
  { timeout: 60_000 },
  async (context) => {
    const { proxy, cache, ask } = await open(context);
    for (let question = 0; question < 20; question++) await ask(question);
    await cache.flush();
    const statuses: string[] = [];
    for (let round = 0; round < 10; round++) {
      const asking = Array.from({ length: 20 }, (_, question) => ask(question));
      proxy.dropAll();
      statuses.push(...(await Promise.all(asking)).map(({ status }) => status));
    }
    expect(new Set(statuses)).toEqual(new Set(["hit"]));
  },
);

test("a Redis that was restarted without its entries is filled again", { timeout: 60_000 }, async (context) => {
  const server = shared.orSkip(context);
  const { cache, ask } = await open(context);
  await ask(1);
  await cache.flush();
  await server.kill();
  expect((await ask(1)).status).toBe("miss");
  await server.restart();
  await expect.poll(async () => (await ask(1)).status, { timeout: 30_000, interval: 100 }).toBe("hit");
});
