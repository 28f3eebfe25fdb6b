import fc from "fast-check";
import { expect, test } from "vitest";
import { mergeUsage, shareUsage } from "../src/usage.ts";

const usage = fc.record({
  prompt_tokens: fc.nat(),
  details: fc.record({ cached_tokens: fc.nat() }),
  tier: fc.string(),
});

test("the shares of a batch add up to exactly what it used", () => {
  fc.assert(
    fc.property(usage, fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 20 }), (used, lengths) => {
      const shares = shareUsage(used, lengths);
      expect(shares).toHaveLength(lengths.length);
      expect(mergeUsage(shares)).toEqual(used);
      expect(mergeUsage(shares.toReversed())).toEqual(used);
    }),
  );
});

test("shares follow the lengths", () => {
  expect(shareUsage({ total_tokens: 6 }, [1, 2, 3])).toEqual([
    { total_tokens: 1 },
    { total_tokens: 2 },
    { total_tokens: 3 },
  ]);
});

test("a batch that tells no usage has none to share", () => {
  expect(mergeUsage(shareUsage(undefined, [1, 2]))).toBeUndefined();
  expect(mergeUsage(shareUsage(null, [1, 2]))).toBeNull();
});
