import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const windows = process.platform === "win32" ? ".exe" : "";

/** A runtime with a command line, of an npm package. */
export interface Runtime {
  readonly name: string;
  /** `undefined`: its package has none for this machine. */
  readonly executable: string | undefined;
  /** What goes before the program. */
  readonly command: readonly string[];
  /** Whether a program may do only what it is permitted to, by parameters such as `--allow-env`. */
  readonly asksPermission: boolean;
}

/** Longer than any of them takes for a suite, on a slow machine that is doing other things. */
export const timeoutMs = 240_000;

/** All of them. */
export const runtimes: readonly Runtime[] = [
  {
    name: "Node 22",
    executable: inPackage(require.resolve("node-22/package.json"), `bin/node${windows}`),
    command: [],
    asksPermission: false,
  },
  {
    name: "Node 24",
    executable: inPackage(require.resolve("node/package.json"), `bin/node${windows}`),
    command: [],
    asksPermission: false,
  },
  {
    name: "Deno",
    executable: inPackage(require.resolve("deno/package.json"), `deno${windows}`),
    command: ["run", "--no-prompt", "--no-config", "--no-remote", "--no-npm"],
    asksPermission: true,
  },
  {
    name: "Bun",
    executable: inPackage(require.resolve("bun/package.json"), "bin/bun.exe"),
    command: ["run", "--no-install"],
    asksPermission: false,
  },
];

/** The runtime of Workers, which has no command line for programs: it serves them. `undefined`: none for this machine. */
export const workerd: string | undefined = inPackage(require.resolve("workerd/package.json"), `bin/workerd${windows}`);

function inPackage(manifest: string, path: string): string | undefined {
  const executable = join(dirname(manifest), path);
  return existsSync(executable) ? executable : undefined;
}
