import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CacheControls,
  checkControls,
  clampControls,
  type Freshness,
  freshnessFor,
  judge,
  type Verdict,
} from "../src/cache-control.ts";

const created = 1_000_000_000_000;
/** Made at 0 s, fresh until 60 s, kept until 100 s. */
const entry: Freshness = { createdAt: created, freshUntil: created + 60_000, staleUntil: created + 100_000 };
const forever: Freshness = { createdAt: created, freshUntil: Infinity, staleUntil: Infinity };
const at = (seconds: number): number => created + seconds * 1000;

describe("an entry is judged", () => {
  test.each<[number, CacheControls, Verdict]>([
    // Without controls only freshness counts; the deadline itself is past.
    [0, {}, "fresh"],
    [59.999, {}, "fresh"],
    [60, {}, "expired"],
    [100, {}, "expired"],
    // A clock that was set back makes no entry old.
    [-3600, {}, "fresh"],
    [-3600, { maxAge: 1 }, "fresh"],
    [-3600, { maxAge: 0 }, "too-old"],
    [-3600, { minFresh: 60 }, "fresh"],
    [0, { maxAge: 0 }, "too-old"],
    [0, { maxAge: "0s" }, "too-old"],
    [30, { maxAge: 30 }, "fresh"],
    [30.001, { maxAge: "30s" }, "too-old"],
    [30, { maxAge: Infinity }, "fresh"],
    [0.4, { maxAge: 0.5 }, "fresh"],
    [0.501, { maxAge: 0.5 }, "too-old"],
    [30, { minFresh: 30 }, "fresh"],
    [30.001, { minFresh: 30 }, "too-old"],
    [0, { minFresh: Infinity }, "too-old"],
    [59.9, { minFresh: 0 }, "fresh"],
    [60, { maxStale: 1 }, "stale"],
    [61, { maxStale: 1 }, "stale"],
    [61.001, { maxStale: 1 }, "expired"],
    [60, { maxStale: 0 }, "expired"],
    [100, { maxStale: Infinity }, "stale"],
    [100.001, { maxStale: Infinity }, "expired"],
    [60, { staleWhileRevalidate: 10 }, "revalidate"],
    [70, { staleWhileRevalidate: 10 }, "revalidate"],
    [70.001, { staleWhileRevalidate: 10 }, "expired"],
    [60, { staleIfError: 10 }, "if-error"],
    [70, { staleIfError: 10 }, "if-error"],
    [70.001, { staleIfError: 10 }, "expired"],
    [100.001, { staleIfError: Infinity }, "expired"],
    // Refreshing goes before serving it as it is, and that before waiting for a failure.
    [65, { staleWhileRevalidate: 10, maxStale: 10, staleIfError: 10 }, "revalidate"],
    [75, { staleWhileRevalidate: 10, maxStale: 20, staleIfError: 30 }, "stale"],
    [85, { staleWhileRevalidate: 10, maxStale: 20, staleIfError: 30 }, "if-error"],
    [95, { staleWhileRevalidate: 10, maxStale: 20, staleIfError: 30 }, "expired"],
    // Age and remaining freshness bind stale serving too.
    [65, { maxAge: 64, maxStale: 10 }, "too-old"],
    [65, { maxAge: 65, maxStale: 10 }, "stale"],
    [65, { maxAge: 64, staleIfError: 10 }, "too-old"],
    [65, { minFresh: 1, staleWhileRevalidate: 10 }, "expired"],
    [65, { minFresh: 0, maxStale: 10 }, "expired"],
    [59.5, { minFresh: 1, staleIfError: 10 }, "too-old"],
  ])("at %d s with %j as %s", (seconds, controls, verdict) => {
    expect(judge(entry, controls, at(seconds))).toBe(verdict);
  });

  test.each<[CacheControls, Verdict]>([
    [{}, "fresh"],
    [{ minFresh: Infinity }, "fresh"],
    [{ maxAge: 1 }, "too-old"],
  ])("without an expiry, a thousand years later, with %j as %s", (controls, verdict) =>
    expect(judge(forever, controls, at(1000 * 365 * 86_400))).toBe(verdict),
  );
});

