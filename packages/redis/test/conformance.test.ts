import { startRedis, startRedisCluster, startRedisSentinel } from "@llmcache/test-servers";
import { describeConformance } from "./support/conformance.ts";

for (const version of ["redis-7", "redis-8", "valkey-9"] as const) {
  describeConformance(
    `a RedisBackend on ${version}`,
    () => startRedis({ version }),
    ({ url }) => ({ url }),
  );
}

describeConformance(
  "a RedisBackend over TLS",
  () => startRedis({ tls: { clientCertificate: true } }),
  ({ port, tls }) => ({
    host: "localhost",
    port,
    tls,
  }),
);

describeConformance(
  "a RedisBackend on a Cluster",
  () => startRedisCluster(),
  ({ nodes }) => ({
    cluster: nodes.slice(0, 2).map(({ host, port }) => ({ host, port })),
  }),
);

describeConformance(
  "a RedisBackend by Sentinel",
  () => startRedisSentinel(),
  ({ sentinels, masterName }) => ({
    sentinel: { nodes: sentinels.map(({ host, port }) => ({ host, port })), name: masterName },
  }),
);
