import { type Backend, Cache, compressed, encrypted } from "@llmcache/core";
import { connectRedis } from "@llmcache/redis";
import { serverOrSkip, sharedServer, startRedis, startTimeout } from "@llmcache/test-servers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command, ended, startCommand, startOnTerminal } from "./support/command.ts";
import { contentsOf, diskStore, entryKeys, onDisk, statusOf, store } from "./support/stores.ts";

const redis = sharedServer(() => startRedis());
beforeAll(redis.start, startTimeout);
afterAll(redis.stop);

let prefixes = 0;

/** A part of the shared Redis that is this test's, by its URL and as a backend. */
async function redisPart(context: { skip(reason?: string): unknown }) {
  const { url } = redis.orSkip(context);
  const prefix = `cli-${process.pid}-${prefixes++}:`;
  return { url: `${url}?prefix=${prefix}`, connect: () => connectRedis({ url, prefix }) };
}

const many = (count: number) => Array.from({ length: count }, (_, index) => ({ question: `question ${index}` }));

test("entries arrive byte for byte, with their tags, compressed and encrypted ones too", async (context) => {
  const { directory, url } = diskStore();
  const target = await redisPart(context);
  const options = { keys: { a: new Uint8Array(32) }, current: "a" };
  const tagged = { question: "tagged", scope: "東京", tags: ["a tag"] };
  const before = await onDisk(directory, async (backend) => {
    await store(backend, [tagged, { question: "plain", ttl: "1h" }]);
    await store(compressed(backend), [{ question: "long", answer: "x".repeat(9000) }], { namespace: "zip" });
    await store(encrypted(backend, options), [{ ...tagged, question: "sealed" }], { namespace: "secret" });
    return contentsOf(backend);
  });
  const copied = await command(["copy", url, target.url]);
  expect(copied).toMatchObject({ code: 0, output: expect.stringMatching(/^4 entries copied \(.*\), and 4 records/) });
  await using backend = await target.connect();
  expect(await contentsOf(backend)).toEqual(before);
  expect(await statusOf(backend, tagged)).toEqual({ text: "an answer to tagged" });
  const sealed = { ...tagged, question: "sealed" };
  expect(await statusOf(encrypted(backend, options), sealed, { namespace: "secret" })).toEqual({
    text: "an answer to sealed",
  });

  const again = await command(["copy", url, target.url, "--json"]);
  expect(JSON.parse(again.output)).toMatchObject({ copied: 0, records: 0, equal: 8, failed: 0 });
});

test("expiry goes along, and what has expired stays behind", async (context) => {
  const { directory, url } = diskStore();
  const target = await redisPart(context);
  await onDisk(directory, (backend) => store(backend, [{ question: "short", ttl: "40s" }, { question: "for ever" }]));
  const hourAgo = Date.now() - 3_600_000;
  // A store on which nothing expires by itself.
  await onDisk(directory, (backend) => {
    const { put } = backend;
    const timeless = {
      ...withMethods(backend),
      put: (key: string, value: Uint8Array) => put.call(backend, key, value),
    };
    return store(timeless, [{ question: "old", ttl: "1s" }], { clock: () => hourAgo });
  });
  const copied = await command(["copy", url, target.url, "--json"]);
  expect(JSON.parse(copied.output)).toMatchObject({ copied: 2, expired: 1 });
  await using backend = await target.connect();
  await backend.ping();
  const { client } = backend;
  const lives: number[] = [];
  for (const key of await client.keys(`${new URL(target.url).searchParams.get("prefix")}*`)) {
    lives.push(await client.pttl(key));
  }
  expect(lives.toSorted((one, other) => one - other)).toEqual([-1, expect.closeTo(40_000, -5)]);
});

/** The methods of a backend, to put another in the place of one. */
function withMethods(backend: Backend) {
  return {
    name: backend.name,
    get: backend.get.bind(backend),
    put: backend.put.bind(backend),
    delete: backend.delete.bind(backend),
  };
}

test("what is newer stays unless told, and what is older is replaced", async () => {
  const [one, other] = [diskStore(), diskStore()];
  const answer = (text: string, clock: number) => (backend: Backend) =>
    store(backend, [{ question: "q", answer: text }], { clock: () => clock });
  const now = Date.now();
  await onDisk(one.directory, answer("older", now - 1000));
  await onDisk(other.directory, answer("newer", now));
  const kept = await command(["copy", one.url, other.url, "--json"]);
  expect(JSON.parse(kept.output)).toMatchObject({ copied: 0, newer: 1 });
  expect(await onDisk(other.directory, (backend) => statusOf(backend, { question: "q" }))).toBe("newer");

  expect((await command(["copy", other.url, one.url])).code).toBe(0);
  expect(await onDisk(one.directory, (backend) => statusOf(backend, { question: "q" }))).toBe("newer");

  await onDisk(one.directory, answer("older", now - 2000));
  expect((await command(["copy", one.url, other.url, "--overwrite"])).code).toBe(0);
  expect(await onDisk(other.directory, (backend) => statusOf(backend, { question: "q" }))).toBe("older");
});

test("a generation never comes back: what was invalidated in the target stays invalid", async () => {
  const [one, other] = [diskStore(), diskStore()];
  const entry = { question: "q", tags: ["t"] };
  await onDisk(one.directory, (backend) => store(backend, [entry]));
  await command(["copy", one.url, other.url]);
  await onDisk(other.directory, async (backend) => {
    expect(await statusOf(backend, entry)).toEqual({ text: "an answer to q" });
    await using cache = new Cache({ backend, namespace: "support", keepOpen: true });
    await cache.invalidate(["t"]);
  });
  const again = await command(["copy", one.url, other.url]);
  expect(again.output).toContain("1 records of tags");
  expect(await onDisk(other.directory, (backend) => statusOf(backend, entry))).toBe("miss");
});