const seconds = fc.oneof(fc.integer({ min: 0, max: 120 }), fc.constantFrom(0.5, Infinity));
const window = fc.option(seconds, { nil: undefined });
const anyControls: fc.Arbitrary<CacheControls> = fc.record({
  maxAge: window,
  minFresh: window,
  maxStale: window,
  staleWhileRevalidate: window,
  staleIfError: window,
});
const anyEntry: fc.Arbitrary<Freshness> = fc.tuple(seconds, seconds).map(([fresh, stale]) => ({
  createdAt: created,
  freshUntil: at(fresh),
  staleUntil: at(fresh + stale),
}));

test("no control makes an entry acceptable past what it was kept for, or fresh past its freshness", () => {
  fc.assert(
    fc.property(anyEntry, anyControls, fc.integer({ min: -10, max: 300 }), (some, controls, now) => {
      const verdict = judge(some, controls, at(now));
      if (at(now) > some.staleUntil) expect(["expired", "too-old"]).toContain(verdict);
      if (at(now) >= some.freshUntil) expect(verdict).not.toBe("fresh");
      if (now > Number(controls.maxAge ?? Infinity)) expect(verdict).toBe("too-old");
    }),
    { numRuns: 2000 },
  );
});

const ranks: Readonly<Record<Verdict, number>> = {
  fresh: 3,
  revalidate: 2,
  stale: 2,
  "if-error": 1,
  expired: 0,
  "too-old": 0,
};

test("an entry never becomes more acceptable with time", () => {
  fc.assert(
    fc.property(anyEntry, anyControls, fc.nat(300), fc.nat(300), (some, controls, now, later) => {
      expect(ranks[judge(some, controls, at(now + later))]).toBeLessThanOrEqual(ranks[judge(some, controls, at(now))]);
    }),
    { numRuns: 2000 },
  );
});

test("an age and a remaining freshness can only refuse, a stale window only allow", () => {
  fc.assert(
    fc.property(anyEntry, anyControls, fc.nat(300), ({ ...some }, controls, now) => {
      const rank = (given: CacheControls): number => ranks[judge(some, given, at(now))];
      const full = rank(controls);
      expect(full).toBeLessThanOrEqual(rank({ ...controls, maxAge: undefined }));
      expect(full).toBeLessThanOrEqual(rank({ ...controls, minFresh: undefined }));
      expect(full).toBeGreaterThanOrEqual(rank({ ...controls, maxStale: undefined }));
      expect(full).toBeGreaterThanOrEqual(rank({ ...controls, staleWhileRevalidate: undefined }));
      expect(full).toBeGreaterThanOrEqual(rank({ ...controls, staleIfError: undefined }));
    }),
    { numRuns: 2000 },
  );
});

describe("the life of an answer", () => {
  test.each([0, -1, -Infinity, "0s", "-5m"] as const)("with a ttl of %j is none", (ttl) => {
    expect(freshnessFor(ttl, [{ staleIfError: 60 }], created)).toBeUndefined();
  });

  test.each<[CacheControls["ttl"], CacheControls[], number, number]>([
    [60, [], 60, 60],
    [0.5, [], 0.5, 0.5],
    ["1h", [{}], 3600, 3600],
    [60, [{ staleWhileRevalidate: 10 }], 60, 70],
    [60, [{ staleIfError: "30s" }, { staleWhileRevalidate: 10 }], 60, 90],
    [60, [{ staleIfError: 10 }, { staleIfError: 40, staleWhileRevalidate: 20 }], 60, 100],
    [60, [{ maxStale: 1000, maxAge: 5, minFresh: 5 }], 60, 60],
    [60, [{ staleIfError: Infinity }], 60, Infinity],
    [Infinity, [{ staleIfError: 10 }], Infinity, Infinity],
  ])("with a ttl of %j and %j is fresh for %d s and kept for %d s", (ttl = 0, keepers, fresh, kept) => {
    expect(freshnessFor(ttl, keepers, created)).toEqual({
      createdAt: created,
      freshUntil: at(fresh),
      staleUntil: at(kept),
    });
  });

  test("is fresh at once and never kept shorter than it is fresh", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double({ min: 1e-3, noNaN: true }), fc.constant(Infinity)),
        fc.array(anyControls, { maxLength: 2 }),
        (ttl, keepers) => {
          const life = freshnessFor(ttl, keepers, created) as Freshness;
          expect(judge(life, {}, created)).toBe("fresh");
          expect(life.staleUntil).toBeGreaterThanOrEqual(life.freshUntil);
        },
      ),
    );
  });
});

