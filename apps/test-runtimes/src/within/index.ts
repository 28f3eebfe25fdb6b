export { builtin, hideBuiltins } from "./builtin.ts";
export { entrypoint, parameters, writeReport } from "./hand-over.ts";
export type { Entrypoint } from "./hand-over.ts";
export type { LeftOut } from "./left-out.ts";
export type { Report, TestFailure } from "./report.ts";
export { runTests } from "./run-tests.ts";
export type { Suite } from "./run-tests.ts";
export { servers } from "./servers.ts";
