import process from "node:process";
import type { SerializedError } from "vitest";
import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";

export interface TestSummaryOptions {
  /** Whether a test that did not run makes the run fail. @default the environment's LLMCACHE_REQUIRE_SERVICES is "1" */
  readonly requireAll?: boolean;
  /** Where the summary goes. @default standard output */
  readonly write?: (text: string) => void;
}

/**
 * Ends a run with what did not run here and why, and with one line of plain numbers: `12 passed, 0 failed`.
 *
 * A test that needs a server which is not there calls `context.skip("reason")`. That is fine on a laptop; where everything must run,
 * such a test counts as failed.
 */
export class TestSummary implements Reporter {
  readonly #requireAll: boolean;
  readonly #write: (text: string) => void;
  #someWereChosen = false;

  constructor(options: TestSummaryOptions = {}) {
    this.#requireAll = options.requireAll ?? process.env["LLMCACHE_REQUIRE_SERVICES"] === "1";
    this.#write = options.write ?? ((text) => process.stdout.write(text));
  }

  onInit(vitest: Vitest): void {
    this.#someWereChosen = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    // With `-t`, what was not chosen looks like a test that was skipped without a reason.
    const skipped = tests.filter((test) => isSkipped(test) && !(this.#someWereChosen && reasonOf(test) === undefined));
    const passed = tests.filter((test) => test.result().state === "passed");
    const failed = tests.filter((test) => test.result().state === "failed");
    // A file that cannot be loaded has no tests that could fail, and an error outside of a test belongs to none.
    const failedOtherwise = modules.flatMap((module) => module.errors()).length + unhandledErrors.length;
    const refused = this.#requireAll ? skipped.length : 0;

    if (skipped.length > 0) this.#write(this.#notRun(skipped));
    this.#write(`\n${passed.length} passed, ${failed.length + failedOtherwise + refused} failed\n`);
    if (refused > 0) process.exitCode = 1;
  }

  #notRun(skipped: readonly TestCase[]): string {
    const byReason = Map.groupBy(skipped, (test) => reasonOf(test) ?? "no reason given");
    const lines = [...byReason].map(([reason, tests]) => `  ${reason} (${namesOf(tests)})\n`);
    const failing = this.#requireAll ? ", and LLMCACHE_REQUIRE_SERVICES=1 asks for all of them" : "";
    return `\nNot run here: ${skipped.length} of the tests${failing}\n${lines.join("")}`;
  }
}

function isSkipped(test: TestCase): boolean {
  return test.result().state === "skipped";
}

function reasonOf(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === "skipped" ? result.note : undefined;
}

/** At most three names: the reason says the rest. */
function namesOf(tests: readonly TestCase[]): string {
  const names = tests.slice(0, 3).map((test) => `${test.project.name}: ${test.fullName}`);
  return [...names, ...(tests.length > names.length ? [`${tests.length - names.length} more`] : [])].join("; ");
}
