import { backendConformance } from "@llmcache/conformance";
import { sharedServer, type Stoppable } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type ConnectRedisOptions, connectRedis, type RedisBackend } from "@llmcache/redis";

/** Runs the conformance suite against a server, started for it. `optionsOf` says how to reach it. */
export function describeConformance<Server extends Stoppable>(
  name: string,
  start: () => Promise<Server>,
  optionsOf: (server: Server) => ConnectRedisOptions,
): void {
  describe(name, () => {
    const shared = sharedServer(start);
    beforeAll(shared.start, 120_000);
    afterAll(shared.stop);
    let options: ConnectRedisOptions;
    // No variable of the machine that runs the tests may change what they connect to.
    const connect = (changes: ConnectRedisOptions): Promise<RedisBackend> =>
      connectRedis({ ...changes, environment: {} });
    const checks = backendConformance({
      create: () => connect(options),
      reopen: () => connect(options),
      failing: () => connect({ host: "127.0.0.1", port: 1 }),
      log: () => undefined,
    });
    for (const { name: check, run } of checks) {
      test(check, { timeout: 60_000 }, async (context) => {
        options = optionsOf(shared.orSkip(context));
        await run();
      });
    }
  });
}
