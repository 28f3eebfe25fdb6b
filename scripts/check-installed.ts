import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pack } from "./pack.ts";
import { type Findings, report } from "./problems.ts";
import { run } from "./run.ts";
import { isPublished, type Member, readMembers, workspaceRoot } from "./workspace.ts";

/** What of the workspace a package brings beside core. */
const alsoBrings: Readonly<Record<string, readonly string[]>> = {
  "semantic-redis": ["@llmcache/redis"],
  // A configuration may name any of them.
  gateway: ["azure", "disk", "gcs", "http", "otel", "redis", "s3", "semantic", "semantic-qdrant", "semantic-redis"].map(
    (folder) => `@llmcache/${folder}`,
  ),
};

/** A model answers through whatever the package gives a cache: a store that nobody listens for is in nobody's way. */
const programs: Readonly<Record<string, string>> = {
  core: `await using cache = new Cache({ backend: memory() });`,
  cli: `await using cache = new Cache({ backend: await own.openStore("memory:") });`,
  gateway: `const parsed = own.parseConfig("{ upstreams: { model: { url: https://api.example.com } }, listen: { port: 0 } }", {});
    await using gateway = await own.startGateway({ ...parsed, file: undefined });
    const { ok } = await fetch(gateway.url + "/health/live");
    if (!ok) throw new Error("the gateway is not alive");
    await using cache = new Cache({ backend: memory() });`,
  disk: `await using cache = new Cache({ backend: new own.DiskBackend({ directory: "answers" }) });`,
  redis: `await using cache = new Cache({ backend: await own.connectRedis({ port: 1 }) });`,
  s3: `const keys = { accessKeyId: "id", secretAccessKey: "secret" };
    await using cache = new Cache({ backend: await own.connectS3({ bucket: "answers", endpoint: "http://127.0.0.1:1", ...keys }) });`,
  gcs: `await using cache = new Cache({ backend: await own.connectGcs({ bucket: "answers", apiEndpoint: "http://127.0.0.1:1", projectId: "p" }) });`,
  azure: `const connectionString = "UseDevelopmentStorage=true";
    await using cache = new Cache({ backend: await own.connectAzure({ connectionString, container: "answers" }) });`,
};

/**
 * Installs what would be published as a user would, each package with core in an empty folder: it must bring nothing of the others, and
 * run there. What runs it is the Node of the workspace.
 */
export async function checkInstalled(root: string): Promise<Findings> {
  const packages = readMembers(root).filter(isPublished);
  const folder = mkdtempSync(join(tmpdir(), "llmcache-installed-"));
  try {
    const tarballs = new Map<string, string>();
    const found: Findings[] = [];
    for (const { path, manifest } of packages) {
      const packed = await pack(root, path, folder);
      if ("failure" in packed) found.push({ problems: [`${path}: pnpm pack failed\n${packed.failure}`], summary: "" });
      else tarballs.set(manifest.name ?? path, packed.filename);
    }
    // One after another: each of them has npm busy on every core.
    for (const member of packages) found.push(await checkOne(member, packages, tarballs, folder));
    return {
      problems: found.flatMap(({ problems }) => problems),
      summary: found.map(({ summary }) => summary).join("\n"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function checkOne(
  { folder: name, manifest }: Member,
  packages: readonly Member[],
  tarballs: ReadonlyMap<string, string>,
  parent: string,
): Promise<Findings> {
  const cwd = join(parent, name);
  const ours = [...new Set(["@llmcache/core", ...(alsoBrings[name] ?? []), manifest.name ?? name])];
  mkdirSync(cwd);
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const chosen = ours.map((one) => tarballs.get(one) ?? one);
  const npm = await run(
    "npm",
    ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", ...chosen],
    { cwd },
  );
  if (npm.exitCode !== 0)
    return { problems: [`${manifest.name}: npm install failed\n${npm.output.trim()}`], summary: "" };

  const brought = readdirSync(join(cwd, "node_modules/@llmcache")).map((folder) => `@llmcache/${folder}`);
  const uninvited = brought.filter((one) => !ours.includes(one));
  // An integration's framework may itself depend on what another package does.
  const others = (name in programs ? sdksOfOthers(ours, packages) : []).filter((sdk) =>
    existsSync(join(cwd, "node_modules", sdk)),
  );
  writeFileSync(join(cwd, "program.js"), programFor(name, manifest.name ?? name));
  const ran = await run(process.execPath, ["program.js"], { cwd, timeoutMs: 60_000 });
  const answered = ran.exitCode === 0 && ran.output.endsWith("an answer\n");
  return {
    problems: [
      ...[...uninvited, ...others].map((one) => `${manifest.name}: brings ${one}, which is another package's`),
      ...(answered ? [] : [`${manifest.name}: does not run where it is installed alone\n${ran.output.trim()}`]),
    ],
    summary: `${manifest.name}: brings ${brought.join(", ")}, and runs`,
  };
}

/** What packages depend on that are not among `ours`, and none of those does. */
function sdksOfOthers(ours: readonly string[], members: readonly Member[]): string[] {
  const isOurs = ({ manifest }: Member) => ours.includes(manifest.name ?? "");
  const dependenciesOf = ({ manifest }: Member) => Object.keys(manifest.dependencies ?? {});
  const own = members.filter(isOurs).flatMap(dependenciesOf);
  const others = members.filter((member) => member.group === "packages" && !isOurs(member)).flatMap(dependenciesOf);
  return others.filter((name) => !name.startsWith("@llmcache/") && !own.includes(name));
}

function programFor(folder: string, name: string): string {
  return `
    import * as own from "${name}";
    import { Cache, memory } from "@llmcache/core";
    if (Object.keys(own).length === 0) throw new Error("exports nothing");
    ${programs[folder] ?? programs["core"]}
    const { value } = await cache.run({ operation: "chat", params: { model: "m" } }, () => "an answer");
    console.log(value);
  `;
}

if (import.meta.main) report(await checkInstalled(workspaceRoot));
