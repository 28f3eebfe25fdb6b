import { unitVector, vectorSpaceName } from "@llmcache/core";
import fc from "fast-check";
import { expect, test } from "vitest";

test("a vector becomes one of length 1 in its direction, and the caller's own stays as it is", () => {
  const vector = Float32Array.of(3, 0, -4);
  expect([...unitVector(vector, 3)]).toEqual([...Float32Array.of(0.6, 0, -0.8)]);
  expect([...vector]).toEqual([3, 0, -4]);
  expect([...unitVector(Float32Array.of(1e30, 0, 0), 3)]).toEqual([1, 0, 0]);
});

test("a vector of another length, or without a direction, is refused", () => {
  expect(() => unitVector(new Float32Array(3), 3)).toThrow("must not be all zeros");
  expect(() => unitVector(Float32Array.of(1, Number.NaN, 0), 3)).toThrow("finite");
  expect(() => unitVector(Float32Array.of(1, Infinity, 0), 3)).toThrow("finite");
  expect(() => unitVector(Float32Array.of(1, 2), 3)).toThrow(new TypeError("vector must have 3 dimensions, got 2"));
  expect(() => unitVector([1, 2, 3] as never, 3)).toThrow(new TypeError("vector must be a Float32Array, got an array"));
});

test("vectors that cannot be compared have different names, of characters that stores allow", () => {
  const space = fc.record({
    embedder: fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.constantFrom("a", "B", "-", "1", "_", "/", "é", ":", "𝒳", "v"),
    }),
    dimensions: fc.integer({ min: 1, max: 30 }),
    version: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(space, space, (one, other) => {
      const [left, right] = [vectorSpaceName("a store", one), vectorSpaceName("a store", other)];
      expect(left).toMatch(/^[a-zA-Z0-9._-]+$/);
      expect(left === right).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
    { numRuns: 2_000 },
  );
});

test("what names no vectors is refused, by the option's name", () => {
  const given = { embedder: "e", dimensions: 3, version: 1 };
  expect(vectorSpaceName("a store", { ...given, embedder: "BAAI/bge-m3" })).toBe("BAAI_2f_bge-m3-3-v1");
  for (const embedder of ["", "e".repeat(81), 3]) {
    expect(() => vectorSpaceName("a store", { ...given, embedder: embedder as string })).toThrow(
      "a store: embedder must",
    );
  }
  for (const dimensions of [0, -1, 1.5, Number.NaN, "3"]) {
    expect(() => vectorSpaceName("a store", { ...given, dimensions: dimensions as number })).toThrow("dimensions must");
  }
});
