import { sharedServer, startTimeout, storeFaultChecks } from "@llmcache/test-servers";
import { afterAll, beforeAll, test } from "vitest";
import { startBucket, type TestBucket } from "./bucket.ts";

const shared = sharedServer(startBucket);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

let store: TestBucket;
const checks = storeFaultChecks({
  target: () => ({ host: new URL(store.endpoint).hostname, port: Number(new URL(store.endpoint).port) }),
  connect: ({ host, port }) => store.connect({ path: crypto.randomUUID(), endpoint: `http://${host}:${port}` }),
});

for (const { name, run } of checks) {
  test(name, { timeout: 60_000 }, async (context) => {
    store = shared.orSkip(context);
    await run();
  });
}
