import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The folder that holds the workspace. */
export const workspaceRoot: string = join(import.meta.dirname, "..");

/** What a package.json of the workspace may hold, as far as the checks look at it. */
export interface Manifest {
  readonly [field: string]: unknown;
  readonly name?: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A folder of `packages` or `apps`. */
export interface Member {
  readonly group: "packages" | "apps";
  /** The name of its folder, `redis` say. */
  readonly folder: string;
  /** Its path from the root, `packages/redis` say. */
  readonly path: string;
  readonly manifest: Manifest;
}

/** The members of the workspace at `root`, packages first, each group by name. A folder without a package.json is none. */
export function readMembers(root: string): Member[] {
  return (["packages", "apps"] as const).flatMap((group) =>
    foldersIn(join(root, group))
      .filter((folder) => existsSync(join(root, group, folder, "package.json")))
      .map((folder) => ({
        group,
        folder,
        path: `${group}/${folder}`,
        manifest: readManifest(join(root, group, folder, "package.json")),
      })),
  );
}

/** Whether a member goes to npm: every package does, and an app that does not say that it is private. */
export function isPublished({ group, manifest }: Member): boolean {
  return group === "packages" || manifest.private !== true;
}

/** The package.json at `path`. */
export function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** The TypeScript files of a folder, by their paths from `root`, in order. None where there is no such folder. */
export function typeScriptFiles(root: string, folder: string): string[] {
  return globSync("**/*.ts", { cwd: join(root, folder), exclude: ["**/node_modules", "**/dist"] })
    .map((file) => relative(root, join(root, folder, file)))
    .toSorted();
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted();
}
