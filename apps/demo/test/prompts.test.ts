import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instant, startLocalModel } from "@llmcache/local-model";
import { expect, onTestFinished, test } from "vitest";
import { runDemo } from "./run-demo.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "llmcache-prompts-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function fileOf(lines: readonly string[]): Promise<string> {
  const path = join(await folder(), "prompts.jsonl");
  await writeFile(path, lines.join("\n"));
  return path;
}

const prompts = [
  '"What is a heron?"',
  '{"prompt":"What is a stork?","uid":"1"}',
  '{"question":"What is a crane?"}',
  "",
  '{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is an egret?"}]}',
  '{"turns":[{"content":"What is an ibis?"}]}',
];

test("runs a file of prompts twice, the second time without the model", { timeout: 30_000 }, async () => {
  const { exitCode, output, errors } = await runDemo(["--", "--prompts", await fileOf(prompts)]);
  expect(errors).toBe("");
  expect(output).toContain("5 prompts");
  expect(output).toMatch(/first time +0 +5 +0 /);
  expect(output).toMatch(/second time +5 +0 +0 /);
  expect(output).toContain("✓ the second time the model was not asked");
  expect(output).not.toContain("\u001b");
  expect(exitCode).toBe(0);
});

test("finds in a folder that was kept what an earlier run stored", { timeout: 30_000 }, async () => {
  await using model = await startLocalModel(instant);
  const keep = join(await folder(), "kept");
  const words = ["--prompts", await fileOf(prompts), "--keep", keep];
  await runDemo(words, { OPENAI_BASE_URL: model.url });
  expect(model.calls.chat).toBe(5);
  const { exitCode, output } = await runDemo(words, { OPENAI_BASE_URL: model.url });
  expect(output).toMatch(/first time +5 +0 +0 /);
  expect(exitCode).toBe(0);
  expect(model.calls.chat).toBe(5);
  expect(await readdir(keep)).not.toEqual([]);
});

test("fails and says why when prompts were not answered", { timeout: 30_000 }, async () => {
  await using model = await startLocalModel({ ...instant, failure: { kind: "status", status: 400 } });
  const { exitCode, output } = await runDemo(["--prompts", await fileOf(prompts)], { OPENAI_BASE_URL: model.url });
  expect(output).toMatch(/✗ the first time every prompt was answered, but 5 failed: 400 /);
  expect(exitCode).toBe(1);
});

test.each([
  ["a line that is not JSON", ['"a"', "", "{oops"], /prompts\.jsonl:3: this line is not JSON: \{oops/],
  ["a line without a prompt", ['"a"', '{"text":"b"}'], /prompts\.jsonl:2: this line is neither/],
  ["messages that are none", ['{"messages":["a"]}'], /prompts\.jsonl:1: this line is neither/],
  ["nothing", ["", ""], /prompts\.jsonl: the file has no prompts/],
])("names the line of a file with %s", { timeout: 30_000 }, async (_name, lines, message) => {
  const { exitCode, output, errors } = await runDemo(["--prompts", await fileOf(lines)]);
  expect(errors).toMatch(message);
  expect(errors).not.toContain("    at ");
  expect(output).toBe("");
  expect(exitCode).toBe(2);
});

test("says so when there is no such file, or it is a folder", { timeout: 30_000 }, async () => {
  const path = await folder();
  const missing = await runDemo(["--prompts", join(path, "none.jsonl")]);
  const directory = await runDemo(["--prompts", path]);
  expect([missing.errors, directory.errors].map((errors) => errors.trim())).toEqual([
    `${join(path, "none.jsonl")}: there is no such file.`,
    `${path}: this is a folder, not a file.`,
  ]);
  expect([missing.exitCode, directory.exitCode]).toEqual([2, 2]);
});

test("explains its options, and refuses others", { timeout: 30_000 }, async () => {
  const help = await runDemo(["--help"]);
  expect(help).toMatchObject({ exitCode: 0, errors: "" });
  expect(help.output).toContain("--prompts FILE");
  const wrong = await runDemo(["--promts", "x"]);
  expect(wrong.exitCode).toBe(2);
  expect(wrong.errors).toContain("Unknown option '--promts'");
  expect(wrong.errors).toContain("usage:");
});
