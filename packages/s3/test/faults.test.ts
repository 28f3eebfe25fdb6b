import { sharedServer, startTimeout, storeFaultChecks } from "@llmcache/test-servers";
import { afterAll, beforeAll, test } from "vitest";
import { startBucket, type TestBucket } from "./bucket.ts";

const shared = sharedServer(startBucket);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

let store: TestBucket;
const checks = storeFaultChecks({
  target: () => store,
  connect: ({ endpoint }) => store.connect({ path: crypto.randomUUID(), endpoint }),
});

for (const { name, run } of checks) {
  test(name, { timeout: 60_000 }, async (context) => {
    store = shared.orSkip(context);
    await run();
  });
}
