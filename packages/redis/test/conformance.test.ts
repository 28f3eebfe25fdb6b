import { backendConformance } from "@llmcache/conformance";
import { sharedServer, startRedis } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type ConnectRedisOptions, connectRedis } from "@llmcache/redis";

/** No variable of the machine that runs the tests may change what they connect to. */
const connect = (options: ConnectRedisOptions) => connectRedis({ ...options, environment: {} });

for (const version of ["redis-7", "redis-8", "valkey-9"] as const) {
  describe(`a backend on ${version}`, () => {
    const server = sharedServer(() => startRedis({ version }));
    beforeAll(server.start, 60_000);
    afterAll(server.stop);
    let url: string;
    const checks = backendConformance({
      create: () => connect({ url }),
      reopen: () => connect({ url }),
      failing: () => connect({ host: "127.0.0.1", port: 1 }),
      log: () => undefined,
    });
    for (const { name, run } of checks) {
      test(name, { timeout: 30_000 }, async (context) => {
        ({ url } = server.orSkip(context));
        await run();
      });
    }
  });
}
