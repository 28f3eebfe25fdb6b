import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Findings, report } from "./problems.ts";
import { run } from "./run.ts";
import { type Member, readMembers, workspaceRoot } from "./workspace.ts";

/** The pnpm that runs this script, or the one that npx finds. */
const pnpm = process.env["npm_execpath"] === undefined ? ["npx", "pnpm"] : [process.env["npm_execpath"]];

/** Judges what would be published: packs every package as it is built, and shows the tarballs to publint and attw. */
export async function checkPacked(root: string): Promise<Findings> {
  const packages = readMembers(root).filter(({ group }) => group === "packages");
  const folder = mkdtempSync(join(tmpdir(), "llmcache-packed-"));
  try {
    const found = await Promise.all(packages.map(async (member) => checkOne(root, member, folder)));
    const good = found.flatMap(({ problems, summary }) => (problems.length === 0 ? [summary] : []));
    return { problems: found.flatMap(({ problems }) => problems), summary: good.join("\n") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function checkOne(root: string, { path, manifest }: Member, folder: string): Promise<Findings> {
  const name = manifest.name ?? path;
  const packed = await run(
    pnpm[0] ?? "pnpm",
    [...pnpm.slice(1), "--dir", path, "pack", "--json", "--pack-destination", folder],
    { cwd: root },
  );
  if (packed.exitCode !== 0) return { problems: [`${name}: pnpm pack failed\n${packed.output.trim()}`], summary: "" };

  const { filename, files } = readPacked(packed.output);
  const paths = files.map((file) => file.path);
  if (!paths.includes("dist/index.js")) {
    return {
      problems: [`${name}: is not built: is ${path} among the references of tsconfig.json?`],
      summary: "",
    };
  }
  const [publint, attw] = await Promise.all([
    run(join(root, "node_modules/.bin/publint"), ["run", filename, "--strict"], { cwd: root }),
    run(
      join(root, "node_modules/.bin/attw"),
      [filename, "--profile", "esm-only", "--format", "ascii", "--no-color", "--no-emoji"],
      {
        cwd: root,
      },
    ),
  ]);
  const stale = paths.filter(
    (file) => /^dist\/.*(?<!\.d)\.js$/.test(file) && !existsSync(join(root, path, sourceOf(file))),
  );
  return {
    problems: [
      ...["dist/index.d.ts", "README.md", "LICENSE"]
        .filter((file) => !paths.includes(file))
        .map((file) => `${name}: the tarball has no ${file}`),
      ...stale.map((file) => `${name}: ${file} has no source any more: remove ${path}/dist and build again`),
      ...(publint.exitCode === 0 ? [] : [`${name}: publint\n${publint.output.trim()}`]),
      ...(attw.exitCode === 0 ? [] : [`${name}: attw\n${attw.output.trim()}`]),
    ],
    summary: `${name}: ${paths.length} files, publint and attw agree`,
  };
}

function sourceOf(built: string): string {
  return built.replace(/^dist\//, "src/").replace(/\.js$/, ".ts");
}

/** What `pnpm pack --json` printed, of which notices of others may come first. */
function readPacked(output: string): { filename: string; files: { path: string }[] } {
  return JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1)) as ReturnType<typeof readPacked>;
}

if (import.meta.main) report(await checkPacked(workspaceRoot));
