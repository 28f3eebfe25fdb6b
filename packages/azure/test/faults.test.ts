import { Cache, type CacheEvent, guarded } from "@llmcache/core";
import { type FaultMode, sharedServer, startFaultProxy, startTimeout } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { startContainer } from "./container.ts";

const shared = sharedServer(startContainer);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

const readTimeoutMs = 500;
/** For a machine that does much else. */
const slackMs = 3_000;

/** Long enough to be cut in the middle of its body. */
const answerTo = (question: number) => ({ question, text: `answer ${question} `.repeat(2_000) });
const callOf = (question: number) => ({ operation: "chat", params: { question } });

describe("a cache on a store that fails", () => {
  test.for<[string, FaultMode]>([
    ["refuses connections", "refuse"],
    ["takes requests and never answers", "blackhole"],
    ["stops before a reply", "stall"],
    ["stops in the middle of a reply", { stall: 4_000 }],
    ["resets the connection in the middle of a reply", { cutReply: 4_000 }],
    ["ends the connection in the middle of a reply", { truncate: 4_000 }],
    ["takes far too long", { latency: 20_000 }],
  ])(
    "answers in time when it %s, and by itself from the store again afterwards",
    { timeout: 60_000 },
    async ([, mode], context) => {
      await using place = await openPlace(context);
      await place.fill(3);

      await place.proxy.set(mode);
      for (let turn = 0; turn < 9; turn++) {
        const { outcome, elapsedMs } = await place.ask(turn % 3);
        // Later ones may be served from what is still on its way to the store.
        if (turn < 3) expect(outcome.status).toBe("miss");
        expect(elapsedMs).toBeLessThan(readTimeoutMs + slackMs);
      }
      expect(place.breakerStates()).toContain("open");
      const { elapsedMs } = await place.ask(0);
      expect(elapsedMs, "while the breaker is open").toBeLessThan(readTimeoutMs);

      await place.cache.flush();
      await place.proxy.set("pass");
      place.letTheBreakerTry();
      await expect.poll(async () => (await place.ask(1)).outcome.status, { timeout: 20_000 }).toBe("hit");
      expect((await place.ask(2)).outcome.status).toBe("hit");
      expect(place.breakerStates()).toContain("closed");
    },
  );

  test("goes on from the store when all its connections are dropped", { timeout: 60_000 }, async (context) => {
    await using place = await openPlace(context);
    await place.fill(3);
    for (let turn = 0; turn < 9; turn++) {
      const asked = place.ask(turn % 3);
      place.proxy.dropAll();
      const { elapsedMs } = await asked;
      expect(elapsedMs).toBeLessThan(readTimeoutMs + slackMs);
    }
    place.letTheBreakerTry();
    await expect.poll(async () => (await place.ask(0)).outcome.status, { timeout: 20_000 }).toBe("hit");
  });
});

/** A cache whose store is behind a proxy. Its breaker knows the time from here. */
async function openPlace(context: TestContext) {
  const store = shared.orSkip(context);
  const { hostname, port } = new URL(store.endpoint);
  const proxy = await startFaultProxy({ host: hostname, port: Number(port) });
  const backend = await store.connect({ path: crypto.randomUUID(), endpoint: `http://${proxy.host}:${proxy.port}` });
  let now = 0;
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend: guarded(backend, { timeout: readTimeoutMs / 1000, writeTimeout: 1, clock: () => now }),
    readTimeout: readTimeoutMs / 1000,
    onEvent: (event) => events.push(event),
  });

  async function ask(question: number) {
    const startedAt = performance.now();
    const outcome = await cache.run(callOf(question), async () => answerTo(question));
    // As text: what is wrong with one of 20 KB is better not printed.
    expect(JSON.stringify(outcome.value) === JSON.stringify(answerTo(question)), "the answer is right").toBe(true);
    return { outcome, elapsedMs: performance.now() - startedAt };
  }

  return {
    cache,
    proxy,
    ask,
    async fill(questions: number) {
      for (let question = 0; question < questions; question++) await ask(question);
      await cache.flush();
      for (let question = 0; question < questions; question++) expect((await ask(question)).outcome.status).toBe("hit");
    },
    breakerStates: () => events.flatMap((event) => (event.type === "breaker" ? [event.state] : [])),
    letTheBreakerTry: () => (now += 60_000),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]();
      await proxy.stop();
    },
  };
}
