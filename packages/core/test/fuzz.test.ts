import { describe, expect, test } from "vitest";
import {
  type Backend,
  Cache,
  type CacheEvent,
  compressed,
  decodeEntry,
  deriveKey,
  encrypted,
  isLlmCacheError,
  memory,
  parseCacheControl,
  tiered,
} from "../src/index.ts";
import { controlNames } from "../src/cache-control.ts";
import { decodeContent, encodeContent, encodeRecording } from "../src/content.ts";
import { encodeEntry } from "../src/entry.ts";
import { readFrame } from "../src/frame.ts";
import { entryFuzzer, type Sample } from "./support/entry-fuzzer.ts";
import { headerOf, objectOf } from "./support/header-fuzzer.ts";
import { inputs, Random } from "./support/seeded.ts";
import { chat } from "./support/model.ts";

/** The shares of the inputs: `LLMCACHE_FUZZ=1000000` tries a million of them. */
const share = (fewer: number, percent: number) => Math.max(fewer, Math.ceil((inputs(0) * percent) / 100));
const timeout = 20_000 + inputs(0) / 2;

/** Fails with the seed that shows it again: `LLMCACHE_FUZZ_SEED=7` tries that one alone. */
function forSeeds(count: number, tryOne: (random: Random, seed: number) => void): void {
  const only = process.env["LLMCACHE_FUZZ_SEED"];
  const seeds = only === undefined ? Array.from({ length: count }, (_, seed) => seed) : [Number(only)];
  for (const seed of seeds) {
    try {
      tryOne(new Random(seed), seed);
    } catch (error) {
      throw new Error(`LLMCACHE_FUZZ_SEED=${seed} shows it again`, { cause: error });
    }
  }
}

/** Whether bytes are refused as entries that are broken, or are of another version. */
function refusal(decode: () => unknown): string | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    if (isLlmCacheError(error) && /^(CORRUPT|UNREADABLE)_ENTRY$/.test(error.code)) return error.code;
    throw error;
  }
}

