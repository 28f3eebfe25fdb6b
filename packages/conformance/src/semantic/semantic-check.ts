import type { NearestEntry, SemanticBackend } from "@llmcache/core";
import type { Check, Trial } from "../check.ts";
import { textBytes } from "../sample-bytes.ts";

export interface SemanticTrial extends Trial<SemanticBackend> {
  readonly search: "exact" | "approximate";
  /** A handle on the same store for vectors of another length. @throws {DoesNotApply}, or what the backend refuses it with */
  reopenWith(dimensions: number): Promise<SemanticBackend>;
}

export type SemanticCheck = Check<SemanticTrial>;

/** A scope that no other check uses: a hex digest, as core's are, the same for the same name within a run. */
export function scopeOf({ root }: SemanticTrial, name: string): string {
  return [0, 1, 2, 3, 4, 5, 6, 7].map((part) => hash(`${root} ${name} ${part}`).toString(16).padStart(8, "0")).join("");
}

/** Writes an entry whose value is its own name, findable in `scope` by `vector`. */
export async function putVector(
  { backend, key }: SemanticTrial,
  name: string,
  scope: string,
  vector: Float32Array,
  expiresAt?: number,
): Promise<void> {
  await backend.put(key(name), textBytes(name), { embedding: { scope, vector }, expiresAt });
}

/** The names of what is found, best first. */
export async function namesOf(
  { backend, root }: SemanticTrial,
  scope: string,
  vector: Float32Array,
  limit: number = 10,
): Promise<string[]> {
  return namesIn(root, await backend.nearest(scope, vector, { limit }));
}

export function namesIn(root: string, found: readonly NearestEntry[]): string[] {
  return found.map(({ key }) => key.slice(root.length + 1));
}

/** A vector along one axis: `axis(n, 0)` and `axis(n, 1)` have nothing in common. */
export function axis(dimensions: number, index: number, length: number = 1): Float32Array {
  const vector = new Float32Array(dimensions);
  vector[index] = length;
  return vector;
}

/** A vector of length 1 whose cosine with `axis(dimensions, 0)` is `cosine`; `turn`, not 0, says in which direction it leaves it. */
export function atCosine(dimensions: number, cosine: number, turn: number = 1): Float32Array {
  const vector = axis(dimensions, 0, cosine);
  vector[turn] = Math.sqrt(1 - cosine * cosine);
  return vector;
}

/** Vectors as embedders make them: some alike, most not, in no order. The same for the same seed. */
export function sampleVectors(dimensions: number, count: number, seed: number): Float32Array[] {
  const random = randomFrom(seed);
  const centres = Array.from({ length: Math.ceil(count / 20) }, () =>
    Float32Array.from({ length: dimensions }, random),
  );
  return Array.from({ length: count }, (_, index) => {
    const centre = centres[index % centres.length] as Float32Array;
    return centre.map((value) => value + 0.6 * random());
  });
}

/** The cosine similarity, the plain way. */
export function cosineOf(left: Float32Array, right: Float32Array): number {
  let [product, lefts, rights] = [0, 0, 0];
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    product += value * other;
    lefts += value * value;
    rights += other * other;
  }
  return product / Math.sqrt(lefts * rights);
}

/** Numbers from -0.5 to 0.5 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 - 0.5;
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const byte of textBytes(text)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  return state;
}
