import process from "node:process";
import { defineConfig } from "vitest/config";
import { TestSummary } from "../../test-summary.ts";

/** The runs that test-summary.test.ts looks at; which of the files they take is in the environment. */
export default defineConfig({
  root: import.meta.dirname,
  test: { include: [`${process.env["FIXTURE"] ?? "*"}.fixture.ts`], reporters: [new TestSummary()] },
});
