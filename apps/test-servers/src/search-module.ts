import { join } from "node:path";
import { debianLaunch, debianPackages } from "./debian-packages.ts";
import { npmPackage } from "./npm-package.ts";
import type { Program } from "./program.ts";
import { runTool } from "./run-tool.ts";
import { readFileSync } from "node:fs";

const compiler = debianPackages("a C compiler", "bookworm", ["tcc", "binutils", "libc6-dev"]);
const library = npmPackage("RediSearch", "redis-search", "linux-x64");
const source = join(import.meta.dirname, "../native/search-module.c");

/** RediSearch as a module for any of the servers here. */
export const searchModule: Program = {
  title: "RediSearch from npm, with a C compiler from Debian",
  pin: [compiler.pin, library.pin, readFileSync(source, "utf8")],
  fetch: async (folder) => {
    await compiler.fetch(folder);
    await library.fetch(folder);
    const run = async (program: string, ...args: readonly string[]) => {
      const launch = debianLaunch(folder, program, args);
      await runTool(launch.file, launch.args, folder);
    };
    const headers = ["usr/include", "usr/include/x86_64-linux-gnu"].flatMap((path) => ["-I", join(folder, path)]);
    const ownFiles = `-B${join(folder, "usr/lib/x86_64-linux-gnu/tcc")}`;
    await run("tcc", ownFiles, ...headers, "-Wall", "-Werror", "-c", "-o", "search.o", source);
    // Not by tcc, for what it links wants a stack that can be executed, which newer C libraries refuse.
    await run("ld", "-shared", "-z", "noexecstack", "-o", "search.so", "search.o");
  },
};

/** What loads it, from the folder that it was fetched into. */
export function searchModuleLaunch(folder: string): {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
} {
  return {
    args: ["--loadmodule", join(folder, "search.so")],
    environment: { FALKORDB_SO: join(folder, "node_modules/@falkordblite/linux-x64/bin/falkordb.so") },
  };
}
