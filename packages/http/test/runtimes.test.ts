import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { instant, type LocalModel, startLocalModel } from "@llmcache/local-model";
import { build } from "vite";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import type { Report } from "./runtimes/checks.ts";

const require = createRequire(import.meta.url);
const suffix = process.platform === "win32" ? ".exe" : "";

/** Runtimes with a command line: the program that its npm package brings, and what goes before ours. */
const runtimes = [
  { name: "Node 22", executable: inPackage(require.resolve("node-22/package.json"), `bin/node${suffix}`), command: [] },
  { name: "Node 24", executable: process.execPath, command: [] },
  {
    name: "Deno",
    executable: inPackage(require.resolve("deno/package.json"), `deno${suffix}`),
    command: ["run", "--no-prompt", "--no-config", "--no-remote", "--no-npm", "--allow-env", "--allow-net=127.0.0.1"],
  },
  {
    name: "Bun",
    executable: inPackage(require.resolve("bun/package.json"), "bin/bun.exe"),
    command: ["run", "--no-install"],
  },
];

/** Longer than any runtime takes on a slow machine that is doing other things. */
const timeoutMs = 120_000;

let folder: string;
let model: LocalModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llmcache-http-runtimes-"));
  model = await startLocalModel(instant);
  await writeFile(join(folder, "program.mjs"), await bundle());
}, timeoutMs);
afterAll(async () => {
  await model.close();
  await rm(folder, { recursive: true, force: true });
});

for (const { name, executable, command } of runtimes) {
  test(
    `on ${name} requests, responses, streams and forms are what they are here`,
    { timeout: timeoutMs },
    async (context) => {
      const child = start(executable, [...command, join(folder, "program.mjs"), model.origin], context);
      const [written, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const report = written.trim().split("\n").at(-1) ?? "";
      expectPassed(report, complaints);
    },
  );
}

test(
  "on workerd requests, responses, streams and forms are what they are here",
  { timeout: timeoutMs },
  async (context) => {
    await writeFile(join(folder, "worker.capnp"), workerConfig);
    const child = start(
      inPackage(require.resolve("workerd/package.json"), `bin/workerd${suffix}`),
      ["serve", join(folder, "worker.capnp"), "--control-fd=3"],
      context,
    );
    const complaints = text(child.stderr);
    try {
      const port = await portOf(child.control);
      if (port === undefined) throw new Error(`workerd did not start: ${await complaints}`);
      const response = await fetch(`http://127.0.0.1:${port}/?origin=${encodeURIComponent(model.origin)}`);
      expectPassed(await response.text(), "");
    } finally {
      child.process.kill();
    }
  },
);

function expectPassed(report: string, complaints: string): void {
  const { passed, failures } = (report.startsWith("{") ? JSON.parse(report) : {}) as Partial<Report>;
  expect(failures, `${report}\n${complaints}`).toEqual([]);
  expect(passed).toBe(10);
}

/** The checks, the cache and the vendors' clients as one module that imports nothing. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    root: import.meta.dirname,
    ssr: { noExternal: true, target: "webworker", resolve: { conditions: ["@llmcache/source", "module", "import"] } },
    build: {
      write: false,
      ssr: join(import.meta.dirname, "runtimes/program.ts"),
      target: "esnext",
      minify: false,
      rolldownOptions: { output: { codeSplitting: false } },
    },
  });
  if (!("output" in built)) throw new Error("the bundle was not built once");
  return built.output[0].code;
}

/** Node's modules are left out: what the package needs of them, it must do without. The model is on this machine. */
const workerConfig = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "http", worker = .worker), (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "http")],
);

const worker :Workerd.Worker = (
  modules = [(name = "program.mjs", esModule = embed "program.mjs")],
  compatibilityDate = "2025-06-01",
);
`;

/** The port that workerd says it listens on. `undefined`: it ended before. */
async function portOf(control: NodeJS.ReadableStream): Promise<number | undefined> {
  let said = "";
  for await (const chunk of control) {
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
  const [, stdout, stderr, control] = child.stdio as unknown as NodeJS.ReadableStream[];
  if (stdout === undefined || stderr === undefined || control === undefined) throw new Error("no pipes");
  return { process: child, stdout, stderr, control };
}

/** The program that a package brings. `undefined`: none for this machine. */
function inPackage(manifest: string, path: string): string | undefined {
  const executable = join(dirname(manifest), path);
  return existsSync(executable) ? executable : undefined;
}
