import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { withFetchLock } from "./fetch-lock.ts";
import type { Program } from "./program.ts";

/**
 * Fetches a program into a folder of its own below `services`, unless it is there. It is there whole or not at all, and processes that
 * ask at the same time fetch it once. Progress goes to standard error.
 *
 * @returns the folder.
 * @throws what the program throws when it cannot be fetched. The next attempt then finds what this one left.
 */
export async function fetchOnce(services: string, name: string, program: Program): Promise<string> {
  const folder = join(services, `${name}-${digest(program.pin)}`);
  if (existsSync(folder)) return folder;
  await mkdir(services, { recursive: true });
  return withFetchLock(join(services, `${name}.lock`), async () => {
    // Whoever held the lock before may have fetched it.
    if (existsSync(folder)) return folder;
    const partial = `${folder}.partial`;
    await mkdir(partial, { recursive: true });
    const startedAt = performance.now();
    process.stderr.write(`Fetching ${program.title} into .services, once ...\n`);
    await program.fetch(partial);
    await rename(partial, folder);
    process.stderr.write(`Fetched ${program.title} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
    return folder;
  });
}

function digest(pin: unknown): string {
  return createHash("sha256").update(JSON.stringify(pin)).digest("hex").slice(0, 8);
}
