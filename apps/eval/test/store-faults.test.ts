import { Cache, memory } from "@llmcache/core";
import { semantic } from "@llmcache/semantic";
import { type FaultMode, serverOrSkip, startFaultProxy } from "@llmcache/test-servers";
import { describe, expect, onTestFinished, test } from "vitest";
import { semanticStores } from "./support/semantic-stores.ts";

const dimensions = 8;
const semanticTimeoutMs = 300;

/** What a loaded machine may take beyond what is promised. */
const slackMs = 3_000;

const embed = async (texts: readonly string[]) => texts.map(() => new Float32Array(dimensions).fill(1));

const faults: Readonly<Record<string, FaultMode>> = {
  "refuses connections": "refuse",
  "is a black hole": "blackhole",
  "stalls in the middle of a reply": { stall: 60 },
  "resets in the middle of a reply": { cutReply: 60 },
  "ends in the middle of a reply": { truncate: 60 },
  "is slower than anybody waits": { latency: 4 * semanticTimeoutMs },
};

describe.each(semanticStores)("$name, behind a cache,", ({ start, open }) => {
  test(
    "costs a bounded moment whatever it does, and is used again by itself",
    { timeout: 180_000 },
    async (context) => {
      const proxy = await startFaultProxy(await serverOrSkip(context, start));
      onTestFinished(() => proxy.stop());
      const backend = await open(proxy, { dimensions });
      await backend.ping?.();
      let now = Date.now();
      const cache = new Cache({
        backend: memory(),
        semantic: semantic({ backend, embed }),
        semanticTimeout: semanticTimeoutMs / 1000,
        clock: () => now,
      });
      onTestFinished(() => cache[Symbol.asyncDispose]());
      const ask = async (content: string, noStore = true) => {
        const startedAt = performance.now();
        const call = { operation: "chat", params: { model: "m", messages: [{ role: "user", content }] } };
        const { status, value } = await cache.run(call, () => "the model's", { noStore });
        return { status, value, elapsedMs: performance.now() - startedAt };
      };
      await ask("How do I reset the password of my account?", false);
      await cache.flush();
      const byMeaning = () => ask("How can I reset the password of my account?");
      await expect.poll(async () => (await byMeaning()).status, { timeout: 20_000 }).toBe("semantic");
      for (const [what, mode] of Object.entries(faults)) {
        await proxy.set(mode);
        for (let turn = 0; turn < 5; turn++) {
          const { value, elapsedMs } = await byMeaning();
          expect(value, what).toBe("the model's");
          expect(elapsedMs, what).toBeLessThan(semanticTimeoutMs + slackMs);
        }
        await proxy.set("pass");
        await expect
          .poll(
            async () => {
              // Lets the breaker try again.
              now += 60_000;
              return (await byMeaning()).status;
            },
            { timeout: 30_000 },
          )
          .toBe("semantic");
      }
    },
  );
});
