import { unitVector } from "@llmcache/core";
import { describe, expect, test } from "vitest";
import { encodeScanModule } from "../src/vectors/scan-module.ts";
import { type Kernel, laneGroup, makeKernel, plainKernel, simdKernel } from "../src/vectors/scan.ts";
import { dot } from "../src/vectors/dot.ts";
import { VectorIndex } from "../src/vectors/vector-index.ts";
import { randomFrom } from "./random.ts";

describe("the SIMD kernel", () => {
  test("is a valid module", () => {
    expect(WebAssembly.validate(encodeScanModule())).toBe(true);
    expect(makeKernel().kind).toBe("simd");
  });

  test.each([16, 32, 384, 1536])("scores %i dimensions as the plain one does, bit for bit", (stride) => {
    const random = randomFrom(stride);
    const rows = 37;
    const [queryAt, rowsAt] = [0, stride * 2];
    const scoresAt = Math.ceil((rowsAt + rows * stride) / 4) * 4;
    const fill = (kernel: Kernel) => {
      kernel.grow(scoresAt + rows * 4);
      return { kernel, halves: new Int16Array(kernel.buffer()), bytes: new Int8Array(kernel.buffer()) };
    };
    const kernels = [fill(simdKernel()), fill(plainKernel())];
    const limit = Math.min(32_767, Math.floor((2 ** 31 - 1) / (stride * 127)));
    for (let index = 0; index < stride; index++) {
      const value = Math.round(random() * 2 * limit);
      for (const { halves } of kernels) halves[queryAt / 2 + index] = value;
    }
    for (let index = 0; index < rows * stride; index++) {
      // The first rows hold the extremes: all products as large as they get.
      const value = index < stride ? 127 : index < 2 * stride ? -127 : Math.round(random() * 254);
      for (const { bytes } of kernels) bytes[rowsAt + index] = value;
    }
    const [simd, plain] = kernels.map(({ kernel }) => {
      kernel.scan(queryAt, rowsAt, rows, stride, scoresAt);
      return [...new Int32Array(kernel.buffer(), scoresAt, rows)];
    });
    expect(simd).toEqual(plain);
    expect(new Set(simd).size).toBeGreaterThan(rows / 2);
  });

  test("keeps what it holds when its memory grows", () => {
    for (const kernel of [simdKernel(), plainKernel()]) {
      new Int8Array(kernel.buffer())[5] = 42;
      kernel.grow(1_000_000);
      expect(kernel.buffer().byteLength).toBeGreaterThanOrEqual(1_000_000);
      expect(new Int8Array(kernel.buffer())[5]).toBe(42);
    }
  });
});

describe("the index", { timeout: 60_000 }, () => {
  const everything = { isLive: () => true, compare: (left: string, right: string) => (left < right ? -1 : 1) };

  /** What comparing every vector finds. */
  const reference = (stored: Map<string, Float32Array>, asked: Float32Array, limit: number, minScore: number) =>
    [...stored]
      .map(([item, vector]) => ({ item, score: Math.max(-1, Math.min(1, dot(asked, vector))) }))
      .filter(({ score }) => score >= minScore)
      .toSorted((left, right) => right.score - left.score || everything.compare(left.item, right.item))
      .slice(0, limit);

  test.each([1, 3, 17, 384])(
    "finds in %i dimensions exactly what comparing every vector finds, scores included",
    (dimensions) => {
      for (const kernel of [simdKernel(), plainKernel()]) {
        const random = randomFrom(dimensions);
        const vectorOf = () => unitVector(Float32Array.from({ length: dimensions }, random), dimensions);
        const index = new VectorIndex<string>(dimensions, kernel);
        const stored = new Map<string, Float32Array>();
        const placed = new Map<string, ReturnType<typeof index.add>>();
        for (let step = 0; step < 600; step++) {
          const name = `entry-${Math.floor((random() + 0.5) * 200)}`;
          const held = placed.get(name);
          if (held !== undefined) index.remove(held);
          placed.delete(name);
          stored.delete(name);
          if (random() < -0.3) continue;
          // Some are the same vector under another name: then the name decides.
          const vector = random() < -0.2 ? (stored.values().next().value ?? vectorOf()) : vectorOf();
          placed.set(name, index.add("scope", vector, name));
          stored.set(name, vector);
          if (step % 20 !== 0) continue;
          const asked = vectorOf();
          for (const [limit, minScore] of [
            [1, -1],
            [10, -1],
            [500, 0.05],
          ] as const) {
            const found = index.nearest("scope", asked, { ...everything, limit, minScore });
            expect(found).toEqual(reference(stored, asked, limit, minScore));
          }
        }
      }
    },
  );

  test("gives back the blocks of what was removed, and uses them again", () => {
    const index = new VectorIndex<number>(laneGroup, plainKernel());
    const vector = unitVector(new Float32Array(laneGroup).fill(1), laneGroup);
    const add = () => Array.from({ length: 20 }, (_, item) => index.add(`scope-${item % 3}`, vector, item));
    const placed = add();
    const freed = placed.reduce((sum, one) => sum + index.remove(one), 0);
    expect(freed).toBe(3 * index.blockBytes);
    expect(index.costIn("scope-0")).toBe(index.blockBytes);
    add();
    expect(index.costIn("scope-0")).toBe(0);
  });
});
