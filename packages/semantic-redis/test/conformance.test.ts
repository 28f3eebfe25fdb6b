import { backendConformance, semanticConformance } from "@llmcache/conformance";
import {
  connectSemanticRedis,
  type ConnectSemanticRedisOptions,
  type RedisSemanticBackend,
} from "@llmcache/semantic-redis";
import { sharedServer, startRedis, startRedisCluster, startTimeout, type Stoppable } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, test } from "vitest";

/** Runs both suites against a server, started for them. `addressOf` says how to reach it. */
function describeConformance<Server extends Stoppable>(
  name: string,
  start: () => Promise<Server>,
  addressOf: (server: Server) => Partial<ConnectSemanticRedisOptions>,
): void {
  describe(name, { timeout: 60_000 }, () => {
    const shared = sharedServer(start);
    beforeAll(shared.start, startTimeout);
    afterAll(shared.stop);
    for (const search of ["exact", "approximate"] as const) {
      describe(`with ${search} search`, () => {
        let address: Partial<ConnectSemanticRedisOptions>;
        const open = (changes: Partial<ConnectSemanticRedisOptions> = address): Promise<RedisSemanticBackend> =>
          connectSemanticRedis({ embedder: search, dimensions: 48, search, environment: {}, ...changes });
        const options = {
          create: () => open(),
          reopen: () => open(),
          failing: () => open({ host: "127.0.0.1", port: 1 }),
          log: () => undefined,
        };
        // By key both keep entries alike.
        const byKey = search === "exact" ? backendConformance(options) : [];
        for (const { name: check, run } of [...byKey, ...semanticConformance({ ...options, search })]) {
          test(check, async (context) => {
            address = addressOf(shared.orSkip(context));
            await run();
          });
        }
      });
    }
  });
}

for (const version of ["redis-7", "redis-8"] as const) {
  describeConformance(
    `a RedisSemanticBackend on the search engine of ${version}`,
    () => startRedis({ version, search: true }),
    ({ url }) => ({ url }),
  );
}

describeConformance(
  "a RedisSemanticBackend on the vector sets of redis-8",
  () => startRedis({ version: "redis-8" }),
  ({ url }) => ({ url }),
);

describeConformance(
  "a RedisSemanticBackend on the vector sets of a Cluster",
  () => startRedisCluster({ version: "redis-8" }),
  ({ nodes }) => ({ cluster: nodes.slice(0, 2).map(({ host, port }) => ({ host, port })) }),
);
