import { join } from "node:path";
import process from "node:process";
import { fetchOnce } from "./fetch-once.ts";
import { type ProgramName, programs } from "./programs.ts";
import { ServerUnavailable } from "./server-unavailable.ts";

/** A folder of the workspace that git ignores. Deleting it makes the next run fetch everything again. */
const services = join(import.meta.dirname, "../../../.services");

/**
 * The folder of a program, which is fetched if this is the first call on this machine that needs it.
 *
 * @throws ServerUnavailable where this machine cannot fetch it, with the reason.
 */
export async function fetchProgram(name: ProgramName): Promise<string> {
  const earlier = failures()[name];
  if (earlier !== undefined) throw new ServerUnavailable(earlier);
  try {
    return await fetchOnce(services, name, programs[name]);
  } catch (error) {
    if (error instanceof ServerUnavailable) rememberFailure(name, error.message);
    throw error;
  }
}

// What failed before the tests began is not tried again by each of them: their processes inherit the environment of the run.
const variable = "LLMCACHE_TEST_SERVERS_NOT_FETCHED";

function failures(): Partial<Record<ProgramName, string>> {
  return JSON.parse(process.env[variable] ?? "{}") as Partial<Record<ProgramName, string>>;
}

function rememberFailure(name: ProgramName, reason: string): void {
  process.env[variable] = JSON.stringify({ ...failures(), [name]: reason });
}
