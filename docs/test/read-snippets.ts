import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced TypeScript block of a document. */
export interface Snippet {
  /** The document, from the root of the workspace. */
  readonly document: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
  readonly code: string;
  /** Why it is not run: what stands after `ignore:`. Empty where `ignore` gives no reason. */
  readonly ignored: string | undefined;
  /** The servers that it is run with: what stands after `needs:`. */
  readonly needs: readonly string[];
}

const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "docs/**/*.md",
  "packages/*/README.md",
  "apps/*/README.md",
];

const fence = /^```(?<language>ts|typescript|tsx|js|javascript)\b(?<rest>.*)\n(?<code>[\s\S]*?)^```$/gm;

/** Every TypeScript block of the documents at `root`, in order. */
export function readSnippets(root: string): Snippet[] {
  const files = globSync(documents, { cwd: root, exclude: (path) => path.includes("node_modules") });
  return files.toSorted().flatMap((document) => snippetsIn(document, readFileSync(join(root, document), "utf8")));
}

/** The TypeScript blocks of `text`. JavaScript is read as TypeScript, so that no block escapes by its name. */
export function snippetsIn(document: string, text: string): Snippet[] {
  return [...text.matchAll(fence)].map((match) => {
    const { rest = "", code = "" } = match.groups ?? {};
    const [, reason] = /^\s+ignore\b:?\s*(.*)$/.exec(rest) ?? [];
    const [, needs = ""] = /^\s+needs\b:?\s*(.*)$/.exec(rest) ?? [];
    return {
      document,
      line: text.slice(0, match.index).split("\n").length,
      code,
      ignored: reason?.trim(),
      needs: needs.split(/[\s,]+/).filter((name) => name !== ""),
    };
  });
}
