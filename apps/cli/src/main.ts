#!/usr/bin/env node
import process from "node:process";
import { BrokenOff, type ExitCode, exitCode } from "./exit-code.ts";
import { run } from "./run.ts";
import { openTerminal } from "./text/terminal.ts";
import { printable } from "./text/printable.ts";
import { UsageError } from "./usage-error.ts";

const stop = new AbortController();

/** Ends what is under way in good order, and at once where that was asked for twice. */
function breakOff(code: ExitCode): void {
  if (stop.signal.aborted) process.exit(code);
  stop.abort(new BrokenOff(code));
}

process.on("SIGINT", () => breakOff(exitCode.interrupted));
process.on("SIGTERM", () => breakOff(exitCode.terminated));
// Who reads the output may have seen enough, as `head` has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  if (stop.signal.aborted) return;
  breakOff(exitCode.pipeClosed);
  process.exitCode = exitCode.pipeClosed;
});
process.stderr.on("error", () => undefined);

const words = process.argv.slice(2);
try {
  const terminal = openTerminal(process.stdout, process.stderr, stop.signal);
  const code = await run(words, { terminal, signal: stop.signal, input: process.stdin });
  // What was asked to end and came to its end says itself how; what nobody has read did not.
  process.exitCode = process.exitCode ?? code;
} catch (error) {
  process.exitCode = explain(error);
}

function explain(error: unknown): ExitCode {
  const asked = BrokenOff.codeOf(stop.signal);
  if (asked !== undefined) return asked;
  const message = error instanceof Error ? error.message : "an unknown failure";
  process.stderr.write(printable(`llmcache: ${message}\n`));
  if (!(error instanceof UsageError)) return exitCode.wrong;
  process.stderr.write("llmcache --help, or llmcache COMMAND --help, says how\n");
  return exitCode.usage;
}
