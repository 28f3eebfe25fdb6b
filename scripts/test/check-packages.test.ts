import { expect, test } from "vitest";
import { checkPackages } from "../check-packages.ts";
import { writeWorkspace } from "./write-workspace.ts";

const headings = ["Install", "Use", "Options", "Behaviour", "Operate", "Licence"];

const manifest = {
  name: "@llmcache/map",
  description: "Keeps entries in a map.",
  keywords: ["llm"],
  license: "MIT",
  repository: { type: "git", url: "git+https://github.com/llmcache/llmcache.git", directory: "packages/map" },
  files: ["dist", "src", "!dist/*.tsbuildinfo"],
  type: "module",
  sideEffects: false,
  exports: {
    ".": { "@llmcache/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
    "./package.json": "./package.json",
  },
  publishConfig: { access: "public", provenance: true },
  engines: { node: ">=22" },
};

const good = {
  "tsconfig.json": { references: [{ path: "./packages/map" }] },
  ".changeset/first.md": `---\n"@llmcache/map": minor\n---\n\nThe first version.\n`,
  "packages/map/package.json": manifest,
  "packages/map/tsconfig.json": {},
  "packages/map/README.md": `# map\n${headings.map((heading) => `\n## ${heading}\n`).join("")}\n\`\`\`sh\n## no heading\n\`\`\`\n`,
  "packages/map/src/index.ts": `export { MapBackend } from "./map-backend.ts";`,
  "packages/map/src/map-backend.ts": "export class MapBackend {}",
  "packages/map/test/map-backend.test.ts": "backendConformance({ create: () => new MapBackend() });",
};

test("a package of the usual shape passes", () => {
  const { problems, summary } = checkPackages(writeWorkspace(good));
  expect(problems).toEqual([]);
  expect(summary).toBe("1 packages of one shape, 1 backends under the conformance suite");
});

test("an app that is published has the shape of a package, and one that is private need not", () => {
  const app = { ...manifest, name: "@llmcache/tool", repository: { ...manifest.repository, directory: "apps/tool" } };
  const root = writeWorkspace({
    ...good,
    "tsconfig.json": { references: [{ path: "./packages/map" }, { path: "apps/tool" }] },
    "apps/hidden/package.json": { name: "@llmcache/hidden", private: true },
    "apps/tool/package.json": app,
    "apps/tool/tsconfig.json": {},
    "apps/tool/src/index.ts": `export { open } from "./open.ts";`,
    "apps/tool/src/open.ts": "export function open() {}",
    "apps/tool/test/open.test.ts": "",
  });
  expect(checkPackages(root).problems).toEqual([
    "apps/tool: has no README.md",
    `apps/tool: has neither a changeset nor a CHANGELOG.md: run "pnpm changeset"`,
  ]);
});

test("what differs is named", () => {
  const { ".": entry, ...rest } = manifest.exports;
  const { types, ...others } = entry;
  const root = writeWorkspace({
    ...good,
    "tsconfig.json": { references: [] },
    ".changeset/first.md": `---\n"@llmcache/other": minor\n---\n\nThe first version.\n`,
    "packages/map/package.json": { ...manifest, license: "ISC", exports: { ".": { types, ...others }, ...rest } },
    "packages/map/README.md": "# map\n\n## Install\n\n## Usage\n",
    "packages/map/src/index.ts": `export { MapBackend } from "./map-backend.ts";\nexport const one = 1;`,
    "packages/map/src/long.ts": `// a comment\n\nconst a = 1;\n${"a;\n".repeat(350)}`,
  });
  expect(checkPackages(root).problems).toEqual([
    `packages/map/package.json: license must be "MIT"`,
    `packages/map/package.json: exports["."] must be "@llmcache/source" in src, then "types" and "default" in dist, in that order`,
    "packages/map/README.md: its headings must be Install, Use, Options, Behaviour, Operate, Licence, not Install, Usage",
    "packages/map/src/index.ts: may only re-export",
    "packages/map/src/long.ts: has 351 lines of code, 350 is the limit",
    `packages/map: has neither a changeset nor a CHANGELOG.md: run "pnpm changeset"`,
    "tsconfig.json: has no reference to packages/map",
    ".changeset: names @llmcache/other, which is no package of the workspace",
  ]);
});

test("every exported backend is under the suite: classes, and functions that are declared to return one", () => {
  const root = writeWorkspace({
    ...good,
    "packages/map/src/index.ts": `export { MapBackend, map, connectMap, wrapped, other } from "./map-backend.ts";`,
    "packages/map/src/map-backend.ts": [
      "export class MapBackend {}",
      "export function map(): MapBackend { return new MapBackend(); }",
      "export async function connectMap(): Promise<MapBackend> { return new MapBackend(); }",
      "export function wrapped<B extends Backend>(inner: B): Decorated<B> { return inner; }",
      "export function other(): string { return ''; }",
    ].join("\n"),
  });
  expect(checkPackages(root).problems).toEqual([
    "packages/map: exports map, and no file in test/ calls backendConformance( on it",
    "packages/map: exports wrapped, and no file in test/ calls backendConformance( on it",
  ]);
});
