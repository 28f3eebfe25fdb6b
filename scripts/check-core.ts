import { join } from "node:path";
import { type Findings, report } from "./problems.ts";
import { readSource } from "./source.ts";
import { typeScriptFiles, workspaceRoot } from "./workspace.ts";

/** Small enough to be read in an afternoon by who wants to trust it. Comments and blank lines are free. */
const mostLines = 2000;

/** Core stays small: all of it together has at most so many lines of code. */
export function checkCore(root: string): Findings {
  const files = typeScriptFiles(root, "packages/core/src");
  const lines = files.reduce((sum, file) => sum + readSource(join(root, file)).codeLines, 0);
  const summary = `core has ${lines} lines of code in ${files.length} files (limit ${mostLines})`;
  return { problems: lines > mostLines ? [summary] : [], summary };
}

if (import.meta.main) report(checkCore(workspaceRoot));
