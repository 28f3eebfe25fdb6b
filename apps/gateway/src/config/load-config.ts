import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isNode, isPair, LineCounter, parseDocument, type Document } from "yaml";
import type { Config } from "./config.ts";
import { ConfigError, type Problem } from "./config-error.ts";
import { checkConfig } from "./config-schema.ts";
import { defaultConfig } from "./default-config.ts";
import { type Environment, isReference, substitute } from "./environment.ts";

/** Looked for in the working directory, in this order. */
const defaultFiles = ["llmcache.yaml", "llmcache.yml", "llmcache.json"];

/** A configuration, and how it was written. */
export interface LoadedConfig {
  readonly config: Config;
  /** The file; `undefined` for the one that is in force without any. */
  readonly file: string | undefined;
  /** The same before variables were filled in. */
  readonly written: unknown;
}

/**
 * Reads the configuration from a file, or from `llmcache.yaml` or `.json` in the working directory. Without any the gateway caches on disk
 * and asks OpenAI.
 *
 * @throws {ConfigError} that names each problem with its line and path, and no value
 */
export async function loadConfig(
  path: string | undefined,
  environment: Environment,
  directory: string = process.cwd(),
): Promise<LoadedConfig> {
  const file = path ?? defaultFiles.find((name) => existsSync(resolve(directory, name)));
  if (file === undefined) {
    const written = defaultConfig(environment);
    return { config: parseTree(written, environment, "the default configuration"), file, written };
  }
  const text = await readFile(resolve(directory, file), "utf8").catch((error: unknown) => {
    const reason = error instanceof Error && "code" in error ? String(error.code) : "it is no file";
    throw new ConfigError(file, [{ path: [], message: `cannot be read: ${reason}` }]);
  });
  return { ...parseConfig(text, environment, file), file };
}

/** Reads a configuration from YAML, which JSON is too. @throws {ConfigError} */
export function parseConfig(
  text: string,
  environment: Environment,
  source: string = "configuration",
): Omit<LoadedConfig, "file"> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors.map(({ code, pos }) => ({
    path: [],
    line: lines.linePos(pos[0]).line,
    // The parser's own message may quote what stands there.
    message: `is no YAML (${code.toLowerCase().replaceAll("_", " ")})`,
  }));
  if (broken.length > 0) throw new ConfigError(source, broken);
  const written = readDocument(document, source);
  return { config: parseTree(written, environment, source, (problem) => lineOf(document, lines, problem)), written };
}

function readDocument(document: Document.Parsed, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    throw new ConfigError(source, [{ path: [], message: "has an alias that cannot be resolved" }]);
  }
}

function parseTree(
  written: unknown,
  environment: Environment,
  source: string,
  findLine: (path: Problem["path"]) => number | undefined = () => undefined,
): Config {
  const problems: Problem[] = [];
  const tree = substitute(written, environment, (problem) => problems.push(problem));
  problems.push(...keysInClear(written));
  const checked = checkConfig(tree);
  for (const { path, ...issue } of checked.error?.issues ?? []) {
    // What is wrong with a name is said by the rule for names.
    const message = (issue.code === "invalid_key" ? issue.issues[0] : issue)?.message ?? issue.message;
    const place = path.map((step) => (typeof step === "symbol" ? String(step) : step));
    // What is unknown has a line of its own.
    const unknown = issue.code === "unrecognized_keys" ? issue.keys : [];
    if (unknown.length > 0)
      problems.push(...unknown.map((name) => ({ path: [...place, name], message: "is unknown" })));
    // A variable that is missing is the reason for whatever else is wrong there.
    else if (!problems.some((other) => other.path.join() === place.join())) problems.push({ path: place, message });
  }
  if (checked.success && problems.length === 0) return checked.data;
  throw new ConfigError(
    source,
    problems.map((problem) => ({ ...problem, line: findLine(problem.path) })),
  );
}

/** Keys stand in the environment; in a file by their hash, where that will do. */
function keysInClear(written: unknown): Problem[] {
  const apiKeys = memberOf(written, "apiKeys");
  const encryptionKeys = memberOf(memberOf(memberOf(written, "cache"), "encrypt"), "keys");
  const places: [Problem["path"], unknown][] = [
    [["admin", "key"], memberOf(memberOf(written, "admin"), "key")],
    ...(Array.isArray(apiKeys) ? apiKeys : []).map((apiKey: unknown, index): [Problem["path"], unknown] => [
      ["apiKeys", index, "key"],
      memberOf(apiKey, "key"),
    ]),
    ...Object.entries(isObject(encryptionKeys) ? encryptionKeys : {}).map(([id, key]): [Problem["path"], unknown] => [
      ["cache", "encrypt", "keys", id],
      key,
    ]),
  ];
  return places.flatMap(([path, key]) => {
    if (key === undefined || (typeof key === "string" && isReference(key))) return [];
    const otherwise = path[0] === "cache" ? "" : ": write its hash in place of a key";
    return [{ path, message: `must be a variable, as in \${NAME}${otherwise}` }];
  });
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** The line of the nearest thing on the path that is there. */
function lineOf(document: Document, lines: LineCounter, path: Problem["path"]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    const pair =
      typeof parent === "object" && parent !== null && "items" in parent && Array.isArray(parent.items)
        ? (parent.items as unknown[]).find((item) => isPair(item) && isNode(item.key) && String(item.key) === name)
        : undefined;
    const node: unknown = isPair(pair) ? pair.key : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
