import { dirname, join, normalize } from "node:path";
import { type Findings, report } from "./problems.ts";
import { readSource } from "./source.ts";
import { type Manifest, type Member, readManifest, readMembers, typeScriptFiles, workspaceRoot } from "./workspace.ts";

/** What a package may use beside core. One connection to Redis serves both kinds of cache. */
const alsoAllowed: Readonly<Record<string, readonly string[]>> = {
  "semantic-redis": ["@llmcache/redis"],
};

/** What any member may use in its tests: the suites that backends must pass, the model that needs no key, other runtimes, and real servers. */
const forTests = [
  "@llmcache/conformance",
  "@llmcache/local-model",
  "@llmcache/test-runtimes",
  "@llmcache/test-servers",
];

/**
 * The dependency rule: apps may use packages, every package may use core, `alsoAllowed` is all there is beyond that, and core uses
 * nothing. Checked twice, in what each package.json declares and in what its files import.
 */
export function checkDependencies(root: string): Findings {
  const members = readMembers(root);
  const workspace = readManifest(join(root, "package.json"));
  let files = 0;
  const problems = members.flatMap((member) => {
    const sources = typeScriptFiles(root, `${member.path}/src`);
    const tests = typeScriptFiles(root, `${member.path}/test`);
    files += sources.length + tests.length;
    return [
      ...declaredProblems(member),
      ...sources.flatMap((file) => importProblems(root, file, member, declaredForSources(member.manifest))),
      ...tests.flatMap((file) => importProblems(root, file, member, declaredForTests(member.manifest, workspace))),
    ];
  });
  return {
    problems: [...new Set([...problems, ...sharedDependencies(members)])],
    summary: `${members.length} members and ${files} files keep to the dependency rule`,
  };
}

function declaredProblems({ path, group, folder, manifest }: Member): string[] {
  const where = `${path}/package.json`;
  const declared = declaredFor(manifest);
  if (group === "packages" && folder === "core") {
    return declared.map((name) => `${where}: core has no dependencies, so not ${name} either`);
  }
  const allowed = new Set(["@llmcache/core", ...(alsoAllowed[folder] ?? [])]);
  const ours = group === "apps" ? [] : declared.filter((name) => name.startsWith("@llmcache/") && !allowed.has(name));
  const oursInTests = Object.keys(manifest.devDependencies ?? {}).filter(
    (name) => group === "packages" && name.startsWith("@llmcache/") && !allowed.has(name) && !forTests.includes(name),
  );
  return [
    ...ours.map((name) => `${where}: a package may use ${[...allowed].join(" and ")} of the workspace, not ${name}`),
    ...oursInTests.map((name) => `${where}: the tests of a package may not use ${name}`),
  ];
}

function importProblems(root: string, file: string, member: Member, declared: readonly string[]): string[] {
  const isSource = file.startsWith(`${member.path}/src/`);
  const boundary = isSource ? `${member.path}/src/` : `${member.path}/`;
  const isCore = member.group === "packages" && member.folder === "core" && isSource;
  return readSource(join(root, file)).imports.flatMap((specifier) => {
    if (specifier.startsWith(".")) {
      const target = normalize(join(dirname(file), specifier));
      return target.startsWith(boundary) ? [] : [`${file}: imports ${specifier}, which is outside ${boundary}`];
    }
    if (isCore) return [`${file}: core imports nothing from outside its folder, so not ${specifier} either`];
    if (specifier.startsWith("node:")) return [];
    const name = packageOf(specifier);
    if (isSource && name === member.manifest.name) return [`${file}: imports its own package, ${name}`];
    return declared.includes(name) || name === member.manifest.name
      ? []
      : [`${file}: imports ${name}, which ${member.path}/package.json does not declare`];
  });
}

/** An SDK stays in the package that needs it: no two packages bring the same one. A peer is what the user brings. */
function sharedDependencies(members: readonly Member[]): string[] {
  const owners = new Map<string, string[]>();
  for (const { group, path, manifest } of members) {
    if (group === "apps") continue;
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      if (!name.startsWith("@llmcache/")) owners.set(name, [...(owners.get(name) ?? []), path]);
    }
  }
  return [...owners].flatMap(([name, paths]) =>
    paths.length < 2 ? [] : [`${name} is a dependency of ${paths.join(" and ")}: it belongs in one of them`],
  );
}

function declaredFor({ dependencies, peerDependencies, optionalDependencies }: Manifest): string[] {
  return Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
}

/** What nobody installs may be a devDependency: the types of an SDK whose wire format an app speaks, say. */
function declaredForSources(manifest: Manifest): string[] {
  const ofPrivate = manifest.private === true ? Object.keys(manifest.devDependencies ?? {}) : [];
  return [...declaredFor(manifest), ...ofPrivate];
}

function declaredForTests(manifest: Manifest, workspace: Manifest): string[] {
  const ofTests = Object.keys({ ...workspace.devDependencies, ...manifest.devDependencies });
  return [...declaredFor(manifest), ...ofTests];
}

/** `@scope/name` or `name`, without a path into it. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

if (import.meta.main) report(checkDependencies(workspaceRoot));
