import { Cache, encrypted } from "@llmcache/core";
import { expect, test } from "vitest";
import { command, ended, startOnTerminal } from "./support/command.ts";
import { contentsOf, diskStore, entryKeys, onDisk, statusOf, store } from "./support/stores.ts";

const scoped = [
  { question: "a1", scope: "a", tags: ["t"] },
  { question: "a2", scope: "a" },
  { question: "b1", scope: "b", tags: ["t"] },
  { question: "none" },
];

async function filled() {
  const { directory, url } = diskStore();
  await onDisk(directory, async (backend) => {
    await store(backend, scoped);
    await store(backend, [{ question: "other" }], { namespace: "supporting" });
  });
  return { directory, url, keys: () => onDisk(directory, entryKeys) };
}

test("delete removes by key, with what lies beside the entry", async () => {
  const { directory, url, keys } = await filled();
  const [key = "", ...others] = await keys();
  await onDisk(directory, async (backend) => {
    for (const record of ["_lease", "_semantic"])
      await backend.put(key.replace(/[^/]*$/, `${record}/$&`), Buffer.from("{}"));
  });
  const dry = await command(["delete", url, "--key", key, "--dry-run"]);
  expect(dry).toMatchObject({ code: 0, output: `${key}\n1 entry would be deleted\n` });
  expect(await keys()).toHaveLength(5);
  expect(await command(["delete", url, "--key", key])).toMatchObject({ code: 0, output: "1 entry deleted\n" });
  expect(await keys()).toEqual(others);
  const left = [...(await onDisk(directory, contentsOf)).keys()];
  expect(left.filter((one) => one.includes("_lease") || one.includes("_semantic"))).toEqual([]);
  expect((await command(["delete", url, "--key", key])).code).toBe(1);
});

test("delete by tag makes a miss of every entry under it, also of one that cannot be read here", async () => {
  const { directory, url, keys } = await filled();
  const options = { keys: { a: new Uint8Array(32) }, current: "a" };
  const sealed = { question: "sealed", tags: ["t"] };
  await onDisk(directory, (backend) => store(encrypted(backend, options), [sealed], { namespace: "secret" }));
  const deleted = await command(["delete", url, "--tag", "t", "--json"]);
  expect(JSON.parse(deleted.output)).toMatchObject({ entries: 2, tags: 4, dryRun: false });
  expect(await keys()).toHaveLength(4);
  await onDisk(directory, async (backend) => {
    expect(await statusOf(encrypted(backend, options), sealed, { namespace: "secret" })).toBe("miss");
    expect(await statusOf(backend, { question: "a2", scope: "a" })).toEqual({ text: "an answer to a2" });
  });
});

test("delete by tag in one scope leaves the tag in the others", async () => {
  const { directory, url } = await filled();
  await command(["delete", url, "--tag", "t", "--namespace", "support", "--scope", "a"]);
  await onDisk(directory, async (backend) => {
    expect(await statusOf(backend, { question: "a1", scope: "a", tags: ["t"] })).toBe("miss");
    expect(await statusOf(backend, { question: "b1", scope: "b", tags: ["t"] })).toEqual({ text: "an answer to b1" });
  });
});

test("delete removes what has expired, and refuses to be told nothing", async () => {
  const { directory, url, keys } = await filled();
  const hourAgo = Date.now() - 3_600_000;
  await onDisk(directory, async (backend) => {
    const timeless = {
      name: backend.name,
      get: backend.get.bind(backend),
      delete: backend.delete.bind(backend),
      put: (key: string, value: Uint8Array) => backend.put(key, value),
    };
    await store(timeless, [{ question: "old", ttl: "1s" }], { clock: () => hourAgo });
  });
  expect(await keys()).toHaveLength(6);
  expect((await command(["delete", url, "--expired"])).output).toBe("1 entry deleted\n");
  expect(await keys()).toHaveLength(5);
  const nothing = await command(["delete", url, "--namespace", "support"]);
  expect(nothing).toMatchObject({ code: 2, errors: expect.stringContaining("give --key, --tag or --expired") });
});

test("clear wants --yes where there is no terminal, and touches what was named only", async () => {
  const { directory, url, keys } = await filled();
  const refused = await command(["clear", url, "--namespace", "support"]);
  expect(refused).toMatchObject({ code: 2, errors: expect.stringContaining("--yes") });
  const dry = await command(["clear", url, "--namespace", "support", "--scope", "a", "--dry-run"]);
  expect(dry.output).toBe(`2 entries and 1 record would be deleted: scope a of namespace support in ${url}\n`);
  expect(await keys()).toHaveLength(5);
  await command(["clear", url, "--namespace", "support", "--scope", "a", "--yes"]);
  expect(await keys()).toHaveLength(3);
  await command(["clear", url, "--namespace", "support", "--yes"]);
  expect(await keys()).toEqual([expect.stringMatching(/^supporting\//)]);
  await onDisk(directory, (backend) => backend.put("somebody/else", Buffer.from("kept")));
  const all = await command(["clear", url, "--yes", "--json"]);
  expect(JSON.parse(all.output)).toEqual({ entries: 1, records: 0, dryRun: false });
  expect([...(await onDisk(directory, contentsOf)).keys()]).toEqual(["somebody/else"]);
});

test("clear asks on a terminal, and takes nothing but yes", async (context) => {
  const { url, keys } = await filled();
  for (const [answer, code, left] of [
    ["no", 1, 5],
    ["yes", 0, 1],
  ] as const) {
    const child = startOnTerminal(["clear", url, "--namespace", "support"]);
    if (child === undefined) return context.skip("needs script, for a terminal");
    const end = ended(child);
    child.stdout?.on("data", (text: Buffer) => {
      if (text.includes("Type yes")) child.stdin?.write(`${answer}\r`);
    });
    const { code: found, output } = await end;
    expect([found, output]).toEqual([
      code,
      expect.stringContaining("Delete 4 entries and 3 records: namespace support"),
    ]);
    expect(await keys()).toHaveLength(left);
  }
});

test("an entry that was deleted here is a miss for whoever shares the store", async () => {
  const { directory, url } = await filled();
  await onDisk(directory, async (backend) => {
    await using cache = new Cache({ backend, namespace: "support", keepOpen: true });
    await command(["clear", url, "--yes"]);
    const call = { operation: "chat", params: { model: "m", prompt: "none" } };
    expect((await cache.run(call, () => "anew")).status).toBe("miss");
  });
});
