import { readFileSync } from "node:fs";
import { type ESTree, parseSync } from "vite";

/** What the checks want to know about a TypeScript file. */
export interface Source {
  /** What it imports from, or re-exports from, types included, each once. */
  readonly imports: readonly string[];
  /** Whether it holds nothing but re-exports. */
  readonly onlyReExports: boolean;
  /** Its re-exports: the name that others see, and where it comes from. */
  readonly reExports: readonly ReExport[];
  /** What it declares and exports under its own name. */
  readonly declarations: readonly Declaration[];
  /** Lines with code on them: neither blank nor only comment. */
  readonly codeLines: number;
}

export interface ReExport {
  readonly name: string;
  readonly from: string;
  readonly typeOnly: boolean;
}

/** An exported class or function. `type` is what it implements or returns, as written, empty where it says nothing. */
export interface Declaration {
  readonly kind: "class" | "function";
  readonly name: string;
  readonly type: string;
}

/** Reads the TypeScript file at `path`. @throws {Error} when it does not parse */
export function readSource(path: string): Source {
  const text = readFileSync(path, "utf8");
  const { program, module, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);

  const textOf = ({ start, end }: { start: number; end: number }) => text.slice(start, end);
  const dynamic = module.dynamicImports.map(({ moduleRequest }) =>
    textOf(moduleRequest).replaceAll(/^["'`]|["'`]$/g, ""),
  );
  const fixed = program.body.flatMap((node) => (hasSource(node) ? [node.source.value] : []));

  return {
    imports: [...new Set([...fixed, ...dynamic, ...importTypes(program)])],
    onlyReExports: program.body.every((node) => node.type.startsWith("Export") && hasSource(node)),
    reExports: module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ exportName, moduleRequest, isType }) =>
        moduleRequest === null ? [] : [{ name: exportName.name ?? "*", from: moduleRequest.value, typeOnly: isType }],
      ),
    ),
    declarations: program.body.flatMap((node) =>
      node.type === "ExportNamedDeclaration" && node.declaration ? declarationsIn(node.declaration, textOf) : [],
    ),
    codeLines: countCodeLines(text, comments),
  };
}

function hasSource(node: object): node is { source: { value: string } } {
  return "source" in node && node.source !== null && node.source !== undefined;
}

function declarationsIn(node: ESTree.Declaration, textOf: (span: ESTree.Span) => string): Declaration[] {
  if (node.type === "ClassDeclaration" && node.id) {
    return [{ kind: "class", name: node.id.name, type: node.implements?.map(textOf).join(", ") ?? "" }];
  }
  if ((node.type === "FunctionDeclaration" || node.type === "TSDeclareFunction") && node.id) {
    const type = node.returnType ? textOf(node.returnType.typeAnnotation) : "";
    return [{ kind: "function", name: node.id.name, type }];
  }
  return [];
}

/** The specifiers of `import("...")` where it stands for a type, which the parser's list of imports leaves out. */
function importTypes(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(importTypes);
  const inside = Object.values(node).flatMap(importTypes);
  return "type" in node && node.type === "TSImportType" && hasSource(node) ? [node.source.value, ...inside] : inside;
}

function countCodeLines(text: string, comments: readonly { start: number; end: number }[]): number {
  let code = "";
  let end = 0;
  for (const comment of comments) {
    code += text.slice(end, comment.start) + text.slice(comment.start, comment.end).replaceAll(/[^\n]/g, "");
    end = comment.end;
  }
  code += text.slice(end);
  return code.split("\n").filter((line) => line.trim() !== "").length;
}
