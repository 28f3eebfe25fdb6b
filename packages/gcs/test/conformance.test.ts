import { backendConformance } from "@llmcache/conformance";
import { type GcsServer, startGcs, startLocalGcs } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, test } from "vitest";
import { connectGcs, type GcsBackend } from "@llmcache/gcs";

let gcs: GcsServer;
beforeAll(async () => void (gcs = await startGcs()));
afterAll(() => gcs.stop());

const paths = new WeakMap<object, string>();
let made = 0;

async function open(path: string): Promise<GcsBackend> {
  const { endpoint: apiEndpoint, projectId, bucket } = gcs;
  const backend = await connectGcs({ bucket, path, apiEndpoint, projectId });
  paths.set(backend, path);
  return backend;
}

// GcsBackend, as connectGcs makes it.
describe("a GCS backend", () => {
  const checks = backendConformance({
    create: () => open(`conformance-${made++}`),
    reopen: (backend) => open(paths.get(backend) ?? ""),
    failing: async () => {
      const { endpoint: apiEndpoint, projectId, stop } = await startLocalGcs();
      await stop();
      return connectGcs({ bucket: "cache", apiEndpoint, projectId });
    },
    log: () => undefined,
  });
  for (const { name, run } of checks) test(name, run, 60_000);
});
