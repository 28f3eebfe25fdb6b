import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { withFetchLock } from "./fetch-lock.ts";
import type { Program } from "./program.ts";
import { type ProgramName, programs } from "./programs.ts";
import { ServerUnavailable } from "./server-unavailable.ts";
import { servicesFolder } from "./services-folder.ts";

/**
 * The folder of a program, fetched at the first call that needs it. It is there whole or not at all, and processes that ask at the same
 * time fetch it once.
 *
 * @throws ServerUnavailable where this machine cannot fetch it, with the reason.
 */
export async function fetchProgram(name: ProgramName): Promise<string> {
  const program: Program = programs[name];
  const folder = join(servicesFolder, `${name}-${digest(program.pin)}`);
  if (existsSync(folder)) return folder;
  const earlier = failures()[name];
  if (earlier !== undefined) throw new ServerUnavailable(earlier);
  await mkdir(servicesFolder, { recursive: true });
  return withFetchLock(join(servicesFolder, `${name}.lock`), async () => {
    if (existsSync(folder)) return folder;
    // The next attempt finds what a broken download left, for it has the same name.
    const partial = `${folder}.partial`;
    await mkdir(partial, { recursive: true });
    const startedAt = performance.now();
    process.stderr.write(`Fetching ${program.title} into .services, once ...\n`);
    try {
      await program.fetch(partial);
    } catch (error) {
      if (error instanceof ServerUnavailable) rememberFailure(name, error.message);
      throw error;
    }
    await rename(partial, folder);
    process.stderr.write(`Fetched ${program.title} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
    return folder;
  });
}

// A download that failed before the tests began is not tried again by each of them. Workers inherit the environment of the run.
const variable = "LLMCACHE_TEST_SERVERS_NOT_FETCHED";

function failures(): Partial<Record<ProgramName, string>> {
  return JSON.parse(process.env[variable] ?? "{}") as Partial<Record<ProgramName, string>>;
}

function rememberFailure(name: ProgramName, reason: string): void {
  process.env[variable] = JSON.stringify({ ...failures(), [name]: reason });
}

function digest(pin: unknown): string {
  return createHash("sha256").update(JSON.stringify(pin)).digest("hex").slice(0, 8);
}