test("only what was picked is copied, with the generations that it needs; leases stay", async () => {
  const [one, other] = [diskStore(), diskStore()];
  const picked = { question: "mine", scope: "a", tags: ["t"] };
  await onDisk(one.directory, async (backend) => {
    await store(backend, [picked, { question: "theirs", scope: "b", tags: ["t"] }, { question: "nobody's" }]);
    const key = (await entryKeys(backend)).find((found) => found.startsWith("support/a/")) ?? "";
    await backend.put(key.replace(/[^/]*$/, "_lease/$&"), Buffer.from("{}"));
    await backend.put(key.replace(/[^/]*$/, "_semantic/$&"), Buffer.from("a record"));
  });
  const copied = await command(["copy", one.url, other.url, "--namespace", "support", "--scope", "a", "--json"]);
  expect(JSON.parse(copied.output)).toMatchObject({ copied: 1, records: 3 });
  await onDisk(other.directory, async (backend) => {
    const keys = [...(await contentsOf(backend)).keys()].map((key) => key.replace(/[0-9a-f]{64}/, "…"));
    expect(keys.toSorted()).toEqual([
      "support/-unscoped/_tag/t",
      "support/a/_semantic/…",
      "support/a/_tag/t",
      "support/a/…",
    ]);
    expect(await statusOf(backend, picked)).toEqual({ text: "an answer to mine" });
  });
  const byKey = diskStore();
  const [key = ""] = await onDisk(other.directory, entryKeys);
  await command(["copy", one.url, byKey.url, "--key", key]);
  expect(await onDisk(byKey.directory, (backend) => statusOf(backend, picked))).toEqual({ text: "an answer to mine" });
  const byTag = diskStore();
  await command(["copy", one.url, byTag.url, "--tag", "t"]);
  expect(await onDisk(byTag.directory, entryKeys)).toHaveLength(2);
});

test("what is damaged is named and not copied, and the rest is", async () => {
  const [one, other] = [diskStore(), diskStore()];
  const damaged = await onDisk(one.directory, async (backend) => {
    await store(backend, many(5));
    const [key = ""] = await entryKeys(backend);
    const bytes = (await backend.get(key)) ?? new Uint8Array();
    bytes.set([(bytes.at(-1) ?? 0) ^ 1], bytes.length - 1);
    await backend.put(key, bytes);
    return key;
  });
  const { code, output, errors } = await command(["copy", one.url, other.url]);
  expect(code).toBe(1);
  expect(output).toContain("4 entries copied");
  expect(errors).toBe(`failed: ${damaged}: it is damaged: the entry's checksum is wrong\n`);
});

test("a key that the target refuses is named, and the rest is copied", async () => {
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, [...many(3), { question: "big", answer: "x".repeat(200_000) }]));
  const small = diskStore();
  const { code, output, errors } = await command(["copy", url, `${small.url}?maxBytes=1000000`]);
  expect(code).toBe(1);
  expect(output).toContain("3 entries copied");
  expect(errors).toMatch(/failed: support\/.*takes values of up to 125000 bytes/);
});

test("10,000 entries with a bar on a terminal, then found equal", async (context) => {
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, many(10_000)));
  const target = await redisPart(context);
  const child = startOnTerminal(["copy", url, target.url]);
  if (child === undefined) return context.skip("needs script, for a terminal");
  const { code, output } = await ended(child);
  expect(code).toBe(0);
  expect(output).toMatch(/█+░* +\d+% +[\d,]+ of 10,000 entries seen, /);
  expect(output).toContain("10,000 entries copied");
  const again = await command(["copy", url, target.url]);
  expect(again).toMatchObject({ code: 0, errors: "", output: expect.stringContaining("10,000 were there already") });
});

test("Ctrl-C ends a copy in good order, and the next one goes on", async (context) => {
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, many(10_000)));
  const target = await redisPart(context);
  await using backend = await target.connect();
  const child = startCommand(["copy", url, target.url, "--json"]);
  const end = ended(child);
  while ((await entryKeys(backend)).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill("SIGINT");
  const { code, output, errors } = await end;
  expect([code, errors]).toEqual([130, ""]);
  const { copied } = JSON.parse(output) as { copied: number };
  expect(copied).toBeGreaterThan(0);
  expect(copied).toBeLessThan(10_000);
  const rest = await command(["copy", url, target.url, "--json"]);
  const summary = JSON.parse(rest.output) as { copied: number; equal: number };
  expect(summary.copied + summary.equal).toBe(10_000);
  expect(summary.equal).toBeGreaterThanOrEqual(copied);
  expect(await entryKeys(backend)).toHaveLength(10_000);
});

test("a target that goes away ends the copy with what was done", async (context) => {
  const { directory, url } = diskStore();
  await onDisk(directory, (backend) => store(backend, many(5000)));
  const server = await serverOrSkip(context, () => startRedis({ own: true }));
  const child = startCommand(["copy", url, server.url]);
  const end = ended(child);
  await using backend = await connectRedis({ url: server.url });
  while ((await entryKeys(backend)).length < 100) await new Promise((resolve) => setTimeout(resolve, 20));
  await server.kill();
  const { code, output, errors } = await end;
  expect(code).toBe(1);
  expect(output).toMatch(/^[\d,]+ entries copied/);
  expect(errors).toMatch(/llmcache: gave up after 200 failures in a row/);
});
