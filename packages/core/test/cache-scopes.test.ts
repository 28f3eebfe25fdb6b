import fc from "fast-check";
import { expect, test } from "vitest";
import { Cache, memory, prefixed, tiered } from "../src/index.ts";
import { chat, ManualModel, settle } from "./support/model.ts";

test("no entry crosses a scope or a namespace, whatever they are called", async () => {
  const name = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom("", "a", "A", "a/b", "..", "-unscoped", "_tag", "\ud800", "\ud801"),
  );
  const place = fc.record({
    namespace: fc.option(name, { nil: undefined }),
    scope: fc.option(name, { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(place, place, async (left, right) => {
      const same = (left.namespace ?? "default") === (right.namespace ?? "default") && left.scope === right.scope;
      const cache = new Cache({ backend: memory() });
      await cache.run(chat("hi"), () => "left's", left);
      await cache.flush();
      expect((await cache.get(chat("hi"), right))?.value).toBe(same ? "left's" : undefined);
      expect((await cache.run(chat("hi"), () => "right's", right)).value).toBe(same ? "left's" : "right's");
    }),
  );
});

test("clearing `ten` leaves `tenant`, for namespaces and for scopes", async () => {
  const backend = memory();
  const cache = new Cache({ backend, namespace: "ten" });
  const places = [
    {},
    { scope: "ten" },
    { scope: "tenant" },
    { namespace: "tenant" },
    { namespace: "tenant", scope: "ten" },
  ];
  for (const place of places) await cache.put(chat("hi"), "answer", place);
  const held = async () => Promise.all(places.map(async (place) => (await cache.get(chat("hi"), place)) !== undefined));
  await cache.clear({ scope: "ten" });
  expect(await held()).toEqual([true, false, true, true, true]);
  await cache.clear();
  expect(await held()).toEqual([false, false, false, true, true]);
  await cache.clear({ namespace: "tenant" });
  expect(backend.usage().entries).toBe(0);
});

test("a scoped view sees, deletes and clears only what is its own", async () => {
  const cache = new Cache({ backend: memory() });
  const [one, two] = [cache.scoped("one"), cache.scoped("two")];
  await cache.put(chat("hi"), "nobody's");
  await one.put(chat("hi"), "one's");
  await two.put(chat("hi"), "two's");
  expect((await one.get(chat("hi")))?.value).toBe("one's");
  await one.delete(chat("hi"));
  await one.clear();
  expect(await one.get(chat("hi"))).toBeUndefined();
  expect((await two.get(chat("hi")))?.value).toBe("two's");
  expect((await cache.get(chat("hi")))?.value).toBe("nobody's");
});

test("a scoped view cannot be led into another scope", async () => {
  const view = new Cache({ backend: memory() }).scoped("one");
  await expect(view.run(chat("hi"), () => "x", { scope: "two" })).rejects.toThrow(TypeError);
  await expect(view.clear({ scope: "two" })).rejects.toThrow(TypeError);
  expect(() => view.scoped("two")).toThrow(TypeError);
  expect((await view.run(chat("hi"), () => "x", { scope: "one" })).value).toBe("x");
});

test("views share flights and state, never answers", async () => {
  const cache = new Cache({ backend: memory() });
  const model = new ManualModel();
  const runs = [cache.scoped("a"), cache.scoped("b"), cache.scoped("a"), cache].map((view) =>
    view.run(chat("hi"), model.factory),
  );
  await model.called(3);
  await settle();
  expect(model.calls).toHaveLength(3);
  model.calls.forEach(({ resolve }, index) => resolve(`${index}`));
  const [a, b, again, unscoped] = (await Promise.all(runs)).map(({ value }) => value);
  expect(again).toBe(a);
  expect(new Set([a, b, unscoped]).size).toBe(3);
  cache.disable();
  expect((await cache.scoped("a").run(chat("hi"), () => "past")).status).toBe("bypass");
});

test("listing a scope's prefix gives its keys and no sibling's, also through wrappers", async () => {
  const inner = memory();
  const backend = tiered([memory(), prefixed(inner, "app/")]);
  const cache = new Cache({ backend, namespace: "n" });
  const keys = new Map<string, string | undefined>();
  for (const scope of ["ten", "tenant", "Ten"])
    keys.set(scope, (await cache.run(chat("hi"), () => scope, { scope })).key);
  await cache.flush();
  const listed: string[] = [];
  for await (const key of backend.list?.("n/ten/") ?? []) listed.push(key);
  expect(listed).toEqual([keys.get("ten")]);
  for await (const key of inner.list("")) expect(key).toMatch(/^app\/n\//);
});
