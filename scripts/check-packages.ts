import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Findings, report } from "./problems.ts";
import { type Declaration, readSource } from "./source.ts";
import { isPublished, type Member, readMembers, typeScriptFiles, workspaceRoot } from "./workspace.ts";

const requiredFiles = ["README.md", "package.json", "tsconfig.json", "src/index.ts", "test"];

const requiredHeadings = ["Install", "Use", "Options", "Behaviour", "Operate", "Licence"];

/** Lines of code, without comments and blank lines. Design section 8 asks for a second look past about 250. */
const mostLinesInFile = 350;

/** Exports that give a backend on which the suite does not run, each with its reason. */
const withoutSuite: Readonly<Record<string, string>> = {
  readOnly: "refuses every write, and the suite begins with one",
  decorate: "the helper that wrappers are made with: the suite runs on each of them",
};

/** A package has the same few files, fields and headings as every other, so that who knows one knows all. */
export function checkPackages(root: string): Findings {
  const members = readMembers(root);
  const packages = members.filter(isPublished);
  const released = packagesWithChangeset(root);
  let backends = 0;
  const unknown = [...released].filter((name) => packages.every(({ manifest }) => manifest.name !== name));
  const problems = packages.flatMap((member) => {
    const ownBackends = exportedBackends(root, member);
    backends += ownBackends.length;
    return [
      ...requiredFiles
        .filter((file) => !existsSync(join(root, member.path, file)))
        .map((file) => `${member.path}: has no ${file}`),
      ...fieldProblems(root, member),
      ...headingProblems(root, member),
      ...sourceProblems(root, member),
      ...conformanceProblems(root, member, ownBackends),
      ...(released.has(member.manifest.name ?? "") || existsSync(join(root, member.path, "CHANGELOG.md"))
        ? []
        : [`${member.path}: has neither a changeset nor a CHANGELOG.md: run "pnpm changeset"`]),
    ];
  });
  return {
    problems: [
      ...problems,
      ...unreferenced(root, members),
      ...unknown.map((name) => `.changeset: names ${name}, which is no package of the workspace`),
    ],
    summary: `${packages.length} packages of one shape, ${backends} backends under the conformance suite`,
  };
}

/** What is not among the references of the root tsconfig.json is neither checked nor built. */
function unreferenced(root: string, members: readonly Member[]): string[] {
  const text = readFileSync(join(root, "tsconfig.json"), "utf8");
  const { references } = JSON.parse(text) as { references: { path: string }[] };
  const referenced = references.map(({ path }) => normalize(path));
  return members
    .filter(({ path }) => existsSync(join(root, path, "tsconfig.json")) && !referenced.includes(path))
    .map(({ path }) => `tsconfig.json: has no reference to ${path}`);
}

/** What each package.json says in the same words. */
function fieldProblems(root: string, { path, folder, manifest }: Member): string[] {
  // Files that a program serves as they are, where it has any.
  const served = existsSync(join(root, path, "public")) ? ["public"] : [];
  const expected: Record<string, unknown> = {
    name: `@llmcache/${folder}`,
    license: "MIT",
    type: "module",
    sideEffects: false,
    repository: { type: "git", url: "git+https://github.com/llmcache/llmcache.git", directory: path },
    files: ["dist", ...served, "src", "!dist/*.tsbuildinfo"],
    publishConfig: { access: "public", provenance: true },
    private: undefined,
  };
  const { exports, engines, keywords, description } = manifest;
  return [
    ...Object.entries(expected)
      .filter(([field, value]) => !isDeepStrictEqual(manifest[field], value))
      .map(([field, value]) => `${path}/package.json: ${field} must be ${JSON.stringify(value)}`),
    ...exportsProblems(path, exports),
    ...(/^>=\d+(\.\d+)*$/.test(engineOf(engines))
      ? []
      : [`${path}/package.json: engines.node must be of the form ">=22"`]),
    ...(typeof description === "string" && description.endsWith(".")
      ? []
      : [`${path}/package.json: description must be a sentence`]),
    ...(Array.isArray(keywords) && keywords.includes("llm")
      ? []
      : [`${path}/package.json: keywords must include "llm"`]),
  ];
}

