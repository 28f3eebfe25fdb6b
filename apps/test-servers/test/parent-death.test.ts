import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { serverOrSkip, startRedis, startTimeout } from "../src/index.ts";
import { isRunning } from "./is-running.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test(
  "servers end with the process that started them, even when that is killed",
  { timeout: startTimeout },
  async (context) => {
    await serverOrSkip(context, () => startRedis({ own: true }));
    const script = join(import.meta.dirname, "processes/hold-servers.ts");
    const flags = ["--conditions=@llmcache/source", "--disable-warning=ExperimentalWarning"];
    const holder = spawn(process.execPath, [...flags, script], {
      // What they leave behind, being killed, goes with this folder.
      env: { ...process.env, TMPDIR: await temporaryFolder() },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(holder.stdout, "data")) as [Buffer];
    const processIds = line.toString().trim().split(" ").map(Number);
    expect(processIds).toHaveLength(9);
    expect(processIds.filter((id) => !isRunning(id))).toEqual([]);

    holder.kill("SIGKILL");
    await expect.poll(() => processIds.filter(isRunning), { timeout: startTimeout }).toEqual([]);
  },
);
