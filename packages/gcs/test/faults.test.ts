import { connectGcs } from "@llmcache/gcs";
import { type GcsServer, startGcs, storeFaultChecks } from "@llmcache/test-servers";
import { afterAll, beforeAll, test } from "vitest";

let gcs: GcsServer;
beforeAll(async () => void (gcs = await startGcs()));
afterAll(() => gcs.stop());

const checks = storeFaultChecks({
  target: () => ({ host: new URL(gcs.endpoint).hostname, port: Number(new URL(gcs.endpoint).port) }),
  connect: ({ host, port }) =>
    connectGcs({
      bucket: gcs.bucket,
      path: crypto.randomUUID(),
      apiEndpoint: `http://${host}:${port}`,
      projectId: "p",
    }),
});

for (const { name, run } of checks) test(name, { timeout: 60_000 }, run);
