/// <reference types="vite/types/importMeta.d.ts" />
// The whole of what a runtime is given.
import { runTests, writeReport } from "@llmcache/test-runtimes/within";

const files = import.meta.glob(["../*.test.ts", "!../runtimes.test.ts"]);

await writeReport(() => runTests({ files, leftOut: [] }));
