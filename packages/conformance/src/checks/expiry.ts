import type { Backend } from "@llmcache/core";
import { type Check, DoesNotApply, having } from "../check.ts";
import { describe, expectBytes, expectOneOf, fail } from "../expect.ts";
import { keysOf } from "../operations.ts";
import { textBytes } from "../sample-bytes.ts";
import { forEachOf } from "../for-each-of.ts";
import { sleep } from "../timing.ts";

const day = 86_400_000;

/** Longer would outlast the time that test runners give a test. */
const longestGranularityMs = 2_500;

/** For the round trip, and for a clock of the store that runs a little behind. */
const graceMs = 1_000;

/** Times that have passed, down to those that a store may take for "no expiry". */
export const pastTimes = (): readonly number[] => [Date.now() - 1, Date.now() - 1500.5, Date.now() - day, 1, 0, -1];

/** That a store never drops an entry before its time, and in its time if it says that it does. The only checks in which time passes. */
export const expiryChecks: readonly Check[] = [
  {
    name: "takes an expiry in the past, and then has the bytes or nothing",
    async run({ backend, key }) {
      const value = textBytes("expired from the start");
      for (const expiresAt of pastTimes()) {
        await backend.put(key("past"), value, { expiresAt });
        expectOneOf(await backend.get(key("past")), [value, undefined], `get after a put that expired at ${expiresAt}`);
      }
    },
  },
  {
    name: "keeps an entry whose expiry is far away, however far",
    async run({ backend, key }) {
      // 30 days overflow a timer of 32 bits in ms, 100 years one in seconds, the next no longer fits a Date, and some stores want whole numbers.
      const farTimes = [
        Date.now() + day + 0.5,
        Date.now() + 30 * day,
        Date.now() + 36_525 * day,
        Number.MAX_SAFE_INTEGER,
        Infinity,
      ];
      for (const expiresAt of farTimes) {
        const value = textBytes(`until ${expiresAt}`);
        await backend.put(key("far"), value, { expiresAt });
        await sleep(2);
        expectBytes(await backend.get(key("far")), value, `get of an entry that expires at ${expiresAt}`);
      }
    },
  },
  {
    name: "keeps an entry until its expiry, to the millisecond",
    async run({ backend, key }) {
      // Within a second and a bit, at distances that any rounding to whole seconds would shorten.
      const startedAt = Date.now();
      const entries = [350, 500, 650, 800, 950, 1100].map((ms) => ({
        key: key(`short-${ms}`),
        value: textBytes(`${ms}`),
        expiresAt: startedAt + ms,
      }));
      await forEachOf(entries, (entry) => backend.put(entry.key, entry.value, { expiresAt: entry.expiresAt }));
      await forEachOf(entries, async (entry) => {
        for (;;) {
          const found = await backend.get(entry.key);
          const early = entry.expiresAt - Date.now();
          if (early <= 0) return;
          if (found === undefined) {
            fail(`get: expected the bytes until their expiry, received undefined ${early} ms before`);
          }
          expectBytes(found, entry.value, "get before the expiry");
          await sleep(40);
        }
      });
    },
  },
  {
    name: "drops an expired entry within expiryGranularityMs",
    async run({ backend, key }) {
      const granularity = granularityOf(backend);
      const expiresAt = Date.now() + 250;
      await backend.put(key("dropped"), textBytes("soon gone"), { expiresAt });
      await sleep(expiresAt - Date.now());
      const isGone = async () => {
        if ((await backend.get(key("dropped"))) !== undefined) return false;
        return backend.list === undefined || (await keysOf(backend.list(key("dropped")))).length === 0;
      };
      await expectGone(isGone, expiresAt, granularity, "get and list of an expired entry");
    },
  },
  {
    name: "takes the expiry of the last write, also when that has none",
    async run({ backend, key }) {
      const expiresAt = Date.now() + 300;
      const value = textBytes("kept");
      for (const name of ["without", "later"]) await backend.put(key(name), textBytes("short-lived"), { expiresAt });
      await backend.put(key("without"), value);
      await backend.put(key("later"), value, { expiresAt: Date.now() + day });
      await waitForDrop(backend, expiresAt);
      expectBytes(await backend.get(key("without")), value, "get after an overwrite without expiry");
      expectBytes(await backend.get(key("later")), value, "get after an overwrite with a later expiry");
    },
  },
  {
    name: "takes the expiry that swap gives, also when it gives none",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const old = textBytes("short-lived");
      const value = textBytes("kept");
      // Far enough away that the swaps happen before it, also over a slow network.
      const expiresAt = Date.now() + 1_000;
      for (const name of ["without", "later"]) await store.put(key(name), old, { expiresAt });
      const swapped = [
        await store.swap(key("without"), old, value),
        await store.swap(key("later"), old, value, { expiresAt: Date.now() + day }),
      ];
      if (swapped.includes(false)) {
        if (Date.now() < expiresAt)
          fail("swap before the expiry, expecting what is there: expected true, received false");
        throw new DoesNotApply("the store was too slow to swap before the entries expired");
      }
      await waitForDrop(backend, expiresAt);
      expectBytes(await store.get(key("without")), value, "get after a swap without expiry");
      expectBytes(await store.get(key("later")), value, "get after a swap with a later expiry");
    },
  },
  {
    name: "drops what swap wrote with an expiry within expiryGranularityMs",
    async run({ backend, key }) {
      const store = having(backend, "swap");
      const granularity = granularityOf(backend);
      const expiresAt = Date.now() + 250;
      await store.swap(key("dropped"), undefined, textBytes("soon gone"), { expiresAt });
      const isGone = async () => (await store.get(key("dropped"))) === undefined;
      await expectGone(isGone, expiresAt, granularity, "get of what swap wrote with an expiry");
    },
  },
  {
    name: "gives each entry of putMany its own expiry",
    async run({ backend, key }) {
      const store = having(backend, "putMany");
      const expiresAt = Date.now() + 300;
      const value = textBytes("of many");
      await store.put(key("overwritten"), value, { expiresAt });
      await store.putMany([
        { key: key("far"), value, options: { expiresAt: Date.now() + day } },
        { key: key("short"), value, options: { expiresAt } },
        { key: key("past"), value, options: { expiresAt: Date.now() - day } },
        { key: key("forever"), value },
        { key: key("overwritten"), value },
      ]);
      await waitForDrop(backend, expiresAt);
      for (const name of ["far", "forever", "overwritten"]) {
        expectBytes(await store.get(key(name)), value, `get of "${name}"`);
      }
      if (!dropsSoon(backend)) return;
      const areGone = async () => {
        const found = [await store.get(key("short")), await store.get(key("past"))];
        return found.every((one) => one === undefined);
      };
      await expectGone(areGone, expiresAt, granularityOf(backend), "get of what putMany wrote with an expiry");
    },
  },
];

