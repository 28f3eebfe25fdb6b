import { backendConformance } from "@llmcache/conformance";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { DiskBackend, JsonLinesBackend } from "@llmcache/disk";

const root = await mkdtemp(join(tmpdir(), "llmcache-disk-"));
afterAll(() => rm(root, { recursive: true, force: true }));

const directories = new WeakMap<object, string>();
let made = 0;

function open(directory: string): DiskBackend {
  const backend = new DiskBackend({ directory });
  directories.set(backend, directory);
  return backend;
}

describe("a disk backend", () => {
  const checks = backendConformance({
    create: () => open(join(root, `${made++}`)),
    reopen: (backend) => open(directories.get(backend) ?? ""),
    failing: async () => {
      const file = join(root, `${made++}`);
      await writeFile(file, "not a folder");
      return open(join(file, "cache"));
    },
    log: () => undefined,
  });
  for (const { name, run } of checks) test(name, run);
});

describe("a JSON lines backend", () => {
  const files = new WeakMap<object, string>();
  const openFile = (file: string): JsonLinesBackend => {
    const backend = new JsonLinesBackend({ file });
    files.set(backend, file);
    return backend;
  };
  const checks = backendConformance({
    create: () => openFile(join(root, `${made++}`, "answers.jsonl")),
    reopen: (backend) => openFile(files.get(backend) ?? ""),
    failing: () => openFile(root),
    log: () => undefined,
  });
  for (const { name, run } of checks) test(name, run);
});
