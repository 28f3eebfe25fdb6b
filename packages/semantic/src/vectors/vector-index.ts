import { unitVector } from "@llmcache/core";
import { makeKernel, type Kernel } from "./scan.ts";
import { rowsPerBlock, type ScaledQuery, VectorBlocks } from "./vector-blocks.ts";

/** A row of a scope, as its owner holds it. */
export interface Placed<Item> {
  readonly item: Item;
  readonly scope: string;
  /** Where the row is now: rows move when others are removed. */
  row: number;
}

export interface Neighbour<Item> {
  readonly item: Item;
  /** Cosine similarity. */
  readonly score: number;
}

/** The rows of a scope, without gaps, in blocks of their own. */
interface Rows<Item> {
  readonly blocks: number[];
  readonly placed: Placed<Item>[];
}

/**
 * Finds the nearest vectors of a scope: scans int8 rows, then scores in float32 every row that could be among the best by the bound
 * on its rounding. So it finds what comparing every vector finds.
 */
export class VectorIndex<Item> {
  readonly blockBytes: number;
  readonly kind: Kernel["kind"];
  readonly #dimensions: number;
  readonly #blocks: VectorBlocks;
  readonly #scopes = new Map<string, Rows<Item>>();

  constructor(dimensions: number, kernel: Kernel = makeKernel()) {
    this.#dimensions = dimensions;
    this.#blocks = new VectorBlocks(dimensions, kernel);
    this.blockBytes = this.#blocks.blockBytes;
    this.kind = this.#blocks.kind;
  }

  /** The bytes that one more vector in the scope takes: none, or a block. */
  costIn(scope: string): number {
    return (this.#scopes.get(scope)?.placed.length ?? 0) % rowsPerBlock === 0 ? this.blockBytes : 0;
  }

  /** Adds a vector of length 1 (`unitVector`). @throws {RangeError} where the runtime has no more memory. */
  add(scope: string, vector: Float32Array, item: Item): Placed<Item> {
    const rows = this.#scopes.get(scope) ?? { blocks: [], placed: [] };
    const row = rows.placed.length;
    if (row % rowsPerBlock === 0) rows.blocks.push(this.#blocks.allocate());
    this.#scopes.set(scope, rows);
    this.#blocks.write(...placeOf(rows, row), vector);
    const placed = { item, scope, row };
    rows.placed.push(placed);
    return placed;
  }

  /** Removes a row, and gives the bytes that it freed. */
  remove({ scope, row }: Placed<Item>): number {
    const rows = this.#scopes.get(scope);
    const last = rows?.placed.pop();
    if (rows === undefined || last === undefined) return 0;
    if (last.row !== row) {
      this.#blocks.copy(...placeOf(rows, last.row), ...placeOf(rows, row));
      rows.placed[row] = last;
      last.row = row;
    }
    if (rows.placed.length % rowsPerBlock !== 0) return 0;
    this.#blocks.free(rows.blocks.pop() as number);
    if (rows.placed.length === 0) this.#scopes.delete(scope);
    return this.blockBytes;
  }

  /** The nearest of a scope for which `isLive` holds, best first, in the order of `compare` where they are equally near. */
  nearest(
    scope: string,
    vector: Float32Array,
    options: {
      readonly limit: number;
      readonly minScore: number;
      readonly isLive: (item: Item) => boolean;
      readonly compare: (left: Item, right: Item) => number;
    },
  ): Neighbour<Item>[] {
    const query = unitVector(vector, this.#dimensions);
    const rows = this.#scopes.get(scope);
    if (rows === undefined) return [];
    const { limit, minScore, isLive, compare } = options;
    return this.#possible(rows, this.#blocks.setQuery(query), limit, minScore, isLive)
      .map(({ item, row }) => ({ item, score: clamp(this.#blocks.score(...placeOf(rows, row), query)) }))
      .filter(({ score }) => score >= minScore)
      .toSorted((left, right) => right.score - left.score || compare(left.item, right.item))
      .slice(0, limit);
  }

  /** Every row that can be among the `limit` best: its upper bound is not below the lower bounds of that many others. */
  #possible(
    rows: Rows<Item>,
    query: ScaledQuery,
    limit: number,
    minScore: number,
    isLive: (item: Item) => boolean,
  ): Placed<Item>[] {
    const bestLowerBounds = new BestScores(limit);
    const possible: Placed<Item>[] = [];
    const upperBounds: number[] = [];
    const { estimates, slacks } = this.#blocks;
    let needed = minScore;
    for (let first = 0; first < rows.placed.length; first += rowsPerBlock) {
      const count = Math.min(rowsPerBlock, rows.placed.length - first);
      this.#blocks.scan(rows.blocks[first / rowsPerBlock] as number, count, query);
      for (let row = 0; row < count; row++) {
        const estimate = estimates[row] as number;
        const slack = slacks[row] as number;
        if (estimate + slack < needed) continue;
        const placed = rows.placed[first + row] as Placed<Item>;
        if (!isLive(placed.item)) continue;
        possible.push(placed);
        upperBounds.push(estimate + slack);
        needed = Math.max(needed, bestLowerBounds.add(estimate - slack));
      }
    }
    return possible.filter((_, index) => (upperBounds[index] as number) >= needed);
  }
}

function placeOf(rows: Rows<unknown>, row: number): [block: number, row: number] {
  return [rows.blocks[Math.floor(row / rowsPerBlock)] as number, row % rowsPerBlock];
}

/** Rounding may take the cosine of a vector with itself beyond 1. */
function clamp(score: number): number {
  return Math.max(-1, Math.min(1, score));
}

/** The `limit` largest of the numbers that were added. */
class BestScores {
  readonly #limit: number;
  readonly #scores: number[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Gives the smallest of the largest, once there are `limit` of them. */
  add(score: number): number {
    const scores = this.#scores;
    if (scores.length === this.#limit) {
      if (score <= (scores.at(-1) as number)) return scores.at(-1) as number;
      scores.pop();
    }
    let at = scores.length;
    while (at > 0 && (scores[at - 1] as number) < score) at--;
    scores.splice(at, 0, score);
    return scores.length < this.#limit ? -Infinity : (scores.at(-1) as number);
  }
}