/** Each entry point has the workspace's condition first, then the types, then what is built: the first that applies wins. */
function exportsProblems(path: string, exports: unknown): string[] {
  const where = `${path}/package.json: exports`;
  if (typeof exports !== "object" || exports === null) return [`${where} is missing`];
  const entries = Object.entries(exports);
  return [
    ...("." in exports ? [] : [`${where} has no "."`]),
    ...("./package.json" in exports ? [] : [`${where} has no "./package.json"`]),
    ...entries.flatMap(([entry, target]: [string, unknown]) => {
      if (entry === "./package.json") return [];
      const source: unknown = Object.values(target ?? {}).at(0);
      const built = String(source).replace(/^\.\/src\//, "./dist/");
      const expected = [
        ["@llmcache/source", source],
        ["types", built.replace(/\.ts$/, ".d.ts")],
        ["default", built.replace(/\.ts$/, ".js")],
      ];
      return isDeepStrictEqual(Object.entries(target ?? {}), expected)
        ? []
        : [`${where}["${entry}"] must be "@llmcache/source" in src, then "types" and "default" in dist, in that order`];
    }),
  ];
}

function engineOf(engines: unknown): string {
  return typeof engines === "object" && engines !== null && "node" in engines ? String(engines.node) : "";
}

function headingProblems(root: string, { path }: Member): string[] {
  const readme = join(root, path, "README.md");
  if (!existsSync(readme)) return [];
  const prose = readFileSync(readme, "utf8").replaceAll(/^```[\s\S]*?^```/gm, "");
  const headings = [...prose.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  return isDeepStrictEqual(headings, requiredHeadings)
    ? []
    : [`${path}/README.md: its headings must be ${requiredHeadings.join(", ")}, not ${headings.join(", ") || "none"}`];
}

function sourceProblems(root: string, { path }: Member): string[] {
  const index = `${path}/src/index.ts`;
  const sources = typeScriptFiles(root, `${path}/src`).map((file) => ({ file, ...readSource(join(root, file)) }));
  return [
    ...sources
      .filter(({ file, onlyReExports }) => file === index && !onlyReExports)
      .map(() => `${index}: may only re-export`),
    ...sources
      .filter(({ codeLines }) => codeLines > mostLinesInFile)
      .map(({ file, codeLines }) => `${file}: has ${codeLines} lines of code, ${mostLinesInFile} is the limit`),
  ];
}

/**
 * The backends that a package exports: classes named `...Backend` or that implement one, and functions declared to return one.
 * `connect...` functions return a promise of a class that is in the list already.
 */
export function exportedBackends(root: string, { path }: Member): string[] {
  const index = join(root, path, "src/index.ts");
  if (!existsSync(index)) return [];
  return readSource(index)
    .reExports.filter(
      ({ name, from, typeOnly }) => !typeOnly && from.startsWith(".") && withoutSuite[name] === undefined,
    )
    .filter(({ name, from }) => {
      const { declarations } = readSource(join(root, path, "src", from));
      return declarations.some((declaration) => declaration.name === name && isBackend(declaration));
    })
    .map(({ name }) => name);
}

function isBackend({ kind, name, type }: Declaration): boolean {
  if (kind === "class" && name.endsWith("Backend")) return true;
  return /\b\w*(Backend|Decorated)\b/.test(type) && !type.startsWith("Promise<");
}

function conformanceProblems(root: string, { path }: Member, backends: readonly string[]): string[] {
  const suites = typeScriptFiles(root, `${path}/test`)
    .map((file) => readFileSync(join(root, file), "utf8"))
    .filter((text) => text.includes("backendConformance("));
  return backends
    .filter((name) => !suites.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
    .map((name) => `${path}: exports ${name}, and no file in test/ calls backendConformance( on it`);
}

function packagesWithChangeset(root: string): Set<string> {
  const folder = join(root, ".changeset");
  if (!existsSync(folder)) return new Set();
  const changesets = readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md");
  return new Set(
    changesets.flatMap((file) => {
      const [, header = ""] = readFileSync(join(folder, file), "utf8").split(/^---$/m);
      return [...header.matchAll(/^["']?(@llmcache\/[^"':]+)["']?:/gm)].map(([, name = ""]) => name);
    }),
  );
}

if (import.meta.main) report(checkPackages(workspaceRoot));
