import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { stringify } from "yaml";
import { adminKey } from "./start.ts";

/** A gateway that is a process, as an operator starts it. */
export interface GatewayProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
  output(): string;
}

/** A folder that is gone after the test. */
export async function temporaryFolder(context: { onTestFinished(work: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "llmcache-gateway-"));
  context.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts one by its command, and waits until it listens. */
export async function startProcess(
  context: { onTestFinished(work: () => Promise<void>): void },
  config: Record<string, unknown>,
  nodeFlags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const folder = await temporaryFolder(context);
  await writeFile(join(folder, "llmcache.yaml"), stringify(config));
  const main = join(import.meta.dirname, "../src/main.ts");
  const flags = ["--conditions=@llmcache/source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, ...nodeFlags, main, "--config", "llmcache.yaml"], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ADMIN_KEY: adminKey, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const ended = once(child, "exit").then(([code]) => code as number | null);
  context.onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer) => {
      output += text.toString();
      const found = /llmcache gateway on (http:\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then(() => reject(new Error(`the gateway ended before it listened: ${output}`)));
  });
  return { url, child, ended, output: () => output };
}
