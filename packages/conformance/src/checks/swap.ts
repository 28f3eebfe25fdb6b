import type { Backend } from "@llmcache/core";
import { type Check, having } from "../check.ts";
import { expect, expectBytes, expectEqual, expectMissing, expectOneOf } from "../expect.ts";
import { filledBytes, framedBytes, lengthUpTo, noiseBytes, textBytes } from "../sample-bytes.ts";
import { pastTimes } from "./expiry.ts";

type SwapBackend = Backend & Required<Pick<Backend, "swap">>;

/** Made anew for each check: a backend that changes the bytes it is given must not spoil other checks. */
const samples = () => ({ old: textBytes("the old value"), value: textBytes("the new value"), empty: new Uint8Array() });

/** That `swap` compares every byte, writes at most once, and is atomic for all that use the store. */
export const swapChecks: readonly Check[] = [
  {
    name: "swaps a value in where the key is missing and nothing was expected",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { old, value } = samples();
      expectEqual(await store.swap(key("missing"), undefined, value), true, "swap of a missing key, expecting nothing");
      expectBytes(await store.get(key("missing")), value, "get after that swap");
      await store.delete(key("missing"));
      expectEqual(await store.swap(key("missing"), undefined, old), true, "swap of a deleted key, expecting nothing");
      expectBytes(await store.get(key("missing")), old, "get after that swap");
    },
  },
  {
    name: "does not swap where there is a value and nothing was expected",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { old, value } = samples();
      await store.put(key("present"), old);
      expectEqual(
        await store.swap(key("present"), undefined, value),
        false,
        "swap of a present key, expecting nothing",
      );
      expectBytes(await store.get(key("present")), old, "get after that swap");
    },
  },
  {
    name: "swaps where the key holds exactly what was expected",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { old, value, empty } = samples();
      const large = noiseBytes(lengthUpTo(100_000, backend), 1);
      await store.put(key("held"), old);
      let held = old;
      for (const next of [value, large, empty, filledBytes(256, 0), textBytes("last")]) {
        // Read first, so that a copy which is kept nearer has to follow.
        await store.get(key("held"));
        expectEqual(await store.swap(key("held"), held.slice(), next), true, "swap that expects what is there");
        expectBytes(await store.get(key("held")), next, "get after that swap");
        held = next;
      }
    },
  },
  {
    name: "does not swap where the key holds anything but what was expected",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { old, value, empty } = samples();
      const lastByteChanged = old.slice();
      lastByteChanged[old.length - 1] = 0;
      const others = [
        lastByteChanged,
        filledBytes(old.length, 1),
        old.slice(0, -1),
        old.slice(1),
        Uint8Array.of(...old, 0),
        empty,
        value,
      ];
      await store.put(key("held"), old);
      for (const other of others) {
        expectEqual(await store.swap(key("held"), other, value), false, "swap that expects something else");
        expectBytes(await store.get(key("held")), old, "get after that swap");
      }
    },
  },
  {
    name: "does not swap a missing key where a value was expected",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { old, value } = samples();
      await store.put(key("deleted"), old);
      await store.delete(key("deleted"));
      expectEqual(
        await store.swap(key("deleted"), old, value),
        false,
        "swap of a deleted key that expects its last value",
      );
      expectMissing(await store.get(key("deleted")), "get after that swap");
    },
  },
  {
    name: "tells the empty value from a missing one when it swaps",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { value, empty } = samples();
      expectEqual(
        await store.swap(key("empty"), empty, value),
        false,
        "swap of a missing key that expects the empty value",
      );
      expectMissing(await store.get(key("empty")), "get after that swap");
      await store.put(key("empty"), empty);
      expectEqual(
        await store.swap(key("empty"), undefined, value),
        false,
        "swap of the empty value, expecting nothing",
      );
      expectBytes(await store.get(key("empty")), empty, "get after that swap");
      expectEqual(await store.swap(key("empty"), empty, value), true, "swap of the empty value that expects it");
      expectBytes(await store.get(key("empty")), value, "get after that swap");
    },
  },
  {
    name: "keeps its own copy of what it swapped in, and leaves the bytes it is given as they are",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { old, value } = samples();
      const expected = old.slice();
      const given = value.slice();
      await store.put(key("copied"), old);
      await store.swap(key("copied"), expected, given);
      expectBytes(expected, old, "the expected bytes given to swap");
      expectBytes(given, value, "the new bytes given to swap");
      given.fill(0);
      expectBytes(await store.get(key("copied")), value, "get after the bytes given to swap were changed");
    },
  },
  {
    name: "lets exactly one of 16 racing swaps win",
    run: async ({ backend, key }) => raceSwaps([having(backend, "swap")], key),
  },
  {
    name: "lets exactly one of 16 racing swaps win through two handles",
    async run({ backend, key, reopen }) {
      const store = having(backend, "swap");
      await raceSwaps([store, having(await reopen(), "swap")], key);
    },
  },
  {
    name: "loses no increment that is made by reading and swapping until it succeeds",
    run: async ({ backend, key }) => countUp([having(backend, "swap")], key("counter")),
  },
  {
    name: "loses no increment that is made through two handles",
    async run({ backend, key, reopen }) {
      const store = having(backend, "swap");
      await countUp([store, having(await reopen(), "swap")], key("counter"));
    },
  },
  {
    name: "takes an expiry in the past when it swaps, and then has the bytes or nothing",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { value } = samples();
      for (const [index, expiresAt] of pastTimes().entries()) {
        const at = key(`past/${index}`);
        expectEqual(await store.swap(at, undefined, value, { expiresAt }), true, `swap that expires at ${expiresAt}`);
        expectOneOf(await store.get(at), [value, undefined], "get after that swap");
      }
    },
  },
  {
    name: "swaps an expired entry as get finds it",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const { old, value } = samples();
      await store.put(key("expired"), old, { expiresAt: Date.now() - 60_000 });
      expectEqual(
        await store.swap(key("expired"), textBytes("something else"), value),
        false,
        "swap of an expired entry that expects something else",
      );
      // The store may drop the entry between the two, but only once.
      const swapAsFound = async () => store.swap(key("expired"), await store.get(key("expired")), value);
      expect(
        (await swapAsFound()) || (await swapAsFound()),
        "swap of an expired entry that expects what get found: expected true, received false",
      );
      expectBytes(await store.get(key("expired")), value, "get after that swap");
    },
  },
];

