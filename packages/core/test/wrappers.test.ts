import { describe, expect, test } from "vitest";
import {
  type Backend,
  type BackendEvent,
  Cache,
  type CacheEvent,
  compressed,
  encrypted,
  memory,
  mirrored,
  readOnly,
} from "../src/index.ts";
import { lyingBackend } from "./support/lying-backend.ts";
import { chat } from "./support/model.ts";

const text = (value: string) => new TextEncoder().encode(value);
const key = (fill: number) => new Uint8Array(32).fill(fill);
const rejects = async (): Promise<never> => {
  throw new Error("down");
};

function observed(backend: Backend) {
  const events: CacheEvent[] = [];
  const cache = new Cache({ backend, onEvent: (event) => events.push(event) });
  const codes = () => events.flatMap((event) => (event.type === "error" ? [event.error.code] : []));
  return { cache, codes };
}

async function onlyKey(backend: Backend): Promise<string> {
  for await (const found of backend.list?.("") ?? []) return found;
  throw new Error("the backend is empty");
}

describe("compressed", () => {
  test("makes what repeats itself smaller, and leaves what does not as it is", async () => {
    const store = memory();
    const backend = compressed(store);
    await backend.put("repeating", text("abcdefgh".repeat(1000)));
    expect((await store.get("repeating"))?.length).toBeLessThan(500);
    const random = crypto.getRandomValues(new Uint8Array(5000));
    await backend.put("random", random);
    expect((await store.get("random"))?.length).toBe(5001);
    expect(await backend.get("random")).toEqual(random);
  });

  test("leaves the frame of an entry readable, and small entries untouched", async () => {
    const store = memory();
    const { cache } = observed(compressed(store));
    await cache.put(chat("small"), "answer");
    expect(await new Cache({ backend: store }).get(chat("small"))).toMatchObject({ value: "answer" });
    await cache.put(chat("large"), "answer ".repeat(1000));
    expect((await cache.get(chat("large")))?.value).toBe("answer ".repeat(1000));
    const { cache: plain, codes } = observed(store);
    expect(await plain.get(chat("large"))).toBeUndefined();
    expect(codes()).toEqual(["UNREADABLE_ENTRY"]);
  });

  test("a forged value that would expand without end is a corrupt entry", async () => {
    const store = memory();
    await compressed(store).put("bomb", new Uint8Array(5_000_000));
    await expect(compressed(store, { maxBytes: 1_000_000 }).get("bomb")).rejects.toMatchObject({
      code: "CORRUPT_ENTRY",
    });
  });
});

describe("encrypted", () => {
  const options = (keys: Record<string, Uint8Array>, current: string) => ({ keys, current });

  test("keeps nothing readable in the store but the times of an entry", async () => {
    const store = memory();
    const { cache } = observed(encrypted(store, options({ a: key(1) }, "a")));
    await cache.put(chat("hi"), "a very secret answer", { tags: ["secret-tag"] });
    for await (const stored of store.list("")) {
      const bytes = new TextDecoder("latin1").decode(await store.get(stored));
      expect(bytes).not.toContain("secret");
    }
    expect((await cache.get(chat("hi")))?.value).toBe("a very secret answer");
  });

  test("after a rotation old entries decrypt, and new ones are under the new key", async () => {
    const store = memory();
    await observed(encrypted(store, options({ old: key(1) }, "old"))).cache.put(chat("old"), "old answer");
    const rotated = observed(encrypted(store, options({ old: key(1), new: key(2) }, "new"))).cache;
    expect((await rotated.get(chat("old")))?.value).toBe("old answer");
    await rotated.put(chat("new"), "new answer");
    const retired = observed(encrypted(store, options({ new: key(2) }, "new"))).cache;
    expect((await retired.get(chat("new")))?.value).toBe("new answer");
    expect(await retired.get(chat("old"))).toBeUndefined();
  });

  test("an unknown key id is a miss that is left alone; a wrong secret is a miss, an event, and gone", async () => {
    const store = memory();
    await observed(encrypted(store, options({ a: key(1) }, "a"))).cache.put(chat("hi"), "answer");
    const other = observed(encrypted(store, options({ b: key(1) }, "b")));
    expect((await other.cache.run(chat("hi"), () => "new")).value).toBe("new");
    await other.cache.flush();
    expect([other.codes(), store.usage().entries]).toEqual([["UNREADABLE_ENTRY"], 1]);
    expect((await observed(encrypted(store, options({ a: key(1) }, "a"))).cache.get(chat("hi")))?.value).toBe("answer");
    const wrong = observed(encrypted(store, options({ a: key(9) }, "a")));
    expect(await wrong.cache.get(chat("hi"))).toBeUndefined();
    await wrong.cache.flush();
    expect([wrong.codes(), store.usage().entries]).toEqual([["CORRUPT_ENTRY"], 0]);
  });

  test("moved to another key or tenant, or given another life, an entry does not decrypt", async () => {
    const store = memory();
    const { cache, codes } = observed(encrypted(store, options({ a: key(1) }, "a")));
    await cache.scoped("one").put(chat("hi"), "one's answer", { ttl: 60 });
    const from = await onlyKey(store);
    const bytes = (await store.get(from)) ?? new Uint8Array();
    await store.put(from.replace("/one/", "/two/"), bytes);
    expect(await cache.scoped("two").get(chat("hi"))).toBeUndefined();
    await store.put(
      from,
      bytes.map((byte, index) => (index === 16 ? byte ^ 1 : byte)),
    );
    expect(await cache.scoped("one").get(chat("hi"))).toBeUndefined();
    expect(codes().filter((code) => code === "CORRUPT_ENTRY").length).toBeGreaterThan(0);
  });

  test("plaintext is never served", async () => {
    const store = memory();
    await new Cache({ backend: store }).put(chat("hi"), "planted");
    const { cache, codes } = observed(encrypted(store, options({ a: key(1) }, "a")));
    expect(await cache.get(chat("hi"))).toBeUndefined();
    await cache.flush();
    expect([codes(), store.usage().entries]).toEqual([["CORRUPT_ENTRY"], 0]);
  });

  test("nonces never repeat", async () => {
    const store = memory();
    const backends = [1, 2, 3].map(() => encrypted(store, options({ a: key(1) }, "a")));
    const nonces = new Set<string>();
    for (let round = 0; round < 1000; round++) {
      await backends[round % 3]?.put("k", text("same"));
      nonces.add(
        Buffer.from((await store.get("k")) ?? [])
          .subarray(3, 15)
          .toString("hex"),
      );
    }
    expect(nonces.size).toBe(1000);
  });

  test.each<[string, object, RegExp]>([
    ["a short key", { keys: { a: new Uint8Array(16) }, current: "a" }, /keys\.a must be 32 bytes, got 16/],
    [
      "a key that is a text",
      { keys: { a: "secret" }, current: "a" },
      /keys\.a must be 32 bytes or a CryptoKey, got a string/,
    ],
    [
      "a current key that is not there",
      { keys: { a: key(1) }, current: "b" },
      /current must be the id of one of the keys/,
    ],
    ["an id with a slash", { keys: { "a/b": key(1) }, current: "a/b" }, /an id must be/],
  ])("%s is a TypeError that holds no key material", (_, wrong, message) => {
    expect(() => encrypted(memory(), wrong as never)).toThrow(message);
  });
});

