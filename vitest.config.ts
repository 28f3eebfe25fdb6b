import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const conditions = ["@llmcache/source"];

/** One project for each workspace folder that has tests, all run from source. */
const projects = ["packages", "apps"].flatMap((group) =>
  readdirSync(join(import.meta.dirname, group))
    .filter((name) => existsSync(join(import.meta.dirname, group, name, "test")))
    .map((name) => ({
      root: join(import.meta.dirname, group, name),
      resolve: { conditions },
      ssr: { resolve: { conditions, externalConditions: conditions } },
      test: { name, include: ["test/**/*.test.ts"] },
    })),
);

export default defineConfig({
  test: { projects },
});
