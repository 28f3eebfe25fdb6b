import type { Report } from "./report.ts";

/** What the program was given on the command line. Empty on workerd. */
export const parameters: readonly string[] = navigator.userAgent === "Cloudflare-Workers" ? [] : process.argv.slice(2);

/** Runs the tests of a program with a command line, hands over what came of them, and ends the process. */
export async function writeReport(run: () => Promise<Report>): Promise<void> {
  // The cache's own timers hold no process, and some tests wait for nothing else.
  const held = setInterval(() => undefined, 1000);
  const report = JSON.stringify(await run());
  clearInterval(held);
  // A test that failed may leave behind what would hold the process.
  process.stdout.write(`\n${report}\n`, () => process.exit());
}

/** What workerd calls with a request. */
export interface Entrypoint {
  fetch(request: Request): Promise<Response>;
}

/** The same for workerd: to be exported as `tests`. */
export function entrypoint(run: () => Promise<Report>): Entrypoint {
  return { fetch: async () => Response.json(await run()) };
}
