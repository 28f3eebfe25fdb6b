import { expect, test } from "vitest";
import { type Backend, Cache, type CacheEvent, encrypted, LlmCacheError, memory, tiered } from "../src/index.ts";
import { lyingBackend } from "./support/lying-backend.ts";
import { chat, ManualModel, settle } from "./support/model.ts";

async function deleteTags(backend: Backend): Promise<void> {
  for await (const key of backend.list?.("") ?? []) if (key.includes("/_tag/")) await backend.delete(key);
}

test("invalidating a tag makes a miss of every entry that has it, and of no other", async () => {
  const cache = new Cache({ backend: memory() });
  for (const [content, tags] of [
    ["a", ["x"]],
    ["b", ["x", "y"]],
    ["c", ["y"]],
    ["d", undefined],
  ] as const) {
    await cache.put(chat(content), content, { tags });
  }
  await cache.invalidate(["x"]);
  const found = await Promise.all(["a", "b", "c", "d"].map(async (content) => (await cache.get(chat(content)))?.value));
  expect(found).toEqual([undefined, undefined, "c", "d"]);
});

test("a caller who names the tags gets the same as one who does not", async () => {
  const cache = new Cache({ backend: memory() });
  await cache.put(chat("hi"), "old", { tags: ["x"] });
  expect((await cache.get(chat("hi"), { tags: ["x"] }))?.value).toBe("old");
  expect((await cache.get(chat("hi"), { tags: ["other"] }))?.value).toBe("old");
  await cache.invalidate(["x"]);
  expect(await cache.get(chat("hi"), { tags: ["x"] })).toBeUndefined();
  expect(await cache.get(chat("hi"), { tags: ["other"] })).toBeUndefined();
});

test("an invalidation by another process wins against a flight that began before it", async () => {
  const backend = memory();
  const [ours, theirs] = [new Cache({ backend }), new Cache({ backend })];
  const model = new ManualModel();
  const run = ours.run(chat("hi"), model.factory, { tags: ["x"] });
  await model.called();
  await theirs.invalidate(["x"]);
  model.calls[0]?.resolve("before");
  await run;
  await ours.flush();
  expect(await ours.get(chat("hi"))).toBeUndefined();
});

test("a lost tag generation never revives an invalidated answer", async () => {
  const backend = memory();
  const cache = new Cache({ backend });
  await cache.put(chat("hi"), "old", { tags: ["x"] });
  await cache.invalidate(["x"]);
  await deleteTags(backend);
  expect(await cache.get(chat("hi"))).toBeUndefined();
  await cache.put(chat("other"), "new", { tags: ["x"] });
  expect(await cache.get(chat("hi")), "nor does the generation that takes its place").toBeUndefined();
});

test("a tag generation that was evicted turns its entries into misses, which are then stored again", async () => {
  const backend = memory();
  const cache = new Cache({ backend });
  await cache.put(chat("hi"), "old", { tags: ["x"] });
  await deleteTags(backend);
  expect((await cache.run(chat("hi"), () => "new", { tags: ["x"] })).value).toBe("new");
  await cache.flush();
  expect((await cache.get(chat("hi")))?.value).toBe("new");
});

test("what cannot be validated is a miss, and what cannot remember its generation is not stored", async () => {
  let failing = false;
  const backend = lyingBackend((honest) => ({
    get: async (key, options) => {
      if (failing && key.includes("/_tag/")) throw new Error("down");
      return honest.get(key, options);
    },
  }));
  const cache = new Cache({ backend });
  await cache.put(chat("hi"), "old", { tags: ["x"] });
  failing = true;
  expect((await cache.run(chat("hi"), () => "new", { tags: ["x"] })).value).toBe("new");
  await cache.flush();
  failing = false;
  expect((await cache.get(chat("hi")))?.value).toBe("old");
});

test("a tenant invalidates what is its own; the owner of the namespace everything", async () => {
  const cache = new Cache({ backend: memory() });
  const views = [cache, cache.scoped("one"), cache.scoped("two")];
  const fill = () => Promise.all(views.map((view) => view.put(chat("hi"), "answer", { tags: ["x"] })));
  const held = () => Promise.all(views.map(async (view) => (await view.get(chat("hi"))) !== undefined));
  await fill();
  await views[1]?.invalidate(["x"]);
  expect(await held()).toEqual([true, false, true]);
  await fill();
  await cache.invalidate(["x"]);
  expect(await held()).toEqual([false, false, false]);
  await fill();
  await cache.invalidate(["x"], { scope: "two" });
  expect(await held()).toEqual([true, true, false]);
  await new Cache({ backend: memory() }).invalidate(["x"], { namespace: "another" });
});

test("generations are in the last tier only, so that an invalidation elsewhere is seen at once", async () => {
  const shared = memory({ name: "shared" });
  const locals = [memory({ name: "local" }), memory({ name: "local" })] as const;
  const [ours, theirs] = locals.map((local) => new Cache({ backend: tiered([local, shared]) })) as [Cache, Cache];
  await ours.put(chat("hi"), "old", { tags: ["x"] });
  expect(await theirs.get(chat("hi"))).toMatchObject({ value: "old", source: "shared" });
  await settle();
  expect(await theirs.get(chat("hi"))).toMatchObject({ value: "old", source: "local" });
  await ours.invalidate(["x"]);
  expect(await theirs.get(chat("hi")), "although its own memory still holds the entry").toBeUndefined();
  for (const local of locals) for await (const key of local.list("")) expect(key).not.toContain("/_");
});

