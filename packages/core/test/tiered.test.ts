import fc from "fast-check";
import { expect, test } from "vitest";
import { type Backend, type BackendEvent, Cache, memory, type MemoryBackend, tiered } from "../src/index.ts";
import { fakeClock } from "./support/clock.ts";
import { lyingBackend } from "./support/lying-backend.ts";
import { chat, settle } from "./support/model.ts";

const text = (value: string) => new TextEncoder().encode(value);
const read = async (backend: Backend, key: string) => {
  const bytes = await backend.get(key);
  return bytes && new TextDecoder().decode(bytes);
};
const rejects = async (): Promise<never> => {
  throw new Error("down");
};

test("a hit lower down fills the tiers above for the entry's own remaining time", async () => {
  const clock = fakeClock();
  const [upper, lower] = [memory({ name: "upper", clock }), memory({ name: "lower", clock })];
  await new Cache({ backend: lower, clock, ttl: 100, staleIfError: 20 }).put(chat("hi"), "answer");
  const cache = new Cache({ backend: tiered([upper, lower], { clock }), clock });
  clock.advance(90);
  expect(await cache.get(chat("hi"))).toMatchObject({ source: "lower", age: 90 });
  await settle();
  expect(await cache.get(chat("hi"))).toMatchObject({ source: "upper", age: 90 });
  clock.advance(9.999);
  expect(await cache.get(chat("hi"))).toBeDefined();
  clock.advance(0.001);
  expect(await cache.get(chat("hi")), "fresh no more").toBeUndefined();
  clock.advance(20.001);
  expect(upper.usage().entries + lower.usage().entries).toBe(2);
  await upper.get("any");
  for await (const key of upper.list("")) expect(key, "the copy expires with the original").toBe("nothing");
});

test("a stale copy above gives way to a fresh entry below", async () => {
  const clock = fakeClock();
  const lower = memory({ name: "lower", clock });
  const cache = new Cache({
    backend: tiered([memory({ name: "upper", clock }), lower], { clock }),
    clock,
    ttl: 10,
    staleIfError: 100,
  });
  await cache.put(chat("hi"), "old");
  clock.advance(11);
  await new Cache({ backend: lower, clock, ttl: 10 }).put(chat("hi"), "new");
  expect(await cache.get(chat("hi"))).toMatchObject({ value: "new", source: "lower" });
});

test("a tier's cap bounds what it serves, whether its store drops expired entries or not", async () => {
  for (const drops of [true, false]) {
    const clock = fakeClock();
    const honest = memory({ name: "upper", clock });
    const { expiryGranularityMs: _, ...undropping } = {
      ...honest,
      put: (key: string, value: Uint8Array) => honest.put(key, value),
    };
    const upper = drops ? honest : undropping;
    const lower = memory({ name: "lower", clock });
    const cache = new Cache({ backend: tiered([{ backend: upper, maxTtl: 10 }, lower], { clock }), clock, ttl: 100 });
    await cache.put(chat("hi"), "answer");
    clock.advance(10);
    expect(await cache.get(chat("hi"))).toMatchObject({ source: "upper" });
    clock.advance(1);
    expect(await cache.get(chat("hi"))).toMatchObject({ source: "lower" });
  }
});

test("writes and removals reach every tier", async () => {
  const tiers = [memory(), memory(), memory()];
  const backend = tiered(tiers);
  await backend.put("k", text("v"));
  expect(await Promise.all(tiers.map((tier) => read(tier, "k")))).toEqual(["v", "v", "v"]);
  await backend.delete("k");
  expect(await Promise.all(tiers.map((tier) => read(tier, "k")))).toEqual([undefined, undefined, undefined]);
});

test("a fill that began before a delete, or a newer write, is discarded", async () => {
  for (const newer of [undefined, "new"]) {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let gated = false;
    const upper = memory({ name: "upper" });
    const lower = lyingBackend((honest) => ({
      get: async (key) => {
        const found = await honest.get(key);
        if (gated) await gate;
        return found;
      },
    }));
    const backend = tiered([upper, lower]);
    const cache = new Cache({ backend, keepOpen: true });
    const { key = "" } = await cache.run(chat("hi"), () => "old");
    await cache.flush();
    await upper.delete(key);
    gated = true;
    const reading = backend.get(key);
    await settle();
    if (newer === undefined) await backend.delete(key);
    else await backend.put(key, text(newer));
    open();
    await reading;
    await settle();
    expect(await read(upper, key)).toBe(newer);
  }
});