describe("an entry that was changed anyhow", () => {
  test("is refused, or is what it was", { timeout }, () => {
    const fuzzer = entryFuzzer();
    let accepted = 0;
    forSeeds(share(20_000, 45), (random) => {
      const { digest, originals, changed } = fuzzer.broken(random);
      if (refusal(() => decodeEntry(changed, digest)) !== undefined) return;
      accepted++;
      expect(originals.some((original) => Buffer.compare(original, changed) === 0)).toBe(true);
    });
    expect(accepted).toBeLessThan(share(20_000, 45) / 10);
  });

  test(
    "and has a right checksum is refused, or has sound times, tags and content, or content that does not decode",
    { timeout },
    () => {
      const fuzzer = entryFuzzer();
      let accepted = 0;
      forSeeds(share(10_000, 20), (random) => {
        const { digest, changed } = fuzzer.forged(random);
        if (refusal(() => decodeEntry(changed, digest)) !== undefined) return;
        accepted++;
        const { createdAt, freshUntil, staleUntil, tags = {}, content } = decodeEntry(changed, digest);
        expect([createdAt, freshUntil, staleUntil].some(Number.isNaN)).toBe(false);
        expect(createdAt <= freshUntil && freshUntil <= staleUntil).toBe(true);
        for (const generation of Object.values(tags)) expect(generation).toBeTypeOf("string");
        try {
          decodeContent(content);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      });
      expect(accepted).toBeGreaterThan(0);
    },
  );

  test("has a frame of numbers, or none", { timeout }, () => {
    const fuzzer = entryFuzzer();
    forSeeds(share(5000, 5), (random) => {
      const { changed } = fuzzer.broken(random);
      const frame = readFrame(changed.subarray(0, random.below(60)));
      if (frame !== undefined) for (const member of Object.values(frame)) expect(member).toBeTypeOf("number");
    });
  });
});

const keys = { a: new Uint8Array(32).fill(7) };
const wraps: readonly [string, (inner: Backend) => Backend][] = [
  ["a plain store", (inner) => inner],
  ["a compressed store", (inner) => compressed(inner, { minBytes: 8 })],
  ["an encrypted store", (inner) => encrypted(inner, { keys, current: "a" })],
  ["a compressed and encrypted store", (inner) => compressed(encrypted(inner, { keys, current: "a" }))],
  ["tiers", (inner) => tiered([memory(), inner])],
];

describe.each(wraps)("what was changed in %s", (name, wrap) => {
  test.each(["broken", "forged"] as const)(
    "(%s) is never served in place of the model's answer",
    async (how) => {
      const fuzzer = entryFuzzer();
      const count = share(400, how === "broken" ? 3 : 1);
      const store = memory();
      const events: CacheEvent[] = [];
      const cache = new Cache({ backend: wrap(store), keepOpen: true, onEvent: (event) => events.push(event) });
      const stored: Sample[] = [];
      for (let number = 0; number < 8; number++) {
        const call = chat(`call ${number % 4}`, { number });
        const value = fuzzer.values[number];
        await cache.put(call, value, { tags: number % 2 === 0 ? ["t"] : [] });
        const { key, digest } = await deriveKey(call);
        const bytes = (await store.get(key)) as Uint8Array;
        stored.push({ call, key, digest, value, bytes });
      }
      for (let seed = 0; seed < count; seed++) {
        const random = new Random(seed);
        const sample = random.pick(stored);
        const plain = how === "forged" && name === "a plain store";
        const bytes = plain ? fuzzer.forge(sample.bytes, random) : fuzzer.change(sample.bytes, stored, random);
        for (const { key } of stored) await wrap(store).delete(key);
        await store.put(sample.key, bytes);
        const { value: served } = await cache.run(sample.call, () => "the model's");
        const allowed = plain ? fuzzer.meaningOf(bytes, sample.digest) : [sample.value];
        expect(["the model's", ...allowed], `seed ${seed}`).toContainEqual(served);
        await cache.flush();
      }
      const strange = events.filter((event) => event.type === "error" && !event.error.code.endsWith("_ENTRY"));
      expect(strange).toEqual([]);
    },
    timeout,
  );
});

describe("a recording that was changed and has a right checksum", () => {
  test("is replayed in chunks, or is a miss", { timeout }, async () => {
    const fuzzer = entryFuzzer();
    const store = memory();
    const cache = new Cache({ backend: store, keepOpen: true });
    const { key, digest } = await deriveKey(chat("hi"));
    const made = ["a", { b: 1 }, new Uint8Array(3)];
    const factory = async function* () {
      yield* made;
    };
    await Array.fromAsync((await cache.runStream(chat("hi"), factory)).stream);
    await cache.flush();
    const original = (await store.get(key)) as Uint8Array;
    let replayed = 0;
    for (let seed = 0; seed < share(1000, 1); seed++) {
      const bytes = fuzzer.forge(original, new Random(seed));
      await store.put(key, bytes);
      const { stream, status } = await cache.runStream(chat("hi"), factory);
      if (status === "hit") replayed++;
      expect([made, ...fuzzer.meaningOf(bytes, digest)], `seed ${seed}`).toContainEqual(await Array.fromAsync(stream));
      await cache.flush();
    }
    expect(replayed).toBeGreaterThan(0);
  });

  test.each([NaN, Infinity, -Infinity, -1])("is a miss where a chunk came after %d ms", async (offset) => {
    const store = memory();
    const cache = new Cache({ backend: store });
    const { key, digest } = await deriveKey(chat("hi"));
    const content = encodeRecording([{ offset, content: encodeContent("a") }]);
    const times = { createdAt: Date.now(), freshUntil: Infinity, staleUntil: Infinity };
    await store.put(key, encodeEntry({ ...times, digest, content }));
    const factory = async function* () {
      yield "new";
    };
    const { stream } = await cache.runStream(chat("hi"), factory, { pace: "recorded" });
    expect(await Array.fromAsync(stream)).toEqual(["new"]);
  });
});

describe("a Cache-Control", () => {
  test("that is a text of any kind gives controls, or a TypeError, at once", { timeout }, () => {
    let understood = 0;
    forSeeds(share(20_000, 15), (random) => {
      understood += checkParsed(() => parseCacheControl(headerOf(random))) ? 1 : 0;
    });
    expect(understood).toBeGreaterThan(0);
  });

  test("that is an object of any kind gives controls, or a TypeError", { timeout }, () => {
    forSeeds(share(5000, 5), (random) => {
      checkParsed(() => parseCacheControl(objectOf(random) as never));
    });
  });

  test("that is long is read in time that grows with its length", () => {
    const hostile = [
      `"${"\\".repeat(200_000)}`,
      `max-age="${"\\a".repeat(100_000)}`,
      `${" ".repeat(200_000)}x`,
      `a${" \t".repeat(100_000)}=1 x`,
      `${",".repeat(200_000)}"`,
      "a=".repeat(100_000),
      `max-age=${"1".repeat(200_000)}.`,
      `a=${'"",'.repeat(100_000)}`,
    ];
    const startedAt = performance.now();
    for (const header of hostile) checkParsed(() => parseCacheControl(header));
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

/** Whether controls came of it; checks that they are. */
function checkParsed(parse: () => object): boolean {
  try {
    for (const [name, value] of Object.entries(parse())) {
      expect(controlNames).toContain(name);
      expect(["boolean", "number", "string"]).toContain(typeof value);
      expect(value).not.toBeNaN();
    }
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return false;
  }
}
