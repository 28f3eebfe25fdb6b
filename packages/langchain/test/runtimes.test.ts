import { join } from "node:path";
import { type Report, runtimes, testProgram, timeoutMs } from "@llmcache/test-runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";

const program = testProgram({ program: join(import.meta.dirname, "runtimes/program.ts") });

/** Vitest and vendors' clients read the environment and ask for the machine's name, and the servers of the tests are on this machine. */
const permissions = ["--allow-env", "--allow-sys=hostname", "--allow-net=127.0.0.1"];

beforeAll(program.build, timeoutMs);
afterAll(program.remove);

test.for(runtimes)("on $name every test passes", { timeout: timeoutMs }, async (runtime, context) => {
  const report = await program.reportOf<Report>(runtime, { parameters: [], permissions }, context);
  expect(report.failures).toEqual([]);
  // Fewer would mean that much was not run.
  expect(report.passed).toBeGreaterThan(100);
});