function granularityOf({ expiryGranularityMs }: Backend): number {
  if (expiryGranularityMs === undefined) throw new DoesNotApply("the backend has no expiryGranularityMs");
  if (expiryGranularityMs > longestGranularityMs) {
    throw new DoesNotApply(`expiryGranularityMs is ${describe(expiryGranularityMs)}, too long to wait for`);
  }
  return expiryGranularityMs;
}

function dropsSoon({ expiryGranularityMs }: Backend): boolean {
  return expiryGranularityMs !== undefined && expiryGranularityMs <= longestGranularityMs;
}

/** Waits until the store would have dropped an entry that expires then. */
async function waitForDrop(backend: Backend, expiresAt: number): Promise<void> {
  const granularity = dropsSoon(backend) ? (backend.expiryGranularityMs ?? 0) : 0;
  await sleep(expiresAt - Date.now() + granularity + 50);
}

/** Asks until the entry is gone; fails when it still is not, although the store has had its granularity for it. */
async function expectGone(
  isGone: () => Promise<boolean>,
  expiresAt: number,
  granularity: number,
  what: string,
): Promise<void> {
  for (;;) {
    const lateMs = Date.now() - expiresAt;
    if (await isGone()) return;
    if (lateMs > granularity + graceMs) {
      fail(`${what}: expected nothing ${granularity} ms after the expiry, but it is still there after ${lateMs} ms`);
    }
    await sleep(40);
  }
}
