import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { bundle, type BundleOptions } from "./bundle.ts";
import { type Runtime, workerd } from "./runtimes.ts";
import type { Report } from "./within/report.ts";

/** What is needed of the context that vitest hands to a test. */
export interface RunningTest {
  readonly signal: AbortSignal;
  skip(reason?: string): unknown;
}

/** How to run a program on a runtime. */
export interface RunOptions {
  readonly parameters: readonly string[];
  /** What the program may do where that has to be permitted: `["--allow-env"]`. @default nothing */
  readonly permissions?: readonly string[] | undefined;
}

/** How workerd serves a program. */
export interface Worker {
  /** As of when it behaves: `"2026-11-01"`. */
  readonly compatibilityDate: string;
  /** @default none */
  readonly compatibilityFlags?: readonly string[] | undefined;
  /**
   * Whether the program reaches the servers of its own tests, and nothing else, by `fetch`: it exports `servers` of `within`.
   * @default false: it reaches nothing at all
   */
  readonly serves?: boolean | undefined;
}

/** A member's tests as a program, in a folder of its own. */
export interface TestProgram {
  /** For `beforeAll`: bundles it. */
  readonly build: () => Promise<void>;
  /** For `afterAll`. */
  readonly remove: () => Promise<void>;
  /**
   * What a runtime writes until it has ended, which it must do by itself. It ends with the test at the latest. The test is skipped where the
   * runtime has no program for this machine.
   * @throws unless it ends with 0
   */
  outputOf(runtime: Runtime, options: RunOptions, test: RunningTest): Promise<string>;
  /** As `outputOf`, for a program that ends by `writeReport`. */
  reportOf<Contents extends Report>(runtime: Runtime, options: RunOptions, test: RunningTest): Promise<Contents>;
  /** What the program's entrypoint `tests` answers when workerd serves it. */
  reportOfWorker<Contents extends Report>(worker: Worker, test: RunningTest): Promise<Contents>;
}

/** Prepares the program of a member's tests. */
export function testProgram(options: BundleOptions): TestProgram {
  let folder: string | undefined;
  let workers = 0;

  const built = (): string => {
    if (folder === undefined) throw new Error("The program has not been built: call build() in beforeAll");
    return folder;
  };

  const build = async () => {
    folder = await mkdtemp(join(tmpdir(), "llmcache-runtimes-"));
    await writeFile(join(folder, "program.mjs"), await bundle(options));
  };

  const start = (executable: string | undefined, parameters: readonly string[], test: RunningTest) => {
    const reason = "needs a runtime whose npm package has no program for this machine";
    if (executable === undefined) test.skip(reason);
    if (executable === undefined) throw new Error(reason);
    const child = spawn(executable, parameters, { cwd: built(), stdio: ["ignore", "pipe", "pipe", "pipe"] });
    test.signal.addEventListener("abort", () => child.kill("SIGKILL"));
    return child as typeof child & { readonly stdout: Readable; readonly stderr: Readable };
  };

  const outputOf = async (runtime: Runtime, { parameters, permissions = [] }: RunOptions, test: RunningTest) => {
    const { executable, command, asksPermission } = runtime;
    const permitted = asksPermission ? permissions : [];
    const child = start(executable, [...command, ...permitted, "program.mjs", ...parameters], test);
    const ended = Promise.withResolvers<number | null>();
    child.once("close", ended.resolve).once("error", ended.reject);
    const [written, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended.promise]);
    if (code !== 0)
      throw new Error(`${runtime.name} ended with ${code}: ${written.slice(-2000)}\n${complaints.slice(-2000)}`);
    return written;
  };

  const reportOfWorker = async <Contents extends Report>(worker: Worker, test: RunningTest) => {
    const config = `worker-${++workers}.capnp`;
    await writeFile(join(built(), config), workerConfig(worker));
    const child = start(workerd, ["serve", config, "--control-fd=3"], test);
    const complaints = text(child.stderr);
    try {
      const port = await portOf(child.stdio[3] as Readable);
      if (port === undefined) throw new Error(`workerd did not start: ${await complaints}`);
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: test.signal });
      const body = await response.text();
      if (response.status !== 200) throw new Error(`workerd answered with ${response.status}: ${body}`);
      return JSON.parse(body) as Contents;
    } finally {
      child.kill();
    }
  };

  return {
    build,
    remove: async () => {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
    outputOf,
    reportOf: async <Contents extends Report>(runtime: Runtime, how: RunOptions, test: RunningTest) => {
      const written = await outputOf(runtime, how, test);
      return JSON.parse(written.trim().split("\n").at(-1) ?? "") as Contents;
    },
    reportOfWorker,
  };
}

function workerConfig({ compatibilityDate, compatibilityFlags = [], serves = false }: Worker): string {
  const outbound = serves ? `globalOutbound = (name = "program", entrypoint = "servers"),` : "";
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "program", worker = .worker), (name = "internet", network = (allow = []))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = (name = "program", entrypoint = "tests"))],
);

const worker :Workerd.Worker = (
  modules = [(name = "program.mjs", esModule = embed "program.mjs")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
  ${outbound}
);
`;
}

/** The port that workerd says it listens on. `undefined`: it ended before. */
async function portOf(control: Readable): Promise<number | undefined> {
  let said = "";
  for await (const chunk of control.setEncoding("utf8")) {
    said += String(chunk);
    const port = /"port":(\d+)/.exec(said)?.[1];
    if (port !== undefined) return Number(port);
  }
  return undefined;
}
