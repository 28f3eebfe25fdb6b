// The whole of what a runtime is given.
import { entrypoint, hideBuiltins, parameters, writeReport } from "@llmcache/test-runtimes/within";

const run = async () => (await import("./run.ts")).run();

if (parameters.includes("--without-builtins")) hideBuiltins();
if (parameters.includes("test")) await writeReport(run);
else if (parameters.includes("leave")) await (await import("./leave.ts")).leave();

export const tests = entrypoint(run);