describe("readOnly", () => {
  test("reads, refuses every write, and has no swap", async () => {
    const store = memory();
    await store.put("k", text("v"));
    const backend = readOnly(store);
    expect(await backend.get("k")).toEqual(text("v"));
    await expect(backend.put("k", text("new"))).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await expect(backend.delete("k")).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(backend).not.toHaveProperty("swap");
    expect(await store.get("k")).toEqual(text("v"));
  });

  test("under a cache serves hits and keeps nothing", async () => {
    const store = memory();
    await new Cache({ backend: store }).put(chat("hi"), "answer");
    const { cache } = observed(readOnly(store));
    expect((await cache.run(chat("hi"), () => "")).status).toBe("hit");
    expect((await cache.run(chat("other"), () => "new")).value).toBe("new");
    await cache.flush();
    expect(store.usage().entries).toBe(1);
  });
});

describe("mirrored", () => {
  test("writes to all, reads the first that answers, and tells of one that is down", async () => {
    let down = false;
    const first = lyingBackend((honest) => ({ get: (name) => (down ? rejects() : honest.get(name)) }));
    const second = memory({ name: "second" });
    const events: BackendEvent[] = [];
    const report = (event: BackendEvent) => events.push(event);
    const backend = mirrored([first, second]);
    await backend.put("k", text("v"), { report });
    expect(await second.get("k")).toEqual(text("v"));
    down = true;
    expect(await backend.get("k", { report })).toEqual(text("v"));
    expect(events).toContainEqual(expect.objectContaining({ type: "failed", backend: "store", operation: "get" }));
    expect(events).toContainEqual({ type: "served", backend: "second", key: "k" });
  });

  test("a mirror that refused a new value does not keep the old one", async () => {
    let refusing = false;
    const first = lyingBackend((honest) => ({
      put: (name, value) => (refusing ? rejects() : honest.put(name, value)),
    }));
    const second = memory();
    const backend = mirrored([first, second]);
    await backend.put("k", text("old"));
    refusing = true;
    await backend.put("k", text("new"));
    expect(await first.honest.get("k")).toBeUndefined();
    expect(await second.get("k")).toEqual(text("new"));
  });

  test("a removal that one of them refuses rejects", async () => {
    const backend = mirrored([memory(), lyingBackend(() => ({ delete: rejects }))]);
    await expect(backend.delete("k")).rejects.toThrow("down");
  });

  test("an invalidation counts only where its generations are read, in the first", async () => {
    let refusing = false;
    const first = lyingBackend((honest) => ({
      put: (name, value) => (refusing ? rejects() : honest.put(name, value)),
    }));
    const second = memory();
    const cache = new Cache({ backend: mirrored([first, second]) });
    await cache.put(chat("hi"), "old", { tags: ["x"] });
    for await (const name of second.list("")) expect(name).not.toContain("/_");
    refusing = true;
    await expect(cache.invalidate(["x"])).rejects.toMatchObject({ code: "BACKEND_FAILED" });
    refusing = false;
    await cache.invalidate(["x"]);
    expect(await cache.get(chat("hi"))).toBeUndefined();
  });

  test("has no swap, and needs a member", () => {
    expect(mirrored([memory(), memory()])).not.toHaveProperty("swap");
    expect(() => mirrored([])).toThrow("mirrored needs at least one backend");
  });
});
