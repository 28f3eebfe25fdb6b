import process from "node:process";
import { run } from "./run.ts";
import { workspaceRoot } from "./workspace.ts";

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** The step that must have ended before: it writes what this one reads. */
  readonly after?: string;
}

/** Everything that is checked beside the tests. Each step prints one line when it passes, and what is wrong when it does not. */
const steps: readonly Step[] = [
  { name: "types", command: ["tsc", "-b"] },
  { name: "lint", command: ["oxlint", "--deny-warnings", "--format=unix"] },
  { name: "format", command: ["oxfmt", "--list-different"] },
  { name: "unused", command: ["knip", "--no-config-hints", "--no-progress"] },
  { name: "dependencies", command: ["node", "scripts/check-dependencies.ts"] },
  { name: "packages", command: ["node", "scripts/check-packages.ts"] },
  { name: "core", command: ["node", "scripts/check-core.ts"] },
  { name: "bundle", command: ["node", "scripts/bundle.ts"], after: "types" },
  { name: "packed", command: ["node", "scripts/check-packed.ts"], after: "bundle" },
  { name: "installed", command: ["node", "scripts/check-installed.ts"], after: "packed" },
];

const ended = new Map<string, Promise<boolean>>();
for (const step of steps) ended.set(step.name, take(step));

const failed: string[] = [];
for (const [name, passed] of ended) {
  if (!(await passed)) failed.push(name);
}
console.log(failed.length === 0 ? `\nAll ${steps.length} checks passed.` : `\nFailed: ${failed.join(", ")}.`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function take({ name, command, after }: Step): Promise<boolean> {
  if (after !== undefined) await ended.get(after);
  const started = performance.now();
  const [program, ...parameters] = command;
  const { output, exitCode } = await run(program, parameters, { cwd: workspaceRoot });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const said = output.trim();
  if (exitCode === 0) {
    console.log(
      `ok      ${name.padEnd(13)}${`${seconds} s`.padStart(7)}  ${said.replaceAll("\n", `\n${" ".repeat(30)}`)}`,
    );
    return true;
  }
  console.log(`FAILED  ${name.padEnd(13)}${`${seconds} s`.padStart(7)}  ${command.join(" ")}\n${indent(said)}`);
  return false;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
