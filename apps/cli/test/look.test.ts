import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { command } from "./support/command.ts";
import { diskStore, entryKeys, onDisk, store, temporaryFolder } from "./support/stores.ts";
import { compressed, encrypted } from "@llmcache/core";

const scope = "Mandant 東京 é";

async function filled() {
  const { directory, url } = diskStore();
  await onDisk(directory, async (backend) => {
    await store(
      backend,
      [
        { question: "one", scope, tags: ["prices"] },
        { question: "two", ttl: "1h" },
      ],
      {
        storeCalls: true,
      },
    );
    await store(compressed(backend), [{ question: "three", answer: "x".repeat(9000) }], { namespace: "zip" });
    const keys = { a: new Uint8Array(32) };
    await store(encrypted(backend, { keys, current: "a" }), [{ question: "four" }], { namespace: "secret" });
  });
  return { directory, url };
}

test("stats counts by namespace, scope, operation, content, age and size", async () => {
  const { url } = await filled();
  const { code, output } = await command(["stats", url]);
  expect(code).toBe(0);
  expect(output).toContain("4 entries");
  expect(output).toContain("4 fresh, 0 stale, 0 expired");
  expect(output).toContain("beside them 2 tag records");
  expect(output).toMatch(/^support +2 .*█/m);
  expect(output).toContain(scope);
  expect(output).toMatch(/^encrypted +1 /m);
  expect(output).not.toContain("\u001b");

  const { output: json } = await command(["stats", url, "--json", "--namespace", "support", "--scope", scope]);
  expect(JSON.parse(json)).toMatchObject({
    entries: 1,
    fresh: 1,
    records: { tag: 1 },
    by: { scope: [{ name: scope, entries: 1 }], operation: [{ name: "chat" }], content: [{ name: "json" }] },
  });
});

test("stats of an empty store is no error", async () => {
  const { code, output } = await command(["stats", "memory:"]);
  expect([code, output]).toEqual([0, "memory:: 0 entries, 0 B\n0 fresh, 0 stale, 0 expired\n"]);
});

test("get lists what was picked, and shows neither question nor answer", async () => {
  const { url } = await filled();
  const { code, output } = await command(["get", url, "--namespace", "support"]);
  expect(code).toBe(0);
  expect(output.trim().split("\n")).toHaveLength(3);
  expect(output).toMatch(/^fresh +\d+ s +\d+ B +json +chat +support\//m);
  const { output: tagged } = await command(["get", url, "--tag", "prices", "--json"]);
  expect(JSON.parse(tagged)).toMatchObject({ scope, state: "fresh", tags: [{ tag: "prices", current: true }] });
  expect(output + tagged).not.toMatch(/an answer|"one"/);
});

test("get shows an entry by key or digest, with answer and call where asked", async () => {
  const { directory, url } = await filled();
  const [key = ""] = (await onDisk(directory, entryKeys)).filter((one) => one.startsWith("support/-unscoped"));
  const plain = await command(["get", url, "--key", key]);
  expect(plain.code).toBe(0);
  expect(plain.output).toMatch(/^fresh +until .*\(in \d+ min\)$/m);
  expect(plain.output).not.toContain("answer");
  const digest = key.slice(-64);
  const full = await command(["get", url, "--key", digest, "--show-answer", "--show-call", "--json"]);
  expect(JSON.parse(full.output)).toMatchObject({
    key,
    answer: { text: "an answer to two" },
    call: { operation: "chat", params: { prompt: "two" } },
  });
  const zipped = await command(["get", url, "--namespace", "zip", "--show-answer"]);
  expect(zipped.output).toContain("x".repeat(9000));
  const sealed = await command(["get", url, "--namespace", "secret", "--show-answer", "--json"]);
  expect(JSON.parse(sealed.output)).toMatchObject({ codec: "encrypted", state: "fresh" });
  expect(sealed.output).not.toContain('"answer"');
});

test("get says that a tag was invalidated, and ends with 1 where there is nothing", async () => {
  const { directory, url } = await filled();
  await onDisk(directory, async (backend) => {
    for await (const key of backend.list?.("") ?? []) if (key.includes("/_tag/")) await backend.delete(key);
  });
  const { output } = await command(["get", url, "--tag", "prices", "--json"]);
  expect(JSON.parse(output)).toMatchObject({ state: "invalidated", tags: [{ tag: "prices", current: false }] });
  const none = await command(["get", url, "--key", "0".repeat(64)]);
  expect(none).toMatchObject({ code: 1, output: "", errors: "there is no such entry\n" });
});

test("what a terminal would obey is spelled out", async () => {
  const { directory, url } = diskStore();
  const evil = "\u001b]0;title\u0007\u009b2J\u202e";
  await onDisk(directory, (backend) => store(backend, [{ question: "q", scope: evil, answer: evil }]));
  for (const words of [
    ["stats", url],
    ["get", url, "--show-answer"],
    ["get", url, "--show-answer", "--json"],
  ]) {
    const { output } = await command(words);
    expect(output).toContain("title");
    // oxlint-disable-next-line no-control-regex
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

test("explain names what tells two calls apart, and their values only where asked", async () => {
  const folder = temporaryFolder();
  const body = { model: "gpt-5", temperature: 0, messages: [{ role: "user", content: "What is a secret?" }] };
  const write = (name: string, value: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
    return path;
  };
  const one = write("a.json", body);
  const other = write("b.json", { ...body, temperature: 1, stream: true, messages: [{ role: "user", content: "Or" }] });
  const told = await command(["explain", one, other, "--operation", "chat"]);
  expect(told.code).toBe(1);
  expect(told.output).toContain("params.temperature\n- a number\n+ a number\n");
  expect(told.output).toContain("params.messages[0].content\n- a text of 17 characters\n+ a text of 2 characters");
  expect(told.output).not.toContain("secret");
  const shown = await command(["explain", one, other, "--operation", "chat", "--show-values", "--json"]);
  const { differences } = JSON.parse(shown.output) as { differences: unknown[] };
  expect(differences).toContainEqual({ path: "params.temperature", left: 0, right: 1 });

  const call = write("c.json", { operation: "chat", params: { ...body, stream: true } });
  const same = await command(["explain", call, write("d.json", { operation: "chat", params: body }), "--scope", "é"]);
  expect(same).toMatchObject({ code: 0, output: expect.stringMatching(/^the same key: default\/--c3-a9\//) });

  expect(await command(["explain", one, other])).toMatchObject({
    code: 2,
    errors: expect.stringContaining("--operation"),
  });
  const broken = await command(["explain", one, write("e.json", "{ secret"), "--operation", "chat"]);
  expect(broken).toMatchObject({ code: 2, errors: expect.stringContaining("e.json is no JSON") });
  expect(broken.errors).not.toContain("secret");
  expect((await command(["explain", one, join(folder, "missing.json")])).code).toBe(2);
});
