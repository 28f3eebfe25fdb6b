import { serverOrSkip, startFaultProxy, startQdrant, startTimeout } from "@llmcache/test-servers";
import { expect, test, vi } from "vitest";
import { askAdmin, chat, probe, start } from "./start.ts";

test(
  "a similar question is answered by its meaning, and the dashboard's data say how",
  { timeout: 60_000 },
  async (context) => {
    const { url, model, gateway } = await start(
      context,
      ({ url: baseUrl }) => ({
        semantic: {
          embedder: { baseUrl, apiKey: "${EMBEDDER_KEY}", model: "text-embedding-3-small", dimensions: 256 },
          store: { type: "memory", options: { dimensions: 256 } },
          options: { threshold: 0.3, minCertainty: 0 },
        },
      }),
      { EMBEDDER_KEY: "sk-embedder" },
    );
    const ask = async (question: string) => {
      const response = await fetch(`${url}/v1/chat/completions`, chat(question));
      await response.text();
      await gateway.cache.flush();
      return response;
    };
    await ask("How do I sell bonds in 2024?");
    const similar = await ask("Could you tell me how I sell bonds in 2024?");
    const opposite = await ask("How do I buy bonds in 2024?");
    expect(similar.headers.get("cache-status")).toContain("hit");
    expect(Number(similar.headers.get("x-llmcache-similarity"))).toBeGreaterThan(0.3);
    expect(Number(similar.headers.get("x-llmcache-saved-tokens"))).toBeGreaterThan(0);
    expect(opposite.headers.get("cache-status")).toContain("fwd=miss");
    expect(model.calls.chat).toBe(2);
    const { calls } = (await (await askAdmin(url, "/cache/calls")).json()) as {
      readonly calls: readonly Record<string, unknown>[];
    };
    expect(calls).toMatchObject([
      { outcome: "miss" },
      { outcome: "semantic", semantic: { decision: "served", match: calls[0]?.["key"] } },
      { outcome: "miss", semantic: { decision: "vetoed" } },
    ]);
    expect(JSON.stringify(calls)).not.toContain("bonds");
    // What is deleted cannot come back by its meaning.
    await askAdmin(url, `/cache/entry?key=${String(calls[0]?.["key"])}`, { method: "DELETE" });
    expect((await ask("Please tell me how I sell bonds in 2024?")).headers.get("cache-status")).toContain("fwd=miss");
  },
);

test("answers are found by meaning in Qdrant too", { timeout: startTimeout }, async (context) => {
  const qdrant = await serverOrSkip(context, () => startQdrant());
  const proxy = await startFaultProxy({ endpoint: qdrant.url });
  context.onTestFinished(() => proxy.stop());
  const { url, gateway } = await start(context, ({ url: baseUrl }) => ({
    semantic: {
      embedder: { baseUrl, apiKey: "sk-embedder", model: "text-embedding-3-small", dimensions: 256 },
      store: { type: "qdrant", options: { url: proxy.endpoint, dimensions: 256, prefix: `gateway-${Date.now()}` } },
      options: { threshold: 0.3, minCertainty: 0 },
    },
    cache: { semanticTimeout: "20s" },
  }));
  const ask = async (question: string) => {
    const response = await fetch(`${url}/v1/chat/completions`, chat(question));
    await response.text();
    await gateway.cache.flush();
    return response.headers.get("cache-status");
  };
  const ping = await askAdmin(url, "/cache/ping");
  expect([ping.status, await ping.json()]).toMatchObject([
    200,
    { stores: [{ name: "memory" }, { name: "qdrant", ok: true }] },
  ]);
  await ask("How do I sell bonds in 2024?");
  expect(await ask("Could you tell me how I sell bonds in 2024?")).toContain("hit");
  await proxy.set("blackhole");
  expect(await probe(url)).toMatchObject([200, [{ ok: true }, { name: "qdrant", ok: false, error: "TimeoutError" }]]);
  await proxy.set("pass");
  await vi.waitFor(async () => expect(await probe(url)).toMatchObject([200, [{ ok: true }, { ok: true }]]), {
    timeout: 20_000,
  });
});
