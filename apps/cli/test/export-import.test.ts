import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encrypted } from "@llmcache/core";
import { expect, test } from "vitest";
import { command, ended, startCommand } from "./support/command.ts";
import { contentsOf, diskStore, entryKeys, onDisk, statusOf, store, temporaryFolder } from "./support/stores.ts";

const many = (count: number) => Array.from({ length: count }, (_, index) => ({ question: `question ${index}` }));

test("what is exported is imported exactly", async () => {
  const [one, other] = [diskStore(), diskStore()];
  const tagged = { question: "q", scope: "東京", tags: ["a tag"] };
  const before = await onDisk(one.directory, async (backend) => {
    await store(backend, [tagged, ...many(20), { question: "hour", ttl: "1h" }], { storeCalls: true });
    await store(encrypted(backend, { keys: { a: new Uint8Array(32) }, current: "a" }), many(2), {
      namespace: "secret",
    });
    return contentsOf(backend);
  });
  const exported = await command(["export", one.url]);
  expect(exported).toMatchObject({ code: 0, errors: expect.stringContaining("24 entries exported") });
  const lines = exported.output.trim().split("\n");
  expect(lines).toHaveLength(before.size);
  const line = lines.map((text) => JSON.parse(text) as { tags?: unknown }).find(({ tags }) => tags !== undefined);
  expect(line).toMatchObject({
    namespace: "support",
    scope: "東京",
    operation: "chat",
    content: "json",
    tags: ["a tag"],
  });

  const imported = await command(["import", other.url, "--json"], { input: exported.output });
  expect(JSON.parse(imported.output)).toMatchObject({ imported: 24, records: 2, failed: 0 });
  expect(await onDisk(other.directory, contentsOf)).toEqual(before);
  expect(await onDisk(other.directory, (backend) => statusOf(backend, tagged))).toEqual({ text: "an answer to q" });

  const file = join(temporaryFolder(), "answers.jsonl");
  writeFileSync(file, exported.output);
  const again = await command(["import", other.url, file]);
  expect(again.output).toContain(`${before.size} were there already`);
});

test("large answers wait for whoever reads them, and arrive whole", async () => {
  const [one, other] = [diskStore(), diskStore()];
  const large = many(200).map(({ question }) => ({ question, answer: question.repeat(20_000) }));
  await onDisk(one.directory, (backend) => store(backend, large));
  const exported = await command(["export", one.url]);
  expect(exported.errors).toMatch(/^200 entries exported \(\d+ MB\)\n$/);
  const imported = await command(["import", other.url], { input: exported.output });
  expect(imported).toMatchObject({ code: 0, errors: "" });
  expect(await onDisk(other.directory, contentsOf)).toEqual(await onDisk(one.directory, contentsOf));
});

test("a file of recordings takes what a folder holds, and gives it back", async () => {
  const [one, other] = [diskStore(), diskStore()];
  const before = await onDisk(one.directory, async (backend) => {
    await store(backend, [...many(5), { question: "tagged", tags: ["t"] }], { storeCalls: true });
    return contentsOf(backend);
  });
  const file = `jsonl:${join(temporaryFolder(), "recordings.jsonl")}`;
  expect((await command(["copy", one.url, file])).output).toContain("6 entries copied");
  expect((await command(["verify", file])).output).toBe("6 sound entries\n");
  await command(["copy", file, other.url]);
  expect(await onDisk(other.directory, contentsOf)).toEqual(before);
});

test("a line that is none is named by its number and not quoted, and the others are imported", async () => {
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, many(2)));
  const { output } = await command(["export", url]);
  const [first = "", second = ""] = output.split("\n");
  const { key, value } = JSON.parse(first) as { key: string; value: string };
  const input = [
    first,
    "{ a secret",
    "",
    JSON.stringify({ key: "../../etc/passwd", value }),
    JSON.stringify({ key, value: "no base64!" }),
    JSON.stringify({ key: key.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")), value }),
    JSON.stringify({ key, value: Buffer.from("nothing").toString("base64") }),
    second,
  ].join("\n");
  const target = diskStore();
  const imported = await command(["import", target.url], { input });
  expect(imported.code).toBe(1);
  expect(imported.output).toContain("2 entries imported");
  const failures = imported.errors.trim().split("\n").toSorted();
  expect(failures).toEqual([
    expect.stringMatching(/^failed: line 2: it is no JSON object$/),
    expect.stringMatching(/^failed: line 4: its key is none of llmcache's$/),
    expect.stringMatching(/^failed: line 5: its value is no base64$/),
    expect.stringMatching(/^failed: support.*: it is damaged: the entry belongs to another key$/),
    expect.stringMatching(/^failed: support.*: it is foreign: the bytes are no entry$/),
  ]);
  expect(await onDisk(target.directory, entryKeys)).toHaveLength(2);
});

test("a file that is not there is an error", async () => {
  const { code, errors } = await command(["import", "memory:", "/nowhere/at/all.jsonl"]);
  expect(code).toBe(1);
  expect(errors).toContain("ENOENT");
});

test("a reader that has seen enough ends the export quietly, and not as if it were whole", async () => {
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) =>
    store(
      backend,
      Array.from({ length: 500 }, (_, index) => ({ question: `${index}`, answer: "x".repeat(10_000) })),
    ),
  );
  const child = startCommand(["export", url]);
  child.stdin?.end();
  const { stdout } = child;
  if (stdout === null) throw new Error("it has no output");
  const closed = ended(Object.assign(child, { stdout: null }) as never);
  await once(stdout, "data");
  stdout.destroy();
  const { code, errors } = await closed;
  expect([code, errors]).toEqual([141, ""]);
});
