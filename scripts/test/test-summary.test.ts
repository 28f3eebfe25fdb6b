import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { type Run, run } from "../run.ts";
import { workspaceRoot } from "../workspace.ts";

async function runFixture(fixture: string, requireServices = "", ...parameters: string[]): Promise<Run> {
  const config = join(import.meta.dirname, "summary-fixture/vitest.config.ts");
  const vitest = join(workspaceRoot, "node_modules/vitest/vitest.mjs");
  return run(process.execPath, [vitest, "run", "--config", config, ...parameters], {
    cwd: workspaceRoot,
    env: { ...process.env, FIXTURE: fixture, LLMCACHE_REQUIRE_SERVICES: requireServices },
  });
}

test("a skipped test is named with its reason and fails nothing", async () => {
  const { output, exitCode } = await runFixture("skips");
  expect(output).toContain("Not run here: 2 of the tests\n");
  expect(output).toContain("needs a store (");
  expect(output).toContain("reads from the store; ");
  expect(output).toMatch(/^1 passed, 0 failed$/m);
  expect(exitCode).toBe(0);
});

test("a skipped test fails the run where everything must run", async () => {
  const { output, exitCode } = await runFixture("skips", "1");
  expect(output).toContain("LLMCACHE_REQUIRE_SERVICES=1");
  expect(output).toMatch(/^1 passed, 2 failed$/m);
  expect(exitCode).toBe(1);
});

test("tests that were not chosen by name are not named", async () => {
  const { output, exitCode } = await runFixture("skips", "1", "-t", "everywhere");
  expect(output).not.toContain("Not run here");
  expect(output).toMatch(/^1 passed, 0 failed$/m);
  expect(exitCode).toBe(0);
});

test("failed tests and files that do not load are counted", async () => {
  const { output, exitCode } = await runFixture("{fails,does-not-load,skips}");
  expect(output).toMatch(/^1 passed, 2 failed$/m);
  expect(exitCode).toBe(1);
});
