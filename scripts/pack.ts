import process from "node:process";
import { run } from "./run.ts";

/** The pnpm that runs this script, or the one that npx finds. */
const pnpm = process.env["npm_execpath"] === undefined ? ["npx", "pnpm"] : [process.env["npm_execpath"]];

/** A tarball, as it would be published. */
export interface Tarball {
  /** Its path. */
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs the package at `path` into `folder`, as it is built. */
export async function pack(
  root: string,
  path: string,
  folder: string,
): Promise<Tarball | { readonly failure: string }> {
  const parameters = [...pnpm.slice(1), "--dir", path, "pack", "--json", "--pack-destination", folder];
  const { output, exitCode } = await run(pnpm[0] ?? "pnpm", parameters, { cwd: root });
  if (exitCode !== 0) return { failure: output.trim() };
  // Notices of others may come before what `pnpm pack --json` printed.
  return JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1)) as Tarball;
}
