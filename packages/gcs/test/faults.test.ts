import { Cache, type CacheEvent, guarded } from "@llmcache/core";
import { connectGcs } from "@llmcache/gcs";
import { type FaultMode, type GcsServer, startFaultProxy, startGcs } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let gcs: GcsServer;
beforeAll(async () => void (gcs = await startGcs()));
afterAll(() => gcs.stop());

const readTimeoutMs = 500;
/** For a machine that does much else. */
const slackMs = 3_000;

/** Long enough to be cut in the middle of its body. */
const answerTo = (question: number) => ({ question, text: `answer ${question} `.repeat(2_000) });

describe("a cache on a bucket that fails", () => {
  test.for<[string, FaultMode]>([
    ["refuses connections", "refuse"],
    ["takes requests and never answers", "blackhole"],
    ["stops before a reply", "stall"],
    ["stops in the middle of a reply", { stall: 4_000 }],
    ["resets the connection in the middle of a reply", { cutReply: 4_000 }],
    ["ends the connection in the middle of a reply", { truncate: 4_000 }],
    ["takes far too long", { latency: 20_000 }],
  ])(
    "answers in time and rightly when it %s, and from the bucket again afterwards",
    { timeout: 60_000 },
    async ([, mode]) => {
      await using place = await openPlace();
      await place.fill();

      await place.proxy.set(mode);
      for (let turn = 0; turn < 9; turn++) {
        const { status, elapsedMs } = await place.ask(turn % 3);
        // Later ones may be served from what is still on its way to the bucket.
        if (turn < 3) expect(status).toBe("miss");
        expect(elapsedMs).toBeLessThan(readTimeoutMs + slackMs);
      }
      expect(place.breakerStates()).toContain("open");

      await place.cache.flush();
      await place.proxy.set("pass");
      place.letTheBreakerTry();
      await expect.poll(async () => (await place.ask(1)).status, { timeout: 20_000 }).toBe("hit");
      expect((await place.ask(2)).status).toBe("hit");
      expect(place.breakerStates()).toContain("closed");
    },
  );

  test("goes on from the bucket when all its connections are dropped", { timeout: 60_000 }, async () => {
    await using place = await openPlace();
    await place.fill();
    for (let turn = 0; turn < 9; turn++) {
      const asked = place.ask(turn % 3);
      place.proxy.dropAll();
      expect((await asked).elapsedMs).toBeLessThan(readTimeoutMs + slackMs);
    }
    place.letTheBreakerTry();
    await expect.poll(async () => (await place.ask(0)).status, { timeout: 20_000 }).toBe("hit");
  });
});

/** A cache whose bucket is behind a proxy. Its breaker knows the time from here. */
async function openPlace() {
  const { hostname, port } = new URL(gcs.endpoint);
  const proxy = await startFaultProxy({ host: hostname, port: Number(port) });
  const apiEndpoint = `http://${proxy.host}:${proxy.port}`;
  const backend = await connectGcs({ bucket: gcs.bucket, path: crypto.randomUUID(), apiEndpoint, projectId: "p" });
  let now = 0;
  const events: CacheEvent[] = [];
  const cache = new Cache({
    backend: guarded(backend, { timeout: readTimeoutMs / 1000, writeTimeout: 1, clock: () => now }),
    readTimeout: readTimeoutMs / 1000,
    onEvent: (event) => events.push(event),
  });

  async function ask(question: number) {
    const startedAt = performance.now();
    const { status, value } = await cache.run({ operation: "chat", params: { question } }, () => answerTo(question));
    // As text: what is wrong with one of 20 KB is better not printed.
    expect(JSON.stringify(value) === JSON.stringify(answerTo(question)), "the answer is right").toBe(true);
    return { status, elapsedMs: performance.now() - startedAt };
  }

  return {
    cache,
    proxy,
    ask,
    /** Asks three questions, until each is answered from the bucket. */
    async fill() {
      for (const question of [0, 1, 2]) await ask(question);
      await cache.flush();
      for (const question of [0, 1, 2]) expect((await ask(question)).status).toBe("hit");
    },
    breakerStates: () => events.flatMap((event) => (event.type === "breaker" ? [event.state] : [])),
    letTheBreakerTry: () => void (now += 60_000),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]();
      await proxy.stop();
    },
  };
}
