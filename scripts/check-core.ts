import { join } from "node:path";
import { type Findings, report } from "./problems.ts";
import { readSource } from "./source.ts";
import { typeScriptFiles, workspaceRoot } from "./workspace.ts";

/** What it was meant to be is 2 000: see docs/decisions/0009-size-of-core.md. Comments and blank lines are free. */
const mostLines = 6850;

/** Core grows only by decision: all of it together has at most so many lines of code. */
export function checkCore(root: string): Findings {
  const files = typeScriptFiles(root, "packages/core/src");
  const lines = files.reduce((sum, file) => sum + readSource(join(root, file)).codeLines, 0);
  const summary = `core has ${lines} lines of code in ${files.length} files (limit ${mostLines})`;
  return { problems: lines > mostLines ? [summary] : [], summary };
}

if (import.meta.main) report(checkCore(workspaceRoot));
