import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { bundle } from "./runtimes/bundle.ts";
import type { Report } from "./runtimes/report.ts";

const require = createRequire(import.meta.url);
const windows = process.platform === "win32" ? ".exe" : "";

/** A runtime with a command line. `command` is what goes before the program. */
interface Runtime {
  readonly name: string;
  readonly executable: string | undefined;
  readonly command: readonly string[];
}

const runtimes: readonly Runtime[] = [
  {
    name: "Node 22",
    executable: inPackage(require.resolve("node-22/package.json"), `bin/node${windows}`),
    command: [],
  },
  { name: "Node 24", executable: inPackage(require.resolve("node/package.json"), `bin/node${windows}`), command: [] },
  {
    name: "Deno",
    executable: inPackage(require.resolve("deno/package.json"), `deno${windows}`),
    // Vitest reads the environment to see whether it may use colours. Core needs no permission at all: see the last test.
    command: ["run", "--no-prompt", "--no-config", "--no-remote", "--no-npm", "--allow-env"],
  },
  {
    name: "Bun",
    executable: inPackage(require.resolve("bun/package.json"), "bin/bun.exe"),
    command: ["run", "--no-install"],
  },
];
const workerd = inPackage(require.resolve("workerd/package.json"), `bin/workerd${windows}`);

/** Longer than any runtime takes on a slow machine that is doing other things. */
const timeoutMs = 240_000;

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llmcache-runtimes-"));
  program = join(folder, "program.mjs");
  await writeFile(program, await bundle());
}, timeoutMs);
afterAll(() => rm(folder, { recursive: true, force: true }));

// Two at a time: each of them keeps a processor busy for some ten seconds.
describe.each(runtimes)("on $name", (runtime) => {
  test.concurrent(
    "the same keys come out and every test passes, with the runtime's own hash",
    async (context) => {
      const report = await reportOf(runtime, ["test"], context);
      expect(report.hashesAtOnce).toBe(true);
      expectPassed(report);
    },
    timeoutMs,
  );

  test.concurrent(
    "the same keys come out and every test passes, with WebCrypto",
    async (context) => {
      const report = await reportOf(runtime, ["test", "--without-builtins"], context);
      expect(report.hashesAtOnce).toBe(false);
      expectPassed(report);
    },
    timeoutMs,
  );
});

describe("on workerd", () => {
  test.concurrent(
    "the same keys come out and every test passes, with the modules of Node that it has",
    async (context) => {
      const report = await reportOfWorker("2026-11-01", context);
      expect(report.hashesAtOnce).toBe(true);
      expectPassed(report);
    },
    timeoutMs,
  );

  test.concurrent(
    "the same keys come out and every test passes, with WebCrypto where there is nothing of Node",
    async (context) => {
      // Node's modules are there by themselves from 2026-08-04 on.
      const report = await reportOfWorker("2025-06-01", context);
      expect(report.hashesAtOnce).toBe(false);
      expectPassed(report);
    },
    timeoutMs,
  );
});

test.for(runtimes)(
  "on $name nothing keeps the process, and core needs no permission",
  { timeout: timeoutMs },
  async (runtime, context) => {
    const command = runtime.command.filter((parameter) => !parameter.startsWith("--allow"));
    const written = await outputOf({ ...runtime, command }, ["leave"], context);
    expect(Number(/left after (\d+) ms/.exec(written)?.[1])).toBeLessThan(1000);
  },
);

function expectPassed(report: Report): void {
  expect(report.failures).toEqual([]);
  expect(report.neverLeftOut).toEqual([]);
  // The golden vectors and the suite on the wrappers alone are more than this: fewer would mean that little was run.
  expect(report.passed).toBeGreaterThan(1000);
}

async function reportOf(runtime: Runtime, parameters: readonly string[], context: TestContext): Promise<Report> {
  const written = await outputOf(runtime, parameters, context);
  return JSON.parse(written.trim().split("\n").at(-1) ?? "") as Report;
}

/** What a runtime writes until it has ended, which it must do by itself. */
async function outputOf(
  { executable, command }: Runtime,
  parameters: readonly string[],
  context: TestContext,
): Promise<string> {
  const child = start(executable, [...command, program, ...parameters], context);
  const ended = Promise.withResolvers<number | null>();
  child.once("close", ended.resolve).once("error", ended.reject);
  const [written, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended.promise]);
  expect(code, `${written.slice(-2000)}\n${complaints.slice(-2000)}`).toBe(0);
  return written;
}

/** Asks a worker on a port that is free, as of a compatibility date. */
async function reportOfWorker(date: string, context: TestContext): Promise<Report> {
  const config = join(folder, `${date}.capnp`);
  await writeFile(config, workerConfig(date));
  const child = start(workerd, ["serve", config, "--control-fd=3"], context);
  const complaints = text(child.stderr);
  try {
    const port = await portOf(child.stdio[3] as Readable);
    if (port === undefined) throw new Error(`workerd did not start: ${await complaints}`);
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: context.signal });
    const body = await response.text();
    expect(response.status, body).toBe(200);
    return JSON.parse(body) as Report;
  } finally {
    child.kill();
  }
}

function workerConfig(date: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "core", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = (name = "core", entrypoint = "tests"))],
);

const worker :Workerd.Worker = (
  modules = [(name = "program.mjs", esModule = embed "program.mjs")],
  compatibilityDate = "${date}",
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

/** Starts a program that ends with the test at the latest. Skips the test where there is none for this machine. */
function start(executable: string | undefined, parameters: readonly string[], context: TestContext) {
  if (executable === undefined) context.skip("needs a runtime whose npm package has no program for this machine");
  const child = spawn(executable, parameters, { cwd: folder, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  context.signal.addEventListener("abort", () => child.kill("SIGKILL"));
  return child as typeof child & { readonly stdout: Readable; readonly stderr: Readable };
}

/** The program that a package brings. `undefined`: none for this machine. */
function inPackage(manifest: string, path: string): string | undefined {
  const executable = join(dirname(manifest), path);
  return existsSync(executable) ? executable : undefined;
}
