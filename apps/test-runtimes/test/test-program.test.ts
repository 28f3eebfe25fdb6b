import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle, type Report, runtimes, testProgram } from "../src/index.ts";

const source = join(import.meta.dirname, "processes/program.ts");
const program = testProgram({ program: source });
const permissions = ["--allow-env", "--allow-net=127.0.0.1"];

/** Longer than any runtime takes on a slow machine that is doing other things. */
const timeoutMs = 60_000;

beforeAll(program.build, timeoutMs);
afterAll(program.remove);

function expectToldAll(report: Report): void {
  expect(report).toEqual({
    files: 1,
    passed: 1,
    leftOut: { "outcomes.ts > a suite > what is left out is not run": "needs a runtime that nobody has" },
    neverLeftOut: ["nothing is called so"],
    failures: [
      { test: "outcomes.ts > a suite > what is wrong fails", error: expect.stringContaining("expected 2 to be 3") },
    ],
  });
}

test.for(runtimes)(
  "on $name a report tells what passed, failed and was left out",
  { timeout: timeoutMs },
  async (runtime, context) => {
    expectToldAll(await program.reportOf(runtime, { parameters: ["test"], permissions }, context));
  },
);

test(
  "on workerd a report tells the same, and tests reach their own servers",
  { timeout: timeoutMs },
  async (context) => {
    expectToldAll(await program.reportOfWorker({ compatibilityDate: "2026-11-01", serves: true }, context));
  },
);

test.for(runtimes)(
  "on $name a program that ends badly is an error with what it said",
  { timeout: timeoutMs },
  async (runtime, context) => {
    const ended = program.outputOf(runtime, { parameters: ["fail"], permissions }, context);
    await expect(ended).rejects.toThrow(/ended with 1: [^]*as it was told/);
  },
);

test("with stand-ins, what has none is refused by name", async () => {
  const built = bundle({ program: source, standIns: join(import.meta.dirname, "processes") });
  await expect(built).rejects.toThrow("imports node:http, which other runtimes lack");
});
