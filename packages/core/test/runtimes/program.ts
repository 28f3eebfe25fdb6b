// The whole of what a runtime is given: a program for those with a command line, and for workerd an entrypoint called `tests`.
import { hideBuiltins } from "./builtin.ts";

const parameters = navigator.userAgent === "Cloudflare-Workers" ? [] : process.argv.slice(2);
if (parameters.includes("--without-builtins")) hideBuiltins();
if (parameters.includes("test")) {
  const { runTests } = await import("./run-tests.ts");
  // Core's own timers hold no process, and some tests wait for nothing else.
  const held = setInterval(() => undefined, 1000);
  const report = JSON.stringify(await runTests());
  clearInterval(held);
  // A test that failed may leave behind what would hold the process.
  process.stdout.write(`\n${report}\n`, () => process.exit());
} else if (parameters.includes("leave")) {
  const { leave } = await import("./leave.ts");
  await leave();
}

export const tests = {
  async fetch(): Promise<Response> {
    const { runTests } = await import("./run-tests.ts");
    return Response.json(await runTests());
  },
};