test("an untagged entry costs one read, a tagged one that is named one batch, another a second", async () => {
  const reads: number[] = [];
  const honest = memory();
  const backend: Backend = {
    name: "counting",
    get: (key) => (reads.push(1), honest.get(key)),
    getMany: (keys) => (reads.push(keys.length), Promise.all(keys.map((key) => honest.get(key)))),
    put: honest.put,
    delete: honest.delete,
    swap: honest.swap,
  };
  const cache = new Cache({ backend });
  await cache.put(chat("plain"), "answer");
  await cache.put(chat("tagged"), "answer", { tags: ["x"] });
  const readsOf = async (work: () => Promise<unknown>) => {
    reads.length = 0;
    await work();
    return [...reads];
  };
  expect(await readsOf(() => cache.get(chat("plain")))).toEqual([1]);
  expect(await readsOf(() => cache.get(chat("tagged"), { tags: ["x"] }))).toEqual([2]);
  expect(await readsOf(() => cache.get(chat("tagged")))).toEqual([1, 1]);
});

test("a store that loses a part of every generation makes no two of them equal", async () => {
  const backend = lyingBackend((honest) => ({
    get: async (key, options) => {
      const found = await honest.get(key, options);
      return key.includes("/_tag/") ? found?.slice(0, 0) : found;
    },
  }));
  const cache = new Cache({ backend });
  await cache.put(chat("hi"), "old", { tags: ["x"] });
  await cache.invalidate(["x"]);
  expect(await cache.get(chat("hi"))).toBeUndefined();
});

test("a write that the store's client sends again brings no invalidated answer back", async () => {
  const backend = memory();
  const again: (() => Promise<unknown>)[] = [];
  const repeating: Backend = {
    ...backend,
    name: "repeating",
    put: (...write) => (again.push(() => backend.put(...write)), backend.put(...write)),
    swap: (...write) => (again.push(() => backend.swap(...write)), backend.swap(...write)),
  };
  const [ours, theirs] = [new Cache({ backend: repeating }), new Cache({ backend })];
  await ours.invalidate(["x"]);
  const repeated = again.splice(0);
  await ours.put(chat("hi"), "old", { tags: ["x"] });
  expect((await theirs.get(chat("hi")))?.value).toBe("old");
  await theirs.invalidate(["x"]);
  for (const write of repeated) await write();
  expect(await theirs.get(chat("hi"))).toBeUndefined();
  expect(await ours.get(chat("hi"))).toBeUndefined();
});

test("processes that invalidate a tag at once all succeed, and a store that cannot swap after all is written to", async () => {
  const backend = memory();
  await Promise.all(Array.from({ length: 8 }, () => new Cache({ backend, keepOpen: true }).invalidate(["x"])));
  const refusing: Backend = {
    ...memory(),
    name: "refusing",
    swap: async () => Promise.reject(new LlmCacheError("UNSUPPORTED", "ignores conditions")),
  };
  const cache = new Cache({ backend: refusing });
  await cache.invalidate(["x"]);
  await cache.invalidate(["x"]);
});

const secrets = { a: new Uint8Array(32).fill(1), b: new Uint8Array(32).fill(2) };

test.each([
  ["encryption was switched on", (store: Backend) => store],
  [
    "the key that they were encrypted with is gone",
    (store: Backend) => encrypted(store, { keys: secrets, current: "a" }),
  ],
])("tags work on where %s", async (_, before) => {
  for (const around of [(store: Backend) => store, (store: Backend) => tiered([memory(), store])]) {
    const store = memory();
    const former = new Cache({ backend: before(store), keepOpen: true });
    await former.put(chat("hi"), "old", { tags: ["x"] });
    const errors: unknown[] = [];
    const onEvent = (event: CacheEvent) => void (event.type === "error" && errors.push(event.error));
    const backend = around(encrypted(store, { keys: { b: secrets.b }, current: "b" }));
    const cache = new Cache({ backend, onEvent });
    await cache.put(chat("new"), "new", { tags: ["x"] });
    expect((await cache.get(chat("new")))?.value).toBe("new");
    expect(errors).toContainEqual(
      expect.objectContaining({ code: expect.stringMatching(/^(CORRUPT|UNREADABLE)_ENTRY$/) }),
    );
    await cache.invalidate(["x"]);
    expect(await cache.get(chat("new"))).toBeUndefined();
    expect(await cache.get(chat("hi"))).toBeUndefined();
  }
});

test("a tag whose generation cannot be read is invalidated all the same", async () => {
  const store = memory();
  const former = new Cache({ backend: store, keepOpen: true });
  await former.put(chat("hi"), "old", { tags: ["x"] });
  await new Cache({ backend: encrypted(store, { keys: secrets, current: "a" }), keepOpen: true }).invalidate(["x"]);
  expect(await former.get(chat("hi"))).toBeUndefined();
});
