import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fetchProgram } from "./fetch-program.ts";
import { isProgramName, programs } from "./programs.ts";
import { ServerUnavailable } from "./server-unavailable.ts";

/**
 * Fetches what the tests of a member need before they begin: vitest calls it for the projects that were chosen. Their `test/servers.json`
 * lists it, `["redis-7", "azurite"]` say. What cannot be fetched is said here; the tests that need it say so again, and are skipped.
 */
export default async function fetchServers(project: { readonly config: { readonly root: string } }): Promise<void> {
  const file = join(project.config.root, "test/servers.json");
  const names: unknown = JSON.parse(await readFile(file, "utf8"));
  if (!Array.isArray(names) || !names.every(isProgramName)) {
    throw new Error(`${file} must be a list of these: ${Object.keys(programs).join(", ")}`);
  }
  for (const name of names) {
    try {
      await fetchProgram(name);
    } catch (error) {
      if (!(error instanceof ServerUnavailable)) throw error;
      process.stderr.write(`Not fetched: ${error.message}\n`);
    }
  }
}
