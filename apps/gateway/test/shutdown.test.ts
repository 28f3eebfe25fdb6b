import { instant, startLocalModel } from "@llmcache/local-model";
import { expect, test, vi } from "vitest";
import { chat } from "./start.ts";
import { startProcess, temporaryFolder } from "./start-process.ts";

test(
  "a gateway that is told to stop ends what it began, stores it, and forgets nothing",
  { timeout: 120_000 },
  async (context) => {
    const model = await startLocalModel({ ...instant, firstTokenMs: 1_500 });
    context.onTestFinished(() => model.close());
    const config = {
      listen: { port: 0 },
      upstreams: { local: { url: model.origin, private: true } },
      cache: { tiers: [{ type: "memory" }, { type: "disk", options: { directory: await temporaryFolder(context) } }] },
    };
    const ask = (url: string, number: number) =>
      fetch(`${url}/v1/chat/completions`, chat(`Question ${number}`, { stream: number % 2 === 0 }));
    const numbers = Array.from({ length: 20 }, (_, index) => index);

    const first = await startProcess(context, config);
    const answers = numbers.map(async (number) => (await ask(first.url, number)).text());
    await vi.waitFor(() => expect(model.calls.chat).toBe(20), { timeout: 20_000 });
    first.child.kill("SIGTERM");
    await vi.waitFor(() => expect(first.output()).toContain("stopping"), { timeout: 20_000 });
    await expect(fetch(`${first.url}/health/live`)).rejects.toThrow();
    expect((await Promise.all(answers)).every((text) => text.includes("chat.completion"))).toBe(true);
    expect(await first.ended).toBe(0);

    const second = await startProcess(context, config);
    for (const number of numbers) {
      const response = await ask(second.url, number);
      await response.text();
      expect(response.headers.get("cache-status")).toContain("hit");
    }
    expect(model.calls.chat).toBe(20);
  },
);

test("what cannot be read, or opened, ends the command with a sentence", { timeout: 60_000 }, async (context) => {
  await expect(startProcess(context, { upstreams: {} })).rejects.toThrow(
    "llmcache.yaml:1: upstreams: must name an upstream at least",
  );
  const listening = await startProcess(context, {
    listen: { port: 0 },
    upstreams: { a: { url: "https://a.example.com" } },
  });
  const taken = {
    listen: { port: Number(new URL(listening.url).port) },
    upstreams: { a: { url: "https://a.example.com" } },
    cache: { tiers: [{ type: "disk", options: { directory: await temporaryFolder(context) } }] },
  };
  await expect(startProcess(context, taken)).rejects.toThrow("EADDRINUSE");
  const broken = {
    listen: { port: 0 },
    upstreams: { a: { url: "https://a.example.com" } },
    cache: { tiers: [{ type: "disk", options: { folder: "x" } }] },
  };
  await expect(startProcess(context, broken)).rejects.toThrow(/cache\.tiers\.0: DiskBackend: unknown option "folder"/);
});
