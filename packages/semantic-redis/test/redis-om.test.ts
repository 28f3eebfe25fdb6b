import { Cache } from "@llmcache/core";
import { entrySchema } from "@llmcache/semantic-redis/redis-om";
import { serverOrSkip, startRedis } from "@llmcache/test-servers";
import { createClient } from "redis";
import { EntityId, EntityKeyName, Repository } from "redis-om";
import { expect, onTestFinished, test, type TestContext } from "vitest";
import { connect } from "./support/connect.ts";

const scope = "a".repeat(64);
const vector = Float32Array.of(1, 0, 0, 0);

/** A backend with two answers of a cache and one that is found by meaning, and a repository over them. */
async function open(context: TestContext) {
  const { url } = await serverOrSkip(context, () => startRedis({ search: true, own: true }));
  const names = { embedder: crypto.randomUUID(), dimensions: 4 };
  const backend = await connect({ url, ...names });
  const cache = new Cache({ backend, keepOpen: true, namespace: "support", storeCalls: true, ttl: "1h" });
  const ask = async (model: string, tags: string[]) => {
    const { key = "" } = await cache.run({ operation: "chat", params: { model } }, () => `an answer of ${model}`, {
      tags,
    });
    return key;
  };
  const keys = [await ask("gpt-5", ["billing", "eu"]), await ask("claude", ["billing"])] as const;
  await cache.flush();
  await backend.put("support/found", Uint8Array.of(1), { embedding: { scope, vector } });
  const client = createClient({ url });
  await client.connect();
  onTestFinished(() => client.disconnect());
  return { backend, cache, client, keys, repository: new Repository(entrySchema(names), client) };
}

test("a Repository of redis-om fetches entries by their keys", async (context) => {
  const { repository, keys, backend } = await open(context);
  const entry = await repository.fetch(keys[0]);
  expect(entry).toMatchObject({ model: "gpt-5", tags: ["billing", "eu"] });
  expect(entry[EntityKeyName]).toBe(`${backend.space}:${keys[0]}`);
  expect(Date.now() - (entry.created ?? 0)).toBeLessThan(60_000);
  expect(entry.exp).toBeGreaterThan(Date.now());
  expect(await repository.fetch("support/found")).toMatchObject({ scope, exp: 8.64e15 });
});

test("it finds them by model, tag and age, on RediSearch 2", { timeout: 30_000 }, async (context) => {
  const { repository, keys } = await open(context);
  await repository.createIndex();
  const idsOf = (entries: readonly { [EntityId]?: string }[]) =>
    entries.map((entry) => `${entry[EntityId]}`).toSorted((left, right) => left.localeCompare(right));
  await expect
    .poll(async () => idsOf(await repository.search().where("model").equals("claude").returnAll()), { timeout: 20_000 })
    .toEqual([keys[1]]);
  expect(idsOf(await repository.search().where("tags").contains("billing").returnAll())).toEqual(
    [...keys].toSorted((left, right) => left.localeCompare(right)),
  );
  expect(
    idsOf(
      await repository
        .search()
        .where("created")
        .gte(Date.now() - 60_000)
        .returnAll(),
    ),
  ).toEqual([...keys].toSorted((left, right) => left.localeCompare(right)));
  expect(
    await repository
      .search()
      .where("created")
      .lt(Date.now() - 60_000)
      .returnCount(),
  ).toBe(0);
  await repository.dropIndex();
});

test(
  "it expires and removes them: they are then found neither by key nor by meaning",
  { timeout: 30_000 },
  async (context) => {
    const { repository, backend, cache, keys } = await open(context);
    await repository.expire("support/found", 1);
    await repository.remove(keys[1]);
    expect(await backend.get(keys[1])).toBeUndefined();
    await expect.poll(() => backend.get("support/found"), { timeout: 20_000 }).toBeUndefined();
    expect(await backend.nearest(scope, vector, { limit: 1 })).toEqual([]);
    expect((await cache.run({ operation: "chat", params: { model: "gpt-5" } }, () => "another")).status).toBe("hit");
  },
);
