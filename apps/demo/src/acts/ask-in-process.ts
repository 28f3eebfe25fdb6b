import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CacheSetting } from "../open-cache.ts";
import type { Stage } from "../stage.ts";
import type { Found } from "./second-process-main.ts";

const run = promisify(execFile);

/** Asks a question in a process of its own, which opens the tour's folder. */
export async function askInProcess(
  { directory, namespace, upstream }: Stage,
  question: string,
  coalesce?: CacheSetting["coalesce"],
): Promise<Found> {
  const setting = { directory, namespace, coalesce, baseUrl: upstream.baseUrl, model: upstream.chatModel, question };
  const program = join(import.meta.dirname, "second-process-main.ts");
  // The key is in the environment, because what is in the arguments is for all to see.
  const environment = { ...process.env, OPENAI_API_KEY: upstream.apiKey };
  const parameters = [...process.execArgv, program, JSON.stringify(setting)];
  const { stdout } = await run(process.execPath, parameters, { env: environment });
  return JSON.parse(stdout) as Found;
}
