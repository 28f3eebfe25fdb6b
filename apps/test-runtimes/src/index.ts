export { bundle } from "./bundle.ts";
export type { BundleOptions } from "./bundle.ts";
export { runtimes, timeoutMs } from "./runtimes.ts";
export type { Runtime } from "./runtimes.ts";
export { testProgram } from "./test-program.ts";
export type { RunOptions, RunningTest, TestProgram, Worker } from "./test-program.ts";
export type { Report, TestFailure } from "./within/report.ts";
