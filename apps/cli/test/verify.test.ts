import { type Backend, encrypted } from "@llmcache/core";
import { startRedis, sharedServer, startTimeout } from "@llmcache/test-servers";
import { connectRedis } from "@llmcache/redis";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command } from "./support/command.ts";
import { contentsOf, diskStore, entryKeys, onDisk, store } from "./support/stores.ts";

const redis = sharedServer(() => startRedis());
beforeAll(redis.start, startTimeout);
afterAll(redis.stop);

const many = (count: number) => Array.from({ length: count }, (_, index) => ({ question: `question ${index}` }));

/** Does something to the bytes under a key. */
async function change(backend: Backend, key: string, work: (bytes: Uint8Array) => Uint8Array | void) {
  const bytes = (await backend.get(key)) ?? new Uint8Array();
  await backend.put(key, work(bytes) ?? bytes);
}

/** Leaves sound entries and one of everything that is wrong. */
async function spoil(backend: Backend) {
  await store(backend, [...many(8), { question: "tagged", tags: ["t"] }]);
  await store(encrypted(backend, { keys: { a: new Uint8Array(32) }, current: "a" }), many(1), { namespace: "secret" });
  const [flipped = "", swapped = "", source = "", cut = "", newer = "", foreign = "", times = ""] = (
    await entryKeys(backend)
  ).filter((key) => key.startsWith("support/"));
  await change(backend, flipped, (bytes) => bytes.set([(bytes.at(-3) ?? 0) ^ 4], bytes.length - 3));
  const other = (await backend.get(source)) ?? new Uint8Array();
  await backend.put(swapped, other);
  await change(backend, cut, (bytes) => bytes.slice(0, 60));
  await change(backend, newer, (bytes) => void (bytes[7] = 200));
  await backend.put(foreign, Buffer.from("somebody's"));
  await backend.put("not-ours", Buffer.from("somebody's"));
  await change(backend, times, (bytes) => void bytes.fill(255, 8, 16));
  return { flipped, swapped, cut, newer, foreign, times };
}

test("verify names the damaged, the unreadable and the foreign, each with its reason", async () => {
  const { directory, url } = diskStore();
  const { flipped, swapped, cut, newer, foreign, times } = await onDisk(directory, spoil);
  const { code, output } = await command(["verify", url, "--json"]);
  expect(code).toBe(1);
  const { sound, findings } = JSON.parse(output) as { sound: number; findings: { key: string }[] };
  expect(sound).toBe(3);
  const sealed = (await onDisk(directory, entryKeys)).find((key) => key.startsWith("secret/"));
  const expected = [
    { state: "damaged", key: flipped, reason: "the entry's checksum is wrong" },
    { state: "damaged", key: swapped, reason: "the entry belongs to another key" },
    { state: "damaged", key: cut, reason: "the entry is truncated" },
    { state: "damaged", key: times, reason: "its times contradict each other" },
    { state: "unreadable", key: newer, reason: expect.stringContaining("version 200") },
    { state: "unreadable", key: sealed, reason: "it is encrypted" },
    { state: "foreign", key: foreign, reason: "the bytes are no entry" },
    { state: "foreign", key: "not-ours", reason: "the key is none of llmcache's" },
  ];
  expect(findings).toHaveLength(expected.length);
  expect(findings).toEqual(expect.arrayContaining(expected));

  const shown = await command(["verify", url, "--namespace", "support"]);
  expect(shown.output).toMatch(/^damaged +support\/.* +the entry's checksum is wrong$/m);
  expect(shown.output).toMatch(/^3 sound entries, (?=.*4 damaged)(?=.*1 unreadable)(?=.*1 foreign)/m);
});

test("verify --delete removes the damaged and nothing else, on Redis too", async (context) => {
  const { url } = redis.orSkip(context);
  const prefix = `verify-${process.pid}:`;
  await using backend = await connectRedis({ url, prefix });
  await spoil(backend);
  const before = await contentsOf(backend);
  const place = `${url}?prefix=${prefix}`;
  const dry = await command(["verify", place, "--delete", "--dry-run"]);
  expect(dry).toMatchObject({ code: 1, output: expect.stringContaining("4 entries would be removed") });
  expect(await contentsOf(backend)).toEqual(before);
  const removed = await command(["verify", place, "--delete"]);
  expect(removed).toMatchObject({ code: 1, output: expect.stringContaining("4 entries removed") });
  expect((await contentsOf(backend)).size).toBe(before.size - 4);
  const after = await command(["verify", place, "--json"]);
  expect((JSON.parse(after.output) as { findings: { state: string }[] }).findings.map(({ state }) => state)).toEqual(
    expect.not.arrayContaining(["damaged"]),
  );
});

test("what the disk itself has damaged is named too", async () => {
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, many(3)));
  const [file = ""] = readdirSync(directory).filter((name) => name.endsWith(".db"));
  const database = new DatabaseSync(join(directory, file));
  database.exec("UPDATE entries SET value = zeroblob(200) WHERE key = (SELECT min(key) FROM entries)");
  database.close();
  const { code, output } = await command(["verify", url]);
  expect(code).toBe(1);
  expect(output).toMatch(
    /^damaged +support\/.* +the store found it damaged, and has removed it\n2 sound entries, 1 damaged\n$/,
  );
});

test("core's own records are neither entries nor foreign", async () => {
  const { directory, url } = diskStore();
  await onDisk(directory, async (backend) => {
    await store(backend, [{ question: "q", tags: ["t"] }]);
    await backend.put("_ping/7", Buffer.from("left over"));
  });
  expect((await command(["verify", url])).output).toBe("1 sound entry\n");
  const { output } = await command(["stats", url, "--json"]);
  expect(JSON.parse(output)).toMatchObject({ entries: 1, unreadable: 0, records: { tag: 1, ping: 1 } });
});

test("a store of sound entries is fine, and so is one that is encrypted", async () => {
  const { directory, url } = diskStore();
  await onDisk(directory, async (backend) => {
    await store(backend, [
      { question: "json", answer: { a: 1, "\n": 2 } },
      { question: "bytes", answer: new Uint8Array([1, 2, 3]) },
      { question: "vector", answer: new Float32Array([1, 2]) },
    ]);
    await store(encrypted(backend, { keys: { a: new Uint8Array(32) }, current: "a" }), many(2), {
      namespace: "secret",
    });
  });
  const { code, output } = await command(["verify", url]);
  expect(code).toBe(0);
  expect(output).toContain("3 sound entries, 2 unreadable");
});
