import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";

const run = promisify(execFile);

const mostOutput = 64 * 1024 * 1024;

/** Runs a program to its end, and hands back what it wrote. @throws with what it complained of, when it fails or is not there. */
export async function runTool(file: string, args: readonly string[], folder?: string): Promise<string> {
  try {
    const { stdout } = await run(file, args, { cwd: folder, maxBuffer: mostOutput, env: plainEnvironment() });
    return stdout;
  } catch (error) {
    throw new Error(`${file} failed: ${complaintOf(error)}`, { cause: error });
  }
}

/** The last lines say what went wrong. */
function complaintOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split("\n").slice(-5).join("\n");
}

function plainEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
}