describe("controls are checked", () => {
  test.each<[string, unknown, string]>([
    ["noCache", 1, "noCache must be a boolean, got a number"],
    ["onlyIfCached", "true", "onlyIfCached must be a boolean, got a string"],
    ["use", null, "use must be a boolean, got null"],
    ["ttl", NaN, "ttl must be seconds"],
    ["maxAge", -1, "maxAge must not be negative"],
    ["staleIfError", "soon", "staleIfError must be seconds"],
    ["namespace", 7, "namespace must be a string, got a number"],
    ["scope", null, "scope must be a string, got null"],
    ["key", ["k"], "key must be a string, got an array"],
    ["tags", "tag", "tags must be an array of strings, got a string"],
    ["tags", ["a", 1], "tags must be an array of strings"],
  ])("%s: %j is refused", (name, value, message) => {
    expect(() => checkControls({ [name]: value })).toThrow(new RegExp(`^${message}`));
  });

  test("and what is right, or undefined, passes", () => {
    const controls: CacheControls = {
      noCache: false,
      ttl: -1,
      maxAge: 0,
      tags: [],
      key: "",
      scope: "",
      minFresh: Infinity,
      noStore: undefined,
    };
    expect(() => checkControls(controls)).not.toThrow();
  });
});

describe("an operator", () => {
  test("who says nothing lets everything pass", () => {
    const controls: CacheControls = { noCache: true, ttl: Infinity, key: "k", tags: ["t"] };
    expect(clampControls(controls, {})).toEqual({ controls, refused: [] });
  });

  test("can forbid controls, and is told which were taken away", () => {
    const controls: CacheControls = { noCache: true, noStore: false, ttl: 60, key: undefined, maxAge: 0 };
    expect(clampControls(controls, { allow: ["ttl", "key"] })).toEqual({
      controls: { ttl: 60 },
      refused: ["noCache", "noStore", "maxAge"],
    });
    expect(clampControls(controls, { allow: [] })).toEqual({
      controls: {},
      refused: ["noCache", "noStore", "ttl", "maxAge"],
    });
  });

  test.each<[CacheControls["ttl"], CacheControls["ttl"], CacheControls["ttl"]]>([
    [60, "1h", 60],
    ["1h", 3600, "1h"],
    ["2h", "1h", "1h"],
    [Infinity, "1h", "1h"],
    [Infinity, Infinity, Infinity],
    [60, 0, 0],
    [0, "1h", 0],
    [-1, "1h", -1],
  ])("who is asked for a ttl of %j and allows %j gives %j", (ttl, maxTtl, given) => {
    expect(clampControls({ ttl }, { maxTtl })).toEqual({
      controls: { ttl: given },
      refused: given === ttl ? [] : ["ttl"],
    });
  });

  test("who caps what nobody asked for changes nothing", () => {
    expect(clampControls({}, { maxTtl: 1 })).toEqual({ controls: {}, refused: [] });
    expect(clampControls({ ttl: 60 }, { maxTtl: 1, allow: [] })).toEqual({ controls: {}, refused: ["ttl"] });
  });
});
