import { type ChildProcess, spawn, type SpawnOptions, spawnSync } from "node:child_process";
import { join } from "node:path";

const nodeFlags = ["--conditions=@llmcache/source", "--disable-warning=ExperimentalWarning"];

/** Starts a script of the `processes` folder, from source. */
export function startProcess(script: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(process.execPath, scriptArguments(script, args), { stdio: ["ignore", "pipe", "pipe"], ...options });
}

/** Runs one to its end, and hands back what it wrote to its standard output. */
export async function runProcess(script: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  return outputOf(startProcess(script, args, options));
}

/** Runs one in a mount namespace of its own, after a shell command that may mount there: nobody else sees it, and nothing is left. */
export async function runMounted(command: string, script: string, args: readonly string[]): Promise<string> {
  const shell = `${command} && exec "$0" "$@"`;
  const node = [process.execPath, ...scriptArguments(script, args)];
  return outputOf(
    spawn("unshare", [...namespaceFlags, "sh", "-c", shell, ...node], { stdio: ["ignore", "pipe", "pipe"] }),
  );
}

/** Waits for the end of a process. @throws with what it wrote, when it fails. */
export async function outputOf(child: ChildProcess): Promise<string> {
  let output = "";
  let errors = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("close", resolve),
  );
  if (code !== 0) throw new Error(`the process ended with ${code}:\n${output}${errors}`);
  return output;
}

const namespaceFlags = process.getuid?.() === 0 ? ["-m"] : ["-rm"];

/** Whether this user may mount, in a namespace of its own: root on Linux, and others where user namespaces are allowed. */
export const canMount: boolean =
  spawnSync("unshare", [...namespaceFlags, "sh", "-c", "mount -t tmpfs none /mnt"], { stdio: "ignore" }).status === 0;

function scriptArguments(script: string, args: readonly string[]): readonly string[] {
  return [...nodeFlags, join(import.meta.dirname, "processes", script), ...args];
}
