import { Cache, type CacheEvent } from "@llmcache/core";
import {
  type FaultProxy,
  type RedisServer,
  sharedServer,
  startFaultProxy,
  startRedis,
  startTimeout,
  storeFaultChecks,
} from "@llmcache/test-servers";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { connectRedis } from "@llmcache/redis";

const readTimeoutMs = 200;

const shared = sharedServer(() => startRedis({ own: true }));
beforeAll(shared.start, startTimeout);
afterAll(shared.stop);

let server: RedisServer;

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

const checks = storeFaultChecks({
  target: () => server,
  connect: ({ host, port }) =>
    connectRedis({
      ...{ host, port, environment: {}, prefix: `${crypto.randomUUID()}:` },
      ...{ connectTimeout: "300ms", commandTimeout: "500ms" },
    }),
});

for (const { name, run } of checks) {
  test(name, { timeout: 60_000 }, async (context) => {
    server = shared.orSkip(context);
    await run();
  });
}

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
  server = shared.orSkip(context);
  const { cache, ask } = await open(context);
  await ask(1);
  await cache.flush();
  await server.kill();
  expect((await ask(1)).status).toBe("miss");
  await server.restart();
  await expect.poll(async () => (await ask(1)).status, { timeout: 30_000, interval: 100 }).toBe("hit");
});
