import { existsSync, globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { TestSummary } from "./scripts/test-summary.ts";

const conditions = ["@llmcache/source"];

const fetchServers = join(import.meta.dirname, "apps/test-servers/src/global-setup.ts");

/** One project for each folder that has tests, all run from source. */
const folders = [...["packages", "apps"].flatMap((group) => foldersIn(group)), "docs", "scripts"];

const projects = folders
  .filter((folder) => existsSync(join(import.meta.dirname, folder, "test")))
  .map((folder) => ({
    root: join(import.meta.dirname, folder),
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      name: folder.replace(/^(packages|apps)\//, ""),
      include: ["test/**/*.test.ts"],
      // What a test waits for it bounds itself. This is for machines that do everything else besides.
      testTimeout: 30_000,
      hookTimeout: 60_000,
      // Those whose tests need real servers list them there, and get them before their first test.
      globalSetup: existsSync(join(import.meta.dirname, folder, "test/servers.json")) ? [fetchServers] : [],
    },
  }));

const typeTests = "packages/*/test/**/*.test-d.ts";

/** What the types promise: read by the compiler, not run. */
const types = {
  root: import.meta.dirname,
  test: {
    name: "types",
    include: [],
    typecheck: {
      enabled: true,
      only: true,
      include: [typeTests],
      tsconfig: join(import.meta.dirname, "tsconfig.test.json"),
      // What is wrong elsewhere is for `pnpm check` to say.
      ignoreSourceErrors: true,
    },
  },
};

export default defineConfig({
  test: {
    projects: globSync(typeTests, { cwd: import.meta.dirname }).length === 0 ? projects : [...projects, types],
    reporters: ["default", new TestSummary()],
  },
});

function foldersIn(group: string): string[] {
  return readdirSync(join(import.meta.dirname, group)).map((name) => `${group}/${name}`);
}
