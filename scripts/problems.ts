import process from "node:process";

/** What a check found: a sentence for each problem, and one short line about what it looked at. */
export interface Findings {
  readonly problems: readonly string[];
  readonly summary: string;
}

/** Prints what a check found, and makes the process fail when that is any problem. */
export function report({ problems, summary }: Findings): void {
  if (problems.length === 0) {
    console.log(summary);
    return;
  }
  for (const problem of problems) console.error(`- ${problem}`);
  process.exitCode = 1;
}
