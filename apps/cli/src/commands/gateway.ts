import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Command } from "../command.ts";
import { BrokenOff, exitCode } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

/** A package of its own: a proxy needs much that nobody needs who looks into a store. */
const gatewayPackage = "@llmcache/gateway";

export const gateway: Command = {
  summary: "runs the caching proxy, if @llmcache/gateway is installed",
  help: `usage: llmcache gateway [options]

Runs the caching proxy, with the options that follow: any client in any language gets the cache by changing one URL. It is a package
of its own, @llmcache/gateway, to be installed beside @llmcache/cli. llmcache gateway -- --help says what its options are.`,

  async run(words, { signal }) {
    const program = await findProgram();
    const child = spawn(process.execPath, [...process.execArgv, program, ...words], { stdio: "inherit" });
    signal.addEventListener("abort", () => {
      const isTerminated = BrokenOff.codeOf(signal) === exitCode.terminated;
      // A Ctrl-C on a terminal has reached it already, and twice would mean at once.
      if (isTerminated || !process.stdin.isTTY) child.kill(isTerminated ? "SIGTERM" : "SIGINT");
    });
    const [code] = (await once(child, "close")) as [number | null];
    return code ?? exitCode.wrong;
  },
};

/** The file that the package names as its command. @throws {UsageError} where it is not installed */
async function findProgram(): Promise<string> {
  let manifest: URL;
  try {
    manifest = new URL(import.meta.resolve(`${gatewayPackage}/package.json`));
  } catch (error) {
    throw new UsageError(`the gateway is a package of its own: npm install ${gatewayPackage}`, { cause: error });
  }
  const { bin } = JSON.parse(await readFile(manifest, "utf8")) as { readonly bin?: Readonly<Record<string, string>> };
  const [program] = Object.values(bin ?? {});
  if (program === undefined) throw new Error(`${gatewayPackage} has no command: its version is another one's`);
  return fileURLToPath(new URL(program, manifest));
}
