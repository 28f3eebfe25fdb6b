import { expect, test } from "vitest";
import { checkDependencies } from "../check-dependencies.ts";
import { writeWorkspace } from "./write-workspace.ts";

const core = {
  "packages/core/package.json": { name: "@llmcache/core" },
  "packages/core/src/index.ts": `export { one } from "./one.ts";`,
  "packages/core/src/one.ts": "export const one = 1;",
};

test("packages on core, and an app on packages, pass", () => {
  const root = writeWorkspace({
    ...core,
    "package.json": { devDependencies: { vitest: "1" } },
    "packages/redis/package.json": {
      name: "@llmcache/redis",
      dependencies: { "@llmcache/core": "workspace:^", ioredis: "5" },
      devDependencies: { "@llmcache/conformance": "workspace:^" },
    },
    "packages/redis/src/index.ts": `import { one } from "@llmcache/core"; import "ioredis/built/x"; import "node:fs"; one;`,
    "packages/redis/test/a.test.ts": `import "vitest"; import "@llmcache/conformance"; import "../src/index.ts";`,
    "apps/demo/package.json": { private: true, dependencies: { "@llmcache/redis": "workspace:^" } },
    "apps/demo/src/main.ts": `import "@llmcache/redis";`,
  });
  expect(checkDependencies(root).problems).toEqual([]);
});

test("core may not reach out of its folder, in whatever way it is written", () => {
  const root = writeWorkspace({
    ...core,
    "packages/core/package.json": { name: "@llmcache/core", peerDependencies: { zod: "4" } },
    "packages/core/src/one.ts": [
      `import { readFileSync } from "node:fs";`,
      `export * from "../../redis/src/index.ts";`,
      `export type { Z } from "zod";`,
      `export const lazy = import("lazy");`,
      `export type T = import("types-only").T;`,
      `// import "in-a-comment";`,
      `export const text = 'import "in-a-string"';`,
    ].join("\n"),
  });
  expect(checkDependencies(root).problems).toEqual([
    "packages/core/package.json: core has no dependencies, so not zod either",
    "packages/core/src/one.ts: core imports nothing from outside its folder, so not node:fs either",
    "packages/core/src/one.ts: imports ../../redis/src/index.ts, which is outside packages/core/src/",
    "packages/core/src/one.ts: core imports nothing from outside its folder, so not zod either",
    "packages/core/src/one.ts: core imports nothing from outside its folder, so not lazy either",
    "packages/core/src/one.ts: core imports nothing from outside its folder, so not types-only either",
  ]);
});

test("a package may not use another one, but semantic-redis may use redis", () => {
  const using = (name: string) => ({ name, dependencies: { "@llmcache/redis": "workspace:^" } });
  const root = writeWorkspace({
    "packages/s3/package.json": { ...using("@llmcache/s3"), devDependencies: { "@llmcache/disk": "workspace:^" } },
    "packages/semantic-redis/package.json": using("@llmcache/semantic-redis"),
  });
  expect(checkDependencies(root).problems).toEqual([
    "packages/s3/package.json: a package may use @llmcache/core of the workspace, not @llmcache/redis",
    "packages/s3/package.json: the tests of a package may not use @llmcache/disk",
  ]);
});

test("what is imported is declared, and by one package only", () => {
  const root = writeWorkspace({
    "packages/s3/package.json": { name: "@llmcache/s3", dependencies: { "@aws-sdk/client-s3": "3" } },
    "packages/s3/src/index.ts": `import "@aws-sdk/client-s3"; import "@aws-sdk/other"; import "@llmcache/s3";`,
    "packages/gcs/package.json": { name: "@llmcache/gcs", dependencies: { "@aws-sdk/client-s3": "3" } },
    "packages/redis/package.json": { name: "@llmcache/redis", peerDependencies: { "@aws-sdk/client-s3": "3" } },
  });
  expect(checkDependencies(root).problems).toEqual([
    "packages/s3/src/index.ts: imports @aws-sdk/other, which packages/s3/package.json does not declare",
    "packages/s3/src/index.ts: imports its own package, @llmcache/s3",
    "@aws-sdk/client-s3 is a dependency of packages/gcs and packages/s3: it belongs in one of them",
  ]);
});
