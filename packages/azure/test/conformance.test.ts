import { randomUUID } from "node:crypto";
import { backendConformance } from "@llmcache/conformance";
import { sharedServer, startTimeout } from "@llmcache/test-servers";
import { afterAll, beforeAll, describe, test, type TestContext } from "vitest";
import type { AzureBlobBackend } from "@llmcache/azure";
import { startContainer, type TestContainer } from "./container.ts";

const shared = sharedServer(startContainer);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

let store: TestContainer;
const paths = new WeakMap<object, string>();

async function open(path: string): Promise<AzureBlobBackend> {
  const backend = await store.connect({ path });
  paths.set(backend, path);
  return backend;
}

describe("an Azure Blob backend", () => {
  const checks = backendConformance({
    create: () => open(randomUUID()),
    reopen: (backend) => open(paths.get(backend) ?? ""),
    failing: () => store.connect({ accountUrl: "http://127.0.0.1:1/nobody", accountKey: "eA==" }),
    log: () => undefined,
  });
  for (const { name, run } of checks) {
    test(name, { timeout: 60_000 }, async (context: TestContext) => {
      store = shared.orSkip(context);
      await run();
    });
  }
});
