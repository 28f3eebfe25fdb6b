import { serverOrSkip, startRedis } from "@llmcache/test-servers";
import { expect, test, vi } from "vitest";
import { askAdmin, chat, probe, start } from "./start.ts";

test(
  "Redis is killed under load, and no request fails; when it is back, it is used again",
  { timeout: 120_000 },
  async (context) => {
    const redis = await serverOrSkip(context, () => startRedis({ own: true }));
    const tiers = [
      { type: "memory", maxTtl: "20ms" },
      { type: "redis", options: { url: redis.url } },
    ];
    const { url, model } = await start(context, { cache: { tiers } });
    let running = true;
    let asked = 0;
    const statuses = new Map<number, number>();
    let slowestMs = 0;
    const lane = async () => {
      while (running) {
        const question = `Question ${asked++ % 40}`;
        const startedAt = performance.now();
        const response = await fetch(`${url}/v1/chat/completions`, chat(question, { stream: asked % 3 === 0 }));
        expect(await response.text()).toContain("chat.completion");
        slowestMs = Math.max(slowestMs, performance.now() - startedAt);
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      }
    };
    const lanes = Array.from({ length: 8 }, lane);
    const reach = async (count: number) => {
      while (asked < count) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await reach(200);
    await redis.kill();
    await reach(asked + 300);
    const ping = await askAdmin(url, "/cache/ping");
    expect([ping.status, await ping.json()]).toMatchObject([
      503,
      {
        status: "down",
        stores: [
          { name: "memory", ok: true },
          { name: "redis", ok: false },
        ],
      },
    ]);
    await redis.restart();
    const before = model.calls.chat;
    await reach(asked + 200);
    // The breaker lets it be tried again after five seconds.
    while ((await redis.command("DBSIZE")) === 0) await new Promise((resolve) => setTimeout(resolve, 100));
    running = false;
    await Promise.all(lanes);
    expect([...statuses.keys()]).toEqual([200]);
    expect(slowestMs).toBeLessThan(10_000);
    expect(model.calls.chat).toBeGreaterThanOrEqual(before);
    expect((await askAdmin(url, "/cache/ping")).status).toBe(200);
    const { backends } = (await (await askAdmin(url, "/cache/stats")).json()) as {
      readonly backends: readonly object[];
    };
    expect(backends).toContainEqual(
      expect.objectContaining({
        name: "redis",
        reads: "closed",
        lastError: expect.objectContaining({ code: expect.any(String) }),
      }),
    );
  },
);

test("a probe is answered at once though Redis hangs: the gateway is ready, and says of Redis that it is not", async (context) => {
  const redis = await serverOrSkip(context, () => startRedis({ own: true }));
  const tiers = [{ type: "memory" }, { type: "redis", options: { url: redis.url } }];
  const { url } = await start(context, { cache: { tiers } });
  redis.freeze();
  context.onTestFinished(() => redis.thaw());
  expect(await probe(url)).toMatchObject([
    200,
    [
      { name: "memory", ok: true },
      { name: "redis", ok: false },
    ],
  ]);
  redis.thaw();
  await vi.waitFor(async () => expect(await probe(url)).toMatchObject([200, [{ ok: true }, { ok: true }]]), {
    timeout: 20_000,
  });
});
