import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeSegment, unscopedSegment } from "../src/key-segment.ts";
import { anyString } from "./support/arbitrary-values.ts";
import { segmentFromSpec } from "./support/key-from-spec.ts";
import { keyVectors } from "./support/key-vectors.ts";

test.each(keyVectors.segments)("the segment of $name is the golden one", async ({ name, segment }) => {
  expect(await encodeSegment(name)).toBe(segment);
});

/** Names that are nearly alike, or nearly segments themselves. */
const anyName: fc.Arbitrary<string> = fc.oneof(
  anyString,
  fc.string({
    unit: fc.constantFrom("a", "A", "-", "_", ".", "/", "4", "1", "2", "e", "h", "\ud800", "\udc00", "é"),
    maxLength: 6,
  }),
  fc
    .tuple(fc.constantFrom("a", "A", ".", "é", "\ud800"), fc.integer({ min: 30, max: 104 }))
    .map(([unit, length]) => unit.repeat(length)),
);

test("names never share a segment, and none takes the one of no scope", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(anyName, { maxLength: 40 }), async (names) => {
      const segments = await Promise.all(names.map(encodeSegment));
      expect(new Set([...segments, unscopedSegment]).size).toBe(names.length + 1);
    }),
    { numRuns: 500 },
  );
});

test("a segment taken for a name has another segment", async () => {
  await fc.assert(
    fc.asyncProperty(anyName, async (name) => {
      const segment = await encodeSegment(name);
      if (segment !== name) expect(await encodeSegment(segment)).not.toBe(segment);
    }),
  );
});

test("a segment is short, of safe characters, and none of core's own", async () => {
  await fc.assert(
    fc.asyncProperty(anyName, async (name) => {
      const segment = await encodeSegment(name);
      expect(segment).toMatch(/^[a-z0-9.-][a-z0-9._-]{0,99}$/);
      expect(segment).not.toMatch(/^\.|\.\.|\.$/);
    }),
    { numRuns: 500 },
  );
});

test("the specification and the code agree on every name", async () => {
  await fc.assert(
    fc.asyncProperty(anyName, async (name) => {
      expect(await encodeSegment(name)).toBe(segmentFromSpec(name));
    }),
    { numRuns: 1000 },
  );
});

test("a name of any length has a segment", async () => {
  for (const name of ["a".repeat(1_000_000), "\ud800".repeat(1_000_000), "/".repeat(1_000_000)]) {
    expect(await encodeSegment(name)).toMatch(/^-h[0-9a-f]{64}$/);
  }
});
