/// <reference types="vite/types/importMeta.d.ts" />
import type {
  RunnerTask,
  RunnerTestCase,
  RunnerTestFile,
  RunnerTestSuite,
  SerializedConfig,
  VitestTestRunner,
} from "vitest";
import { leftOutHere, neverLeftOut } from "./left-out.ts";
import type { Report, TestFailure } from "./report.ts";

/** Core's test files, each loaded when it is its turn. Those that hunt by chance for minutes are about logic, not about a runtime. */
const testFiles = import.meta.glob([
  "../*.test.ts",
  "./*.test.ts",
  "!../runtimes.test.ts",
  "!../faults.test.ts",
  "!../fuzz.test.ts",
]);

const sources = import.meta.glob<string>("../*.test.ts", { query: "?raw", import: "default", eager: true });

/**
 * The files that give concurrent calls their order by counting turns of the event loop. Digests of WebCrypto come from threads, when and in
 * the order in which these are ready, so there `any-hash.test.ts` stands for them.
 */
const countingTurns = Object.keys(sources).filter((path) =>
  /\b(?:settle|ManualModel|until)\b/.test(sources[path] ?? ""),
);

/** Runs core's own tests on whatever runtime this is, by vitest's own runner, which needs nothing of Node. */
export async function runTests(): Promise<Report> {
  // What vitest's `expect` looks at, of the state that its workers have.
  // oxlint-disable-next-line id-denylist -- vitest calls it so
  Object.assign(globalThis, { __vitest_worker__: { ctx: {}, config, environment: { name: "runtime" } } });
  const [{ startTests }, { sha256 }] = await Promise.all([
    import("vitest/internal/browser"),
    import("../../src/hash.ts"),
  ]);
  const hashesAtOnce = typeof sha256(new Uint8Array()) === "string";
  const leftOut = new Map<string, string>();
  const runner: VitestTestRunner = {
    config,
    importFile: async (path) => testFiles[path]?.(),
    onBeforeRunTask(test) {
      const reason = hashesAtOnce || !isSameWithAnyHash(test) ? leftOutHere(nameOf(test)) : "is the same with any hash";
      if (reason === undefined || test.mode === "skip") return;
      test.mode = "skip";
      leftOut.set(nameOf(test), reason);
    },
  };
  const chosen = Object.keys(testFiles).filter((path) => hashesAtOnce || !countingTurns.includes(path));
  const files = await startTests(chosen, runner);
  const tests = files.flatMap(testsIn);
  return {
    hashesAtOnce,
    files: files.length,
    passed: tests.filter(({ result }) => result?.state === "pass").length,
    leftOut: Object.fromEntries(leftOut),
    neverLeftOut: hashesAtOnce ? neverLeftOut(tests.map(nameOf)) : [],
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

/** The suite on what neither hashes, encrypts nor compresses, which has no need of Node's modules, and takes its time. */
function isSameWithAnyHash(test: RunnerTestCase): boolean {
  return test.file.name.endsWith("conformance.test.ts") && !/compressed|encrypted/.test(nameOf(test));
}

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
