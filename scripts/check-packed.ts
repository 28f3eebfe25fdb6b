import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "./pack.ts";
import { type Findings, report } from "./problems.ts";
import { run } from "./run.ts";
import { isPublished, type Member, readMembers, workspaceRoot } from "./workspace.ts";

/** Judges what would be published: packs every package as it is built, and shows the tarballs to publint and attw. */
export async function checkPacked(root: string): Promise<Findings> {
  const packages = readMembers(root).filter(isPublished);
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
  const packed = await pack(root, path, folder);
  if ("failure" in packed) return { problems: [`${name}: pnpm pack failed\n${packed.failure}`], summary: "" };

  const { filename, files } = packed;
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

if (import.meta.main) report(await checkPacked(workspaceRoot));