test("a failed tier is told of and skipped; only when nobody has the entry does the failure reject", async () => {
  const events: BackendEvent[] = [];
  const report = (event: BackendEvent) => events.push(event);
  const broken = lyingBackend(() => ({ get: rejects, put: rejects }));
  const sound = memory({ name: "sound" });
  const backend = tiered([broken, sound]);
  await backend.put("k", text("v"), { report });
  expect(await backend.get("k", { report }).then((bytes) => bytes && new TextDecoder().decode(bytes))).toBe("v");
  await expect(backend.get("missing", { report })).rejects.toThrow("down");
  expect(events.map(({ type, backend: name }) => `${name} ${type}`)).toContain("store failed");
  expect(events).toContainEqual({ type: "served", backend: "sound", key: "k" });
});

test("a tier that failed to take a new value does not keep the old one", async () => {
  let failing = false;
  const upper = lyingBackend((honest) => ({ put: (key, value) => (failing ? rejects() : honest.put(key, value)) }));
  const backend = tiered([upper, memory()]);
  await backend.put("k", text("old"));
  failing = true;
  await backend.put("k", text("new"));
  expect(await read(backend, "k")).toBe("new");
});

test("a tier that is too small for a value does not keep the old one, and its limit is not that of all", async () => {
  const backend = tiered([memory({ maxEntryBytes: 10 }), memory({ maxEntryBytes: 100 })]);
  expect(backend.maxValueBytes).toBe(100);
  await backend.put("k", text("small"));
  await backend.put("k", text("more than ten bytes"));
  expect(await read(backend, "k")).toBe("more than ten bytes");
  await expect(backend.put("k", new Uint8Array(101))).rejects.toThrow(RangeError);
});

test("a delete that one tier refuses rejects, and has reached the others", async () => {
  const [upper, lower] = [memory(), lyingBackend(() => ({ delete: rejects }))];
  const backend = tiered([upper, lower]);
  await backend.put("k", text("v"));
  await expect(backend.delete("k")).rejects.toThrow("down");
  expect(await upper.get("k")).toBeUndefined();
});

test("a swap is the last tier's, and no copy above survives it", async () => {
  const [upper, lower] = [memory(), memory()];
  const backend = tiered([upper, lower]);
  await backend.put("k", text("old"));
  expect(await backend.swap?.("k", text("other"), text("new"))).toBe(false);
  expect(await backend.swap?.("k", text("old"), text("new"))).toBe(true);
  expect([await read(upper, "k"), await read(lower, "k")]).toEqual([undefined, "new"]);
});

test("tiers have what their members have, and no more", () => {
  const { swap, list, ...plain } = memory();
  expect(Object.keys(tiered([memory(), memory()]))).toEqual(expect.arrayContaining(["swap", "list"]));
  expect(tiered([memory(), plain])).not.toHaveProperty("swap");
  expect(tiered([memory(), plain])).not.toHaveProperty("list");
  expect(tiered([plain, memory()])).not.toHaveProperty("list");
  expect(tiered([memory()])).not.toHaveProperty("ping");
  expect([swap, list].every((method) => typeof method === "function")).toBe(true);
});

test("a backend that has a member called backend is a backend", async () => {
  const inner = memory();
  const wrapping = { ...inner, backend: inner, name: "wrapping" };
  const backend = tiered([wrapping]);
  await backend.put("k", new Uint8Array([1]));
  const served: string[] = [];
  await backend.get("k", { report: (event) => void (event.type === "served" && served.push(event.backend)) });
  expect(served).toEqual(["wrapping"]);
});

test("no tier, an unknown option, of a tier too, and a wrong cap are errors that name the field", () => {
  expect(() => tiered([])).toThrow("tiered needs at least one backend");
  expect(() => tiered([memory()], { nmae: "x" } as never)).toThrow(/unknown option "nmae"/);
  expect(() => tiered([{ backend: memory(), maxTtl: "long" as never }])).toThrow(/maxTtl must be seconds/);
  expect(() => tiered([{ backend: memory(), maxTTL: "5m" } as never])).toThrow(/tiered: unknown option "maxTTL"/);
});

test("whatever is written, deleted and evicted where, tiers never give other bytes than the last written", async () => {
  const key = fc.constantFrom("a", "b", "n/s/_tag/x");
  const command = fc.oneof(
    fc.record({ type: fc.constant("put" as const), key }),
    fc.record({ type: fc.constant("delete" as const), key }),
    fc.record({ type: fc.constant("get" as const), key }),
    fc.record({ type: fc.constant("evict" as const), key, tier: fc.nat(1) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
      const tiers: MemoryBackend[] = [memory(), memory()];
      const backend = tiered(tiers);
      const written = new Map<string, string>();
      for (const [index, step] of commands.entries()) {
        if (step.type === "put") {
          written.set(step.key, `${index}`);
          await backend.put(step.key, text(`${index}`));
        } else if (step.type === "delete") {
          written.delete(step.key);
          await backend.delete(step.key);
        } else if (step.type === "evict") {
          await tiers[step.tier]?.delete(step.key);
        } else {
          const found = await read(backend, step.key);
          if (found !== undefined) expect(found).toBe(written.get(step.key));
        }
      }
    }),
  );
});
