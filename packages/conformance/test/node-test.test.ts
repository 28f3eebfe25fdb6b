import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { backendConformance } from "@llmcache/conformance";
import { memory } from "@llmcache/core";
import { expect, test } from "vitest";

test("runs under node:test, with a test for each check and the reason where one fails or does not apply", async () => {
  const fixture = new URL("./fixtures/under-node-test.ts", import.meta.url);
  // A parent that is a test of Node itself would make the child report to it, in binary.
  const { NODE_TEST_CONTEXT: _parent, ...env } = process.env;
  const child = spawn(
    process.execPath,
    ["--conditions=@llmcache/source", "--test", "--test-reporter=tap", fixture.pathname],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const checks = backendConformance({ create: () => memory() });

  expect(complaints).toBe("");
  expect(output).toContain(`# pass ${checks.length}\n`);
  expect(output).toContain("# fail 1\n");
  expect(output).toContain("# cancelled 0\n");
  expect(output).toMatch(/not ok \d+ - a forgetful store keeps a mebibyte/);
  expect(output).toMatch(/get of a large value: expected 1048576 bytes \(.*\), received undefined/);
  expect(output).toContain("does not apply: gets 2 000 keys in one batch (the backend has no getMany)");
}, 30_000);
