import { randomUUID } from "node:crypto";
import { backendConformance } from "@llmcache/conformance";
import { sharedServer, startTimeout } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, test, type TestContext } from "vitest";
import type { S3Backend } from "@llmcache/s3";
import { startBucket, type TestBucket } from "./bucket.ts";

const shared = sharedServer(startBucket);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

let store: TestBucket;
const paths = new WeakMap<object, string>();

async function open(path: string): Promise<S3Backend> {
  const backend = await store.connect({ path });
  paths.set(backend, path);
  return backend;
}

describe("an S3 backend", () => {
  const checks = backendConformance({
    create: () => open(randomUUID()),
    reopen: (backend) => open(paths.get(backend) ?? ""),
    failing: () => store.connect({ endpoint: "http://127.0.0.1:1" }),
    log: () => undefined,
  });
  for (const { name, run } of checks) {
    test(name, { timeout: 60_000 }, async (context: TestContext) => {
      store = shared.orSkip(context);
      await run();
    });
  }
});
