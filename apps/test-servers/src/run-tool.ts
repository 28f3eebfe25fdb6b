import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { untilParentEnds } from "./until-parent-ends.ts";

const execute = promisify(execFile);

const mostOutput = 64 * 1024 * 1024;

/** Runs a program to its end, and hands back what it wrote. @throws with what it complained of, when it fails or is not there. */
export async function runTool(tool: string, parameters: readonly string[], folder?: string): Promise<string> {
  const { file, args } = untilParentEnds({ file: tool, args: parameters });
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  try {
    const { stdout } = await execute(file, args, { cwd: folder, maxBuffer: mostOutput, env });
    return stdout;
  } catch (error) {
    throw new Error(`${tool} failed: ${complaintOf(error)}`, { cause: error });
  }
}

/** The last lines say what went wrong. */
function complaintOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split("\n").slice(-5).join("\n");
}
