/// <reference types="vite/types/importMeta.d.ts" />
// The whole of what a runtime is given.
import { entrypoint, parameters, type Report, runTests, servers, writeReport } from "@llmcache/test-runtimes/within";
import { leftOut } from "./left-out.ts";

const files = import.meta.glob(["../*.test.ts", "!../runtimes.test.ts"]);

/** What came of the tests of this package. */
export interface HttpReport extends Report {
  /** Whether the runtime has what Node has beside the Web's globals. */
  readonly hasGlobalsOfNode: boolean;
}

async function run(): Promise<HttpReport> {
  const hasGlobalsOfNode = "process" in globalThis || "Buffer" in globalThis;
  return { ...(await runTests({ files, leftOut })), hasGlobalsOfNode };
}

if (parameters.includes("test")) await writeReport(run);

export const tests = entrypoint(run);
export { servers };
