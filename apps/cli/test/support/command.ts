import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { onTestFinished, vi } from "vitest";

// Every test starts processes, some of them dozens, on a machine that may be busy with everything else.
vi.setConfig({ testTimeout: 120_000 });

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface CommandOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What it reads from standard input. @default nothing */
  readonly input?: string;
  readonly cwd?: string;
  /** The program. @default this package's source */
  readonly program?: string;
}

const source = join(import.meta.dirname, "../../src/main.ts");

const nodeOptions = ["--conditions=@llmcache/source", "--disable-warning=ExperimentalWarning"];

/** Starts the command as a process of its own, with pipes in place of a terminal. It ends with the test. */
export function startCommand(words: readonly string[], options: CommandOptions = {}): ChildProcess {
  const { environment = {}, cwd, program = source } = options;
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  const child = spawn(process.execPath, [...nodeOptions, program, ...words], {
    cwd,
    env: { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Runs the command to its end. */
export async function command(words: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const child = startCommand(words, options);
  child.stdin?.on("error", () => undefined).end(options.input);
  return ended(child);
}

/** What a process has printed, and its exit code. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const code = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [output, errors] = [child.stdout, child.stderr].map((stream) => (stream === null ? "" : text(stream)));
  return { code: await code, output: (await output) ?? "", errors: (await errors) ?? "" };
}

/** The command on a terminal of its own. What it writes to either stream is in `output`. `undefined` where the machine cannot make one. */
export function startOnTerminal(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess | undefined {
  if (spawnSync("script", ["--version"]).status !== 0) return undefined;
  const quoted = [process.execPath, ...nodeOptions, source, ...words].map((word) => `'${word}'`).join(" ");
  const { PATH = "", HOME = "" } = process.env;
  const child = spawn("script", ["--quiet", "--return", "--command", `stty cols 100; ${quoted}`, "/dev/null"], {
    env: { PATH, HOME, TERM: "xterm-256color", SHELL: "/bin/sh", ...environment },
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
