import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** Starts one of our programs as a process and waits until it says that it is ready. */
export async function startProcess(program: URL): Promise<ChildProcess> {
  const child = fork(program, {
    execArgv: ["--expose-gc", "--conditions=@llmcache/source", "--disable-warning=ExperimentalWarning"],
  });
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`${program.pathname.split("/").at(-1)} ended with ${String(code)} before it was ready`);
  });
  await Promise.race([once(child, "message"), failed]);
  // From here on its parent ends it.
  failed.catch(() => undefined);
  return child;
}
