import { join } from "node:path";
import { runtimes, testProgram, timeoutMs } from "@llmcache/test-runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { HttpReport } from "./runtimes/program.ts";

const program = testProgram({ program: join(import.meta.dirname, "runtimes/program.ts") });

/** Vitest and vendors' clients read the environment, and the servers of the tests are on this machine. */
const permissions = ["--allow-env", "--allow-net=127.0.0.1"];

beforeAll(program.build, timeoutMs);
afterAll(program.remove);

test.for(runtimes)("on $name every test passes", { timeout: timeoutMs }, async (runtime, context) => {
  const report = await program.reportOf<HttpReport>(runtime, { parameters: ["test"], permissions }, context);
  expect(report.hasGlobalsOfNode).toBe(true);
  expectPassed(report);
});

test("on workerd every test passes", { timeout: timeoutMs }, async (context) => {
  const report = await program.reportOfWorker<HttpReport>({ compatibilityDate: "2026-11-01", serves: true }, context);
  expect(report.hasGlobalsOfNode).toBe(true);
  expectPassed(report);
});

test(
  "on workerd every test passes where there is nothing of Node but modules to import",
  { timeout: timeoutMs },
  async (context) => {
    const withoutGlobals = {
      compatibilityDate: "2026-11-01",
      compatibilityFlags: ["no_nodejs_compat_v2"],
      serves: true,
    };
    const report = await program.reportOfWorker<HttpReport>(withoutGlobals, context);
    expect(report.hasGlobalsOfNode).toBe(false);
    expectPassed(report);
  },
);

function expectPassed(report: HttpReport): void {
  expect(report.failures).toEqual([]);
  expect(report.neverLeftOut).toEqual([]);
  // Of some 660: fewer would mean that much was not run.
  expect(report.passed).toBeGreaterThan(650);
}
