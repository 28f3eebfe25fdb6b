import { sharedServer, startTimeout, storeFaultChecks } from "@llmcache/test-servers";
import { afterAll, beforeAll, test } from "vitest";
import { startContainer, type TestContainer } from "./container.ts";

const shared = sharedServer(startContainer);
beforeAll(shared.start, startTimeout);
afterAll(shared.stop, 60_000);

let store: TestContainer;
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
