import { instant, startLocalModel, type LocalModel } from "@llmcache/local-model";
import { serverOrSkip, startRedis, startTimeout } from "@llmcache/test-servers";
import { expect, test, type TestContext, vi } from "vitest";
import { startProcess } from "./start-process.ts";
import { askAdmin, chat, start, type Started } from "./start.ts";

/** What two gateways have in common: a model, and a cache in a Redis of the test's own behind a memory of each one's own. */
async function shared(
  context: TestContext,
  changes: Record<string, unknown> = {},
): Promise<{ readonly model: LocalModel; readonly config: Record<string, unknown> }> {
  const redis = await serverOrSkip(context, () => startRedis({ own: true }));
  const model = await startLocalModel({ ...instant });
  context.onTestFinished(() => model.close());
  const tiers = [{ type: "memory" }, { type: "redis", options: { url: redis.url } }];
  const upstreams = { local: { url: model.origin, private: true } };
  return { model, config: { upstreams, cache: { tiers, coalesce: "distributed", ...changes } } };
}

const ask = (url: string, init: RequestInit = chat("Hello")) => fetch(`${url}/v1/chat/completions`, init);

async function statusOf({ url }: Started): Promise<string | null> {
  const response = await ask(url);
  await response.text();
  return response.headers.get("cache-status");
}

test("identical calls of two gateways on one Redis cost one", { timeout: startTimeout }, async (context) => {
  const { model, config } = await shared(context);
  // Long enough for all to have come.
  model.update({ firstTokenMs: 500 });
  const [first, second] = [await start(context, config), await start(context, config)];
  const asked = Array.from({ length: 20 }, (_, index) => ask((index % 2 === 0 ? first : second).url));
  const texts = await Promise.all(asked.map(async (response) => (await response).text()));
  expect(new Set(texts).size).toBe(1);
  expect(texts[0]).toContain("chat.completion");
  expect(model.calls.chat).toBe(1);
});

test(
  "what is deleted by one gateway is served by no other, out of its memory neither",
  { timeout: startTimeout },
  async (context) => {
    const { model, config } = await shared(context);
    const [first, second] = [await start(context, config), await start(context, config)];
    const key = (await ask(first.url)).headers.get("x-llmcache-key") ?? "";
    await first.gateway.cache.flush();
    await vi.waitFor(async () => expect(await statusOf(second)).toContain("detail=memory"), { timeout: 10_000 });
    expect(model.calls.chat).toBe(1);
    expect((await askAdmin(first.url, `/cache/entry?key=${key}`, { method: "DELETE" })).status).toBe(200);
    await vi.waitFor(async () => expect(await statusOf(second)).toContain("fwd=miss"), { timeout: 10_000 });
    expect(model.calls.chat).toBe(2);
  },
);

test(
  "a gateway that dies is waited for as long as its lease, and no longer",
  { timeout: startTimeout },
  async (context) => {
    const { model, config } = await shared(context, { leaseDuration: "500ms" });
    model.update({ failure: { kind: "hang", times: 1 } });
    const dying = await startProcess(context, { ...config, listen: { port: 0 } });
    const lost = ask(dying.url).catch(() => undefined);
    await vi.waitFor(() => expect(model.calls.failed).toBe(1), { timeout: 20_000 });
    dying.child.kill("SIGKILL");
    await Promise.all([dying.ended, lost]);
    const { url } = await start(context, config);
    // Leases are ten seconds long unless they are told otherwise.
    const response = await ask(url, { ...chat("Hello"), signal: AbortSignal.timeout(8_000) });
    expect(await response.text()).toContain("chat.completion");
  },
);
