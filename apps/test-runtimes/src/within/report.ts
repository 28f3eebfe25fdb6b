/** What came of a member's tests on a runtime. JSON, so that it can leave any runtime. */
export interface Report {
  /** How many test files were run. */
  readonly files: number;
  /** How many tests passed. */
  readonly passed: number;
  /** The tests that were not run, each with the reason. */
  readonly leftOut: Readonly<Record<string, string>>;
  /** What the list of tests to leave out names and no test is called. */
  readonly neverLeftOut: readonly string[];
  readonly failures: readonly TestFailure[];
}

export interface TestFailure {
  readonly test: string;
  readonly error: string;
}
