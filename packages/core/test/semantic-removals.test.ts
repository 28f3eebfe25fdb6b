import { describe, expect, test } from "vitest";
import { type Backend, Cache, localBus, memory, type SemanticTier } from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { chat, ManualModel, settle } from "./support/model.ts";
import { vectorStore, wordTier } from "./support/word-tier.ts";

const sky = chat("Why is the sky blue today?");
const similar = chat("Why is the sky so blue today?");
const sea = chat("How deep is the sea?");
const notCalled = () => Promise.reject(new Error("the model was called"));

type Arrangement = (clock?: () => number) => [Backend, SemanticTier];
const arrangements: readonly [string, Arrangement][] = [
  ["one store", (clock) => [vectorStore("store", clock), wordTier()]],
  ["two stores", (clock) => [memory(clock && { clock }), wordTier({ backend: vectorStore("store", clock) })]],
];

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

const removals: readonly [string, (cache: Cache) => Promise<void>][] = [
  ["deleted", (cache) => cache.delete(sky)],
  ["cleared", (cache) => cache.clear()],
  ["invalidated", (cache) => cache.invalidate(["weather"])],
];

describe.each(arrangements)("with %s", (_, arrange) => {
  describe.each(removals)("what was %s", (_name, remove) => {
    test("does not come back by meaning", async () => {
      const [backend, semantic] = arrange();
      const cache = new Cache({ backend, semantic });
      await cache.put(sky, "old", { tags: ["weather"] });
      await cache.flush();
      expect((await cache.run(similar, notCalled)).value).toBe("old");
      await remove(cache);
      expect(await cache.run(similar, () => "new")).toMatchObject({ value: "new", status: "miss" });
    });

    test("does not come back by a look-up that was under way, nor for one who joined it", async () => {
      const [backend, semantic] = arrange();
      const held = gate();
      const found = gate();
      let holding = false;
      const slow: SemanticTier = {
        ...semantic,
        match: async (...given) => {
          const match = await semantic.match(...given);
          if (!holding) return match;
          found.open();
          await held.passed;
          return match;
        },
      };
      const cache = new Cache({ backend, semantic: slow });
      await cache.put(sky, "old", { tags: ["weather"] });
      await cache.flush();
      holding = true;
      const running = cache.run(similar, () => "new");
      await found.passed;
      await remove(cache);
      const joined = cache.run(similar, () => "new");
      await settle();
      held.open();
      expect((await running).value).toBe("new");
      expect((await joined).value).toBe("new");
      expect(cache.stats()).toMatchObject({ semantic: 0 });
    });

    test.each(["store", "tier"])(
      "does not come back by a look-up that began while the %s removed it",
      async (slower) => {
        const [store, semantic] = arrange();
        const held = gate();
        let holding = false;
        const hold = async (part: string) => void (holding && part === slower && (await held.passed));
        const backend: Backend = {
          ...store,
          put: async (...given) => (await hold("store"), store.put(...given)),
          delete: async (...given) => (await hold("store"), store.delete(...given)),
        };
        const looking = gate();
        const found = gate();
        let waits = false;
        const slow: SemanticTier = {
          ...semantic,
          match: async (...given) => {
            const match = await semantic.match(...given);
            if (waits) {
              found.open();
              await looking.passed;
            }
            return match;
          },
          forget: async (...given) => (await hold("tier"), semantic.forget(...given)),
          clear: async (...given) => (await hold("tier"), semantic.clear(...given)),
        };
        const cache = new Cache({ backend, semantic: slow });
        await cache.put(sky, "old", { tags: ["weather"] });
        await cache.flush();
        holding = true;
        const removing = remove(cache);
        await settle();
        waits = true;
        const running = cache.run(similar, () => "new", { noStore: true });
        await found.passed;
        held.open();
        await removing;
        looking.open();
        expect((await running).value).toBe("new");
      },
    );

    test("is not learned by a flight that began before", async () => {
      const [backend, semantic] = arrange();
      const cache = new Cache({ backend, semantic });
      const model = new ManualModel();
      const running = cache.run(sky, model.factory, { tags: ["weather"] });
      await model.called();
      await remove(cache);
      model.calls[0]?.resolve("old");
      expect((await running).value).toBe("old");
      await cache.flush();
      expect((await cache.run(similar, () => "new")).value).toBe("new");
    });

    test("is not served by a flight of another process that its bus tells", async () => {
      const [backend, semantic] = arrange();
      const bus = localBus();
      const options = { backend, semantic, bus, keepOpen: true };
      const [ours, theirs] = [new Cache(options), new Cache(options)];
      const model = new ManualModel();
      const running = ours.run(sky, model.factory, { tags: ["weather"] });
      await model.called();
      await remove(theirs);
      model.calls[0]?.resolve("old");
      await running;
      await ours.flush();
      expect((await theirs.run(similar, () => "new")).value).toBe("new");
    });
  });

  test("what is removed while it is being learned is gone afterwards", async () => {
    const [backend, semantic] = arrange();
    const held = gate();
    const learning = gate();
    const slow: SemanticTier = {
      ...semantic,
      match: async (...given) => {
        const match = await semantic.match(...given);
        return {
          ...match,
          learn: async (learned, context) => {
            learning.open();
            await held.passed;
            // It does not heed the signal, as a write that is on its way does not.
            await match.learn?.(learned, { ...context, signal: new AbortController().signal });
          },
        };
      },
    };
    const cache = new Cache({ backend, semantic: slow });
    await cache.run(sky, () => "old");
    await learning.passed;
    const deleting = cache.delete(sky);
    await settle();
    held.open();
    await deleting;
    expect((await cache.run(similar, () => "new")).value).toBe("new");
  });

  test("what was invalidated or replaced while it was being stored is not learned", async () => {
    const [store, semantic] = arrange();
    const held = gate();
    let holding = true;
    const backend: Backend = {
      ...store,
      put: async (key, ...given) => (holding && !key.includes("/_") && (await held.passed), store.put(key, ...given)),
    };
    const learned: unknown[] = [];
    const noting: SemanticTier = {
      ...semantic,
      match: async (...given) => ({
        ...(await semantic.match(...given)),
        learn: async ({ value }) => void learned.push(given[0].answerOf(value)),
      }),
    };
    const cache = new Cache({ backend, semantic: noting });
    const storing = [cache.put(sky, "invalidated", { tags: ["weather"] }), cache.put(sea, "older")];
    await settle();
    await cache.invalidate(["weather"]);
    storing.push(cache.put(sea, "newer"));
    await settle();
    holding = false;
    held.open();
    await Promise.all(storing);
    await cache.flush();
    expect(learned).toEqual(["newer"]);
  });

  test("an expired answer does not come back, and a newer one takes its place", async () => {
    const clock = fakeClock();
    // The store is late: it drops nothing.
    const [backend, semantic] = arrange(() => 0);
    const cache = new Cache({ backend, semantic, clock, ttl: 10 });
    await cache.put(sky, "old");
    await cache.flush();
    clock.advance(11);
    expect((await cache.run(similar, () => "new", { noStore: true })).value).toBe("new");
    await cache.put(sky, "newer");
    await cache.flush();
    expect((await cache.run(similar, notCalled)).value).toBe("newer");
  });

  test("removing one leaves the others, also in other scopes and namespaces", async () => {
    const [backend, semantic] = arrange();
    const cache = new Cache({ backend, semantic });
    const places = [{}, { scope: "a" }, { scope: "b" }, { namespace: "n" }];
    for (const place of places) for (const call of [sky, sea]) await cache.put(call, JSON.stringify(place), place);
    await cache.flush();
    await cache.delete(sea);
    await cache.clear({ scope: "a" });
    const statusOf = async (place: object) =>
      (await cache.run(similar, () => "model", { ...place, noStore: true })).status;
    expect(await Promise.all(places.map(statusOf))).toEqual(["semantic", "miss", "semantic", "semantic"]);
    await cache.clear();
    expect(await Promise.all(places.map(statusOf))).toEqual(["miss", "miss", "miss", "semantic"]);
  });
});
