import type {
  RunnerTask,
  RunnerTestCase,
  RunnerTestFile,
  RunnerTestSuite,
  SerializedConfig,
  VitestTestRunner,
} from "vitest";
import { type LeftOut, neverLeftOut, reasonToLeaveOut } from "./left-out.ts";
import type { Report, TestFailure } from "./report.ts";

/** The tests of a member. */
export interface Suite {
  /** The test files, each loaded when it is its turn, as `import.meta.glob` gives them. */
  readonly files: Readonly<Record<string, () => Promise<unknown>>>;
  /** What not every runtime can run. */
  readonly leftOut: readonly LeftOut[];
}

/** Runs a member's own tests on whatever runtime this is, by vitest's own runner, which needs nothing of Node. */
export async function runTests({ files: testFiles, leftOut: list }: Suite): Promise<Report> {
  // What vitest's `expect` looks at, of the state that its workers have.
  // oxlint-disable-next-line id-denylist -- vitest calls it so
  Object.assign(globalThis, { __vitest_worker__: { ctx: {}, config, environment: { name: "runtime" } } });
  const { startTests } = await import("vitest/internal/browser");
  const leftOut = new Map<string, string>();
  const runner: VitestTestRunner = {
    config,
    importFile: async (path) => testFiles[path]?.(),
    onBeforeRunTask(test) {
      const reason = reasonToLeaveOut(list, nameOf(test));
      if (reason === undefined || test.mode === "skip") return;
      test.mode = "skip";
      leftOut.set(nameOf(test), reason);
    },
  };
  const files = await startTests(Object.keys(testFiles), runner);
  const tests = files.flatMap(testsIn);
  return {
    files: files.length,
    passed: tests.filter(({ result }) => result?.state === "pass").length,
    leftOut: Object.fromEntries(leftOut),
    neverLeftOut: neverLeftOut(list, tests.map(nameOf)),
    failures: [...files.flatMap(failuresIn), ...tests.flatMap(failuresIn)],
  };
}

const config = {
  root: "",
  name: "",
  setupFiles: [],
  tags: [],
  strictTags: false,
  allowOnly: false,
  passWithNoTests: false,
  includeTaskLocation: false,
  maxConcurrency: 5,
  retry: 0,
  repeats: 0,
  sequence: { shuffle: false, concurrent: false, hooks: "stack", setupFiles: "list" },
  expect: {},
  snapshotOptions: { expand: false },
  experimental: {},
  // Whoever started the runtime ends it when it takes too long: a slow machine fails no single test.
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as unknown as SerializedConfig;

function testsIn(suite: RunnerTestSuite): RunnerTestCase[] {
  return suite.tasks.flatMap((task) => (task.type === "suite" ? testsIn(task) : [task]));
}

function failuresIn(task: RunnerTestFile | RunnerTestCase): TestFailure[] {
  const { errors = [] } = task.result ?? {};
  return errors.map(({ name, message, stack, diff }) => ({
    test: nameOf(task),
    error: [`${name}: ${message}`, diff, stack].filter((part) => part !== undefined).join("\n"),
  }));
}

/** The name of a test, with those of the suites and the file that it is in. */
function nameOf(task: RunnerTask): string {
  return task.suite === undefined
    ? `${task.file === task ? "" : `${task.file.name} > `}${task.name}`
    : `${nameOf(task.suite)} > ${task.name}`;
}
