import { spawn } from "node:child_process";
import process from "node:process";

/** How a command ended: what it printed on both streams, in order, and its exit code. */
export interface Run {
  readonly output: string;
  readonly exitCode: number;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ends the command after so many milliseconds, with exit code 1. @default never */
  readonly timeoutMs?: number;
}

/** Runs a command without a shell and without standard input, and waits for its end. A command that is not there ends with 127. */
export async function run(command: string, parameters: readonly string[], options: RunOptions): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  const child = spawn(command, parameters, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.timeoutMs,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  child.on("error", (error) => resolve({ output: error.message, exitCode: 127 }));
  child.on("close", (code) => resolve({ output, exitCode: code ?? 1 }));
  return promise;
}