/** 16 at once for a missing key, then 16 for what the winner wrote. */
async function raceSwaps(handles: readonly SwapBackend[], key: (name: string) => string): Promise<void> {
  for (let round = 0; round < 3; round++) {
    let held: Uint8Array | undefined;
    for (const stage of ["a missing key", "a held value"]) {
      const expected = held;
      const racers = Array.from({ length: 16 }, (_, index) => textBytes(`${stage} ${index}`));
      const swap = (racer: Uint8Array, index: number) =>
        handles[index % handles.length]?.swap(key(`raced/${round}`), expected, racer);
      const wins = await Promise.all(racers.map(swap));
      const winners = racers.filter((_, index) => wins[index] === true);
      expectEqual(winners.length, 1, `winners of 16 swaps of ${stage}`);
      for (const handle of handles) {
        expectBytes(await handle.get(key(`raced/${round}`)), winners[0] ?? new Uint8Array(), "get after the race");
      }
      held = winners[0];
    }
  }
}

const workers = 4;
const incrementsEach = 5;

/** Enough for a worker that loses every race to the others, and for a store that refuses some at random. */
const mostAttempts = 200;

async function countUp(handles: readonly SwapBackend[], at: string): Promise<void> {
  // Framed like an entry of core and fresh, because those are what a nearer tier keeps a copy of.
  const encode = (count: number) =>
    framedBytes({ version: 1, staleUntil: Date.now() + 3_600_000 }, Uint8Array.of(0, count));
  const countOf = (bytes: Uint8Array | undefined) => bytes?.at(-1) ?? 0;
  const increment = async (handle: SwapBackend) => {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const held = await handle.get(at);
      if (await handle.swap(at, held, encode(countOf(held) + 1))) return;
    }
    expect(false, `swap: expected one of ${mostAttempts} attempts to succeed, each with what get had just found`);
  };
  const work = async (index: number) => {
    const handle = handles[index % handles.length];
    for (let time = 0; handle && time < incrementsEach; time++) await increment(handle);
  };
  await Promise.all(Array.from({ length: workers }, (_, index) => work(index)));
  for (const handle of handles) {
    expectEqual(countOf(await handle.get(at)), workers * incrementsEach, "the count after all increments");
  }
}
