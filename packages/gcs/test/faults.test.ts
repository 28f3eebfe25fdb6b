import { connectGcs } from "@llmcache/gcs";
import { type GcsServer, startGcs, storeFaultChecks } from "@llmcache/test-servers";
import { afterAll, beforeAll, test } from "vitest";

let gcs: GcsServer;
beforeAll(async () => void (gcs = await startGcs()));
afterAll(() => gcs.stop());

const checks = storeFaultChecks({
  target: () => gcs,
  connect: ({ endpoint }) =>
    connectGcs({ bucket: gcs.bucket, path: crypto.randomUUID(), apiEndpoint: endpoint, projectId: "p" }),
});

for (const { name, run } of checks) test(name, { timeout: 60_000 }, run);
