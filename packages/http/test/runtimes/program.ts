// What a runtime is given: a program for those with a command line, and for workerd an entrypoint.
import { runChecks } from "./checks.ts";

if (navigator.userAgent !== "Cloudflare-Workers") {
  const report = JSON.stringify(await runChecks(process.argv[2] ?? ""));
  // Nothing that a client left open may keep the process.
  process.stdout.write(`\n${report}\n`, () => process.exit());
}

export default {
  async fetch({ url }: Request): Promise<Response> {
    return Response.json(await runChecks(new URL(url).searchParams.get("origin") ?? ""));
  },
};
