import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArguments, usage } from "./arguments.ts";
import { openCache } from "./open-cache.ts";
import { readPrompts } from "./prompts-file.ts";
import { runPromptsTwice } from "./run-prompts.ts";
import { openScreen } from "./screen.ts";
import { openStage } from "./stage.ts";
import { playTour } from "./tour.ts";
import { openUpstream } from "./upstream.ts";
import { UsageError } from "./usage-error.ts";

/** Slow enough to see what a hit is worth, and fast enough for the whole tour to be over in a few seconds. */
const tourPace = { firstTokenMs: 350, tokensPerSecond: 90 };

/** A file may have hundreds of prompts, and nobody watches each of them. */
const promptsPace = { firstTokenMs: 120, tokensPerSecond: 600 };

async function main(): Promise<boolean> {
  const { help, keep, prompts: path } = parseArguments(process.argv.slice(2));
  const screen = openScreen();
  if (help) {
    screen.line(usage);
    return true;
  }
  const prompts = path === undefined ? undefined : await readPrompts(path);
  const directory = keep === undefined ? temporaryFolder() : resolve(keep);
  await using upstream = await openUpstream(process.env, prompts === undefined ? tourPace : promptsPace);
  // A tour begins with a miss, also in a folder that was kept; a file of prompts may find what an earlier run stored.
  const namespace = prompts === undefined ? `tour-${Date.now()}` : "prompts";
  await using cache = openCache({ directory, namespace });
  if (prompts !== undefined) return await runPromptsTwice({ screen, upstream, cache, directory, prompts });
  return await playTour(openStage({ screen, upstream, cache, directory, namespace }));
}

/** A folder that is gone when the process is. */
function temporaryFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), "llmcache-demo-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  return directory;
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
