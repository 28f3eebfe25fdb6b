import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** What the demo left behind. */
export interface DemoResult {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the demo as the root script does, without a terminal and without colours. */
export async function runDemo(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<DemoResult> {
  const { PATH = "", HOME = "", TMPDIR = "" } = process.env;
  const program = join(import.meta.dirname, "../src/main.ts");
  const child = spawn(process.execPath, ["--conditions=@llmcache/source", program, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH, HOME, ...(TMPDIR === "" ? {} : { TMPDIR }), NO_COLOR: "1", ...environment },
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [output, errors, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { exitCode, output, errors };
}
