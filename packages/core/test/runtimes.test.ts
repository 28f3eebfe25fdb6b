import { join } from "node:path";
import { runtimes, testProgram, timeoutMs } from "@llmcache/test-runtimes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CoreReport } from "./runtimes/run.ts";

const folder = join(import.meta.dirname, "runtimes");
const program = testProgram({ program: join(folder, "program.ts"), standIns: join(folder, "stand-ins") });

/** Vitest reads the environment to see whether it may use colours. Core needs no permission at all: see the last test. */
const permissions = ["--allow-env"];

beforeAll(program.build, timeoutMs);
afterAll(program.remove);

// Two at a time: each of them keeps a processor busy for some ten seconds.
describe.each(runtimes)("on $name", (runtime) => {
  test.concurrent(
    "the same keys come out and every test passes, with the runtime's own hash",
    async (context) => {
      const report = await program.reportOf<CoreReport>(runtime, { parameters: ["test"], permissions }, context);
      expect(report.hashesAtOnce).toBe(true);
      expectPassed(report);
    },
    timeoutMs,
  );

  test.concurrent(
    "the same keys come out and every test passes, with WebCrypto",
    async (context) => {
      const parameters = ["test", "--without-builtins"];
      const report = await program.reportOf<CoreReport>(runtime, { parameters, permissions }, context);
      expect(report.hashesAtOnce).toBe(false);
      expectPassed(report);
    },
    timeoutMs,
  );
});

describe("on workerd", () => {
  test.concurrent(
    "the same keys come out and every test passes, with the modules of Node that it has",
    async (context) => {
      const report = await program.reportOfWorker<CoreReport>({ compatibilityDate: "2026-11-01" }, context);
      expect(report.hashesAtOnce).toBe(true);
      expectPassed(report);
    },
    timeoutMs,
  );

  test.concurrent(
    "the same keys come out and every test passes, with WebCrypto where there is nothing of Node",
    async (context) => {
      // Node's modules are there by themselves from 2026-08-04 on.
      const report = await program.reportOfWorker<CoreReport>({ compatibilityDate: "2025-06-01" }, context);
      expect(report.hashesAtOnce).toBe(false);
      expectPassed(report);
    },
    timeoutMs,
  );
});

test.for(runtimes)(
  "on $name nothing keeps the process, and core needs no permission",
  { timeout: timeoutMs },
  async (runtime, context) => {
    const written = await program.outputOf(runtime, { parameters: ["leave"] }, context);
    expect(Number(/left after (\d+) ms/.exec(written)?.[1])).toBeLessThan(1000);
  },
);

function expectPassed(report: CoreReport): void {
  expect(report.failures).toEqual([]);
  // Without a hash that answers at once, not every file is run that the list names tests of.
  if (report.hashesAtOnce) expect(report.neverLeftOut).toEqual([]);
  // The golden vectors and the suite on the wrappers alone are more than this: fewer would mean that little was run.
  expect(report.passed).toBeGreaterThan(1000);
}
